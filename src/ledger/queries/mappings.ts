import { type Side, slotName } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';

/** A compiled mapping as people see it. */
export interface MappingView {
  readonly name: string;
  readonly revision: number;
  readonly crm: string;
  readonly erp: string;
  readonly onNone: Readonly<Record<`to_${Side}`, string>>;
  readonly onDelete: Readonly<Record<`to_${Side}`, string>>;
}

/** What a mapping pairs, and what it does about records that stand alone or were deleted. */
export const mappingView = (mapping: Mapping): MappingView => ({
  name: mapping.name,
  revision: mapping.revision,
  crm: slotName(mapping.between.crm),
  erp: slotName(mapping.between.erp),
  onNone: mapping.identity.onNone,
  onDelete: mapping.identity.onDelete,
});
