/**
 * What the names and shapes of a WSDL suggest for reading single records and for writing them. A suggestion only: a name
 * may mean something else, so that all of it is for a person to look at, and nothing of it is in force before.
 */
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { ComplexType, Field, Type } from '../soap/types.ts';
import type { Operation } from '../soap/wsdl.ts';
import { fieldNamed, fieldsIn, isType, plain, WORDS } from './soap-names.ts';

/** What is known of the records. */
export interface Known {
  readonly record: string;
  readonly row: ComplexType;
  readonly id: string;
  readonly version: string | undefined;
  readonly reference: string | undefined;
}

const VERBS = {
  create: /^(create|add|insert|new|register)/i,
  update: /^(update|modify|edit|change(?!d))/i,
  delete: /^(delete|remove)/i,
  read: /^(read|get|find|fetch|retrieve)/i,
} as const;
type Verb = keyof typeof VERBS;

/** A batch is cut small: how many a system takes does not show. */
const BATCH = 20;

const idNames = ({ id, record }: Known): readonly string[] => [id, ...WORDS.id, `${record}id`, `${record}number`];
const isSimple = (field: Field): boolean => field.type().kind === 'simple';
const simple = (fields: readonly Field[], names: readonly string[]): Field | undefined =>
  fieldNamed(fields.filter(isSimple), names);
const holding = (fields: readonly Field[], { row }: Known): Field | undefined =>
  fields.find((field) => isType(field.type(), row));

/** What identifies a record in a message, as far as the message asks for it. */
const handles = (fields: readonly Field[], known: Known): JsonObject | undefined => {
  const id = simple(fields, idNames(known));
  const version = known.version === undefined ? undefined : simple(fields, [known.version, ...WORDS.version]);
  if (id === undefined) return undefined;
  return { [id.name]: '{id}', ...(version === undefined ? {} : { [version.name]: '{version}' }) };
};

const keyed = (fields: readonly Field[], { reference }: Known): JsonObject => {
  const field = simple(fields, [...(reference === undefined ? [] : [reference]), ...WORDS.reference]);
  return field === undefined ? {} : { [field.name]: '{key}' };
};

/** The record itself with what tells it apart laid over it. */
const over = (beside: JsonObject): Json =>
  Object.keys(beside).length === 0 ? '{data}' : { '...': '{data}', ...beside };

/** A record where its own type is due; undefined where nothing would say which one it is. */
const asRow = (verb: 'create' | 'update', known: Known): Json | undefined => {
  if (verb === 'create') return over(keyed(known.row.fields, known));
  const beside = handles(known.row.fields, known);
  return beside === undefined ? undefined : over(beside);
};

/** One record as a message holds it, in these fields; undefined where it has no place there, or nothing says which one it is. */
const oneIn = (verb: 'create' | 'update', fields: readonly Field[], known: Known): JsonObject | undefined => {
  const payload = holding(fields, known);
  if (payload === undefined || payload.many) return undefined;
  const beside = verb === 'create' ? keyed(fields, known) : (handles(fields, known) ?? {});
  if (Object.keys(beside).length > 0) return { ...beside, [payload.name]: '{data}' };
  const inside = asRow(verb, known);
  return inside === undefined ? undefined : { [payload.name]: inside };
};

/** A flag by which an outcome says that it went well. */
const flagIn = (fields: readonly Field[]): Field | undefined =>
  fieldNamed(
    fields.filter((field) => {
      const type = field.type();
      return type.kind === 'simple' && type.meaning === 'boolean';
    }),
    ['ok', 'success', 'successful', 'succeeded', 'done', 'valid'],
  );

/** Where the record, or at least its id, stands in an answer. */
const answered = (fields: readonly Field[], known: Known): JsonObject => {
  const record = holding(fields, known);
  if (record !== undefined) return { [record.many ? 'records' : 'record']: record.name };
  const id = simple(fields, idNames(known)) ?? (fields.length === 1 ? fields.find(isSimple) : undefined);
  return id === undefined ? {} : { id: id.name };
};

/** A list in a message or answer whose elements fit. */
const listIn = (type: Type | undefined, fits: (fields: readonly Field[], field: Field) => boolean): Field | undefined =>
  fieldsIn(type).find((field) => field.many && field.type().kind === 'complex' && fits(fieldsIn(field.type()), field));

const asDone = { create: 'created', update: 'updated' } as const;

const inBatch = (verb: 'create' | 'update', operation: Operation, known: Known): JsonObject | undefined => {
  const itemOf = (fields: readonly Field[], field: Field): Json | undefined =>
    isType(field.type(), known.row) ? asRow(verb, known) : oneIn(verb, fields, known);
  const items = listIn(operation.input?.type(), (fields, field) => itemOf(fields, field) !== undefined);
  const outcomes = listIn(operation.output?.type(), (fields) => flagIn(fields) !== undefined);
  const item = items === undefined ? undefined : itemOf(fieldsIn(items.type()), items);
  if (items === undefined || item === undefined || outcomes === undefined) return undefined;
  const fields = fieldsIn(outcomes.type());
  const { records: _many, ...place } = answered(fields, known);
  return {
    request: { operation: operation.name, message: { [items.name]: '{items}' } },
    item,
    results: outcomes.name,
    status: flagIn(fields)?.name ?? '',
    done: [{ status: [true], as: asDone[verb] }],
    ...place,
  };
};

const oneByOne = (verb: 'create' | 'update', operation: Operation, known: Known): JsonObject | undefined => {
  const message = oneIn(verb, fieldsIn(operation.input?.type()), known);
  const { records: _many, ...place } = answered(fieldsIn(operation.output?.type()), known);
  // A create that does not say what it made is of no use.
  if (message === undefined || (verb === 'create' && Object.keys(place).length === 0)) return undefined;
  return { request: { operation: operation.name, message }, ...place };
};

const removing = (operation: Operation, known: Known): JsonObject | undefined => {
  const fields = fieldsIn(operation.input?.type());
  const message = handles(fields, known);
  const surplus = fields.some(({ name, required }) => required && !Object.hasOwn(message ?? {}, name));
  return message === undefined || surplus ? undefined : { request: { operation: operation.name, message } };
};

/** Reading by a field of the message, one or many at once. */
const reading = (way: 'id' | 'key', operation: Operation, known: Known): JsonObject | undefined => {
  const fields = fieldsIn(operation.input?.type());
  const names =
    way === 'id' ? idNames(known) : [...(known.reference === undefined ? [] : [known.reference]), ...WORDS.reference];
  const field = simple(fields, names);
  const surplus = fields.some((each) => each.required && each !== field);
  if (field === undefined || surplus) return undefined;
  const output = operation.output?.type();
  const request = (value: Json) => ({ operation: operation.name, message: { [field.name]: value } });
  if (!field.many) {
    const { id: _id, ...place } = answered(fieldsIn(output), known);
    return Object.keys(place).length === 0 ? undefined : { request: request(`{${way}}`), ...place };
  }
  const answers = listIn(output, (inner) => flagIn(inner) !== undefined && holding(inner, known) !== undefined);
  if (answers === undefined) return undefined;
  const inner = fieldsIn(answers.type());
  const { id: _id, ...place } = answered(inner, known);
  const status = flagIn(inner)?.name ?? '';
  return { request: request(`{${way}s}`), max: BATCH, results: answers.name, status, found: [true], ...place };
};

/** Which operations have a name that says this of our records; those that name them in full first. */
const named = (verb: Verb, operations: readonly Operation[], { record }: Known): readonly Operation[] =>
  operations
    .filter(({ name }) => VERBS[verb].test(name) && plain(name).includes(plain(record)))
    .toSorted((a, b) => a.name.length - b.name.length);

const first = <T>(operations: readonly Operation[], make: (operation: Operation) => T | undefined): T | undefined =>
  operations.map(make).find((made) => made !== undefined);

/** The blocks `read` and `write` as the names suggest them, and what they would let be promised; empty where nothing is plausible. */
export const proposalFor = (
  operations: readonly Operation[],
  known: Known,
): { readonly blocks: JsonObject; readonly promises: JsonObject } => {
  const of = (verb: Verb) => named(verb, operations, known);
  const writing = (verb: 'create' | 'update') =>
    first(of(verb), (operation) => inBatch(verb, operation, known) ?? oneByOne(verb, operation, known));
  const [create, update] = [writing('create'), writing('update')];
  const remove = first(of('delete'), (operation) => removing(operation, known));
  const byId = first(of('read'), (operation) => reading('id', operation, known));
  const byKey = first(of('read'), (operation) => reading('key', operation, known));
  const texts = (part: JsonObject | undefined): string => JSON.stringify(part ?? {});
  const searchable = byKey !== undefined && texts(create).includes('{key}');
  const written = { ...(create && { create }), ...(update && { update }), ...(remove && { delete: remove }) };
  const read = { ...(byId && { by_id: byId }), ...(byKey && { by_key: byKey }) };
  return {
    blocks: {
      ...(Object.keys(read).length > 0 ? { read } : {}),
      ...(Object.keys(written).length > 0 ? { write: { max: BATCH, ...written } } : {}),
    },
    promises: {
      ...(searchable ? { idempotency: 'searchable' } : {}),
      ...(texts(update).includes('{version}') ? { guard: 'version' } : {}),
    },
  };
};
