/** What the stored WSDL says about a record type: its fields, with kinds, lengths and values. */
import type { FieldDescription } from '../sdk/seam.ts';
import type { SoapRecordType } from './schema.ts';
import type { ComplexType, Field, Meaning, SimpleType, Type } from './types.ts';
import type { Contract } from './wsdl.ts';

const KINDS: Readonly<Record<Meaning, FieldDescription['type']>> = {
  text: 'text',
  integer: 'integer',
  decimal: 'decimal',
  float: 'decimal',
  boolean: 'boolean',
  date: 'date',
  instant: 'instant',
  time: 'text',
  binary: 'text',
};

const fieldNamed = (type: Type | undefined, name: string): Field | undefined =>
  type?.kind === 'complex' ? type.fields.find((field) => field.name === name) : undefined;

/** The type of a list's rows; undefined where the path leads out of what is declared. */
const rowType = (contract: Contract, { list }: SoapRecordType): Type | undefined => {
  const operation = contract.port.operations.get(list.request.operation);
  return list.rows
    .split('.')
    .reduce<Type | undefined>((type, name) => fieldNamed(type, name)?.type(), operation?.output?.type());
};

const ofSimple = (path: string, type: SimpleType): FieldDescription => ({
  path,
  type: type.list ? 'list' : KINDS[type.meaning],
  ...(type.max === undefined ? {} : { max: type.max }),
  ...(type.values.length === 0 ? {} : { values: type.values }),
});

const ofField = (field: Field, path: string, around: readonly ComplexType[]): readonly FieldDescription[] => {
  const type = field.type();
  if (field.many) return [{ path, type: 'list' }];
  if (type.kind === 'simple') return [ofSimple(path, type)];
  if (type.kind === 'any') return [{ path, type: 'unknown' }];
  // A type inside itself is shown once.
  return [{ path, type: 'object' }, ...(around.includes(type) ? [] : ofType(type, `${path}.`, [...around, type]))];
};

const ofType = (type: ComplexType, prefix: string, around: readonly ComplexType[]): readonly FieldDescription[] => [
  ...type.attributes.map(({ name, type: typeOf }) => ofSimple(`${prefix}@${name}`, typeOf())),
  ...(type.content === undefined || type.attributes.length === 0 ? [] : [ofSimple(`${prefix}#`, type.content)]),
  ...type.fields.flatMap((field) => ofField(field, `${prefix}${field.name}`, around)),
];

/** The fields of a record type, as its list gives them. */
export const fieldsOf = (contract: Contract, type: SoapRecordType): readonly FieldDescription[] => {
  const row = rowType(contract, type);
  return row?.kind === 'complex' ? ofType(row, '', [row]) : [];
};
