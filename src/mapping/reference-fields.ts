/** The `link:` fields of a mapping: where they lead, and the ids that stand in them. */
import type { JsonObject } from '../domain/json.ts';
import { type Side, type Slot, slotName } from '../domain/record.ts';
import { type Field, nativeOf } from './field.ts';
import type { ReferenceField } from './port.ts';
import type { MappingFile } from './schema.ts';

/** A side of a mapping file as a slot. */
export const slotOf = ({ connection, record, scope }: MappingFile['between']['crm']): Slot => ({
  connection,
  record,
  ...(scope === undefined ? {} : { scope }),
});

/** The fields that refer to records, with the slots of what they refer to. */
export const referenceFields = (
  fields: readonly Field[],
  linked: ReadonlyMap<string, MappingFile>,
): readonly ReferenceField[] =>
  fields.flatMap(({ name, link }) => {
    const between = link === undefined ? undefined : linked.get(link.mapping)?.between;
    if (link === undefined || between === undefined) return [];
    const slots = { crm: slotName(slotOf(between.crm)), erp: slotName(slotOf(between.erp)) };
    return [{ field: name, mapping: link.mapping, slots }];
  });

/** By field, the ids that a body holds. */
export const referencesIn = (
  linking: readonly Field[],
  side: Side,
  body: JsonObject,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    linking.flatMap((field) => {
      const id = field[side].decode(nativeOf(field[side], body));
      return typeof id === 'string' ? [[field.name, id]] : [];
    }),
  );
