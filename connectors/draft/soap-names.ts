/** Names that mean something in WSDLs, whoever wrote them. */
import type { ComplexType, Field, Type } from '../soap/types.ts';

/** `row_version`, `RowVersion` and `rowVersion` are one word. */
export const plain = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();

/** What a field may be called, likely ones first. */
export const WORDS = {
  id: ['id', 'uuid', 'guid', 'number', 'no', 'code', 'key'],
  version: ['etag', 'rowversion', 'lockversion', 'version', 'revision'],
  changed: [
    ...['changedat', 'modifiedat', 'updatedat', 'lastmodified', 'lastchange', 'changedate', 'modified', 'changed'],
    'lastmodifieddate',
  ],
  reference: ['externalid', 'externalreference', 'reference', 'foreignid', 'sourceid'],
} as const;

/** The elements of a type; none of one without. */
export const fieldsIn = (type: Type | undefined): readonly Field[] => (type?.kind === 'complex' ? type.fields : []);

/** The first field that has one of these names, in the order of the names. */
export const fieldNamed = (fields: readonly Field[], names: readonly string[]): Field | undefined =>
  names.flatMap((name) => fields.filter((field) => plain(field.name) === plain(name))).at(0);

/** The same type: as named, or the very same where it has no name. */
export const isType = (type: Type, row: ComplexType): boolean =>
  type === row ||
  (type.kind === 'complex' &&
    type.qname !== undefined &&
    type.qname.name === row.qname?.name &&
    type.qname.ns === row.qname?.ns);
