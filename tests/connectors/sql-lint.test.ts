/** What a connector.yaml for a database may not say, and how it is told. */
import { expect, test } from 'vitest';
import { partsOf } from '../../connectors/sql/statement.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { connectSql, sqlPreset } from '../kit/sql.ts';

const NOWHERE = { url: 'postgresql://127.0.0.1:1/shop', user: 'tally', password: 'a-secret' };

const problemsOf = (customer: JsonObject, over: JsonObject = {}, dialect: 'postgresql' | 'mysql' = 'postgresql') => {
  try {
    connectSql({ ...NOWHERE, url: NOWHERE.url.replace('postgresql', dialect) }, sqlPreset(dialect, customer, over));
    return [];
  } catch (error) {
    if (error instanceof SyncError) return error.facts.problems ?? [error.message];
    throw error;
  }
};

const create = (statement: string): JsonObject => ({ write: { create: { statement } } });
const update = (statement: string): JsonObject => ({ write: { update: { statement } } });
const GOOD = 'UPDATE customer SET name = :data.organization_name WHERE customer_no = :id AND row_version = :version';

test('the shipped preset has nothing wrong with it, for either dialect', () => {
  expect(problemsOf({})).toEqual([]);
  expect(problemsOf({}, {}, 'mysql')).toEqual([]);
  expect(problemsOf(update(GOOD))).toEqual([]);
  expect(problemsOf(create("SELECT new_customer(:key, :data.organization_name, :given.note, 'a::b')"))).toEqual([]);
});

test.each([
  [
    'a template in a statement',
    create("INSERT INTO customer (name, external_ref) VALUES ('{data.name}', :key)"),
    'would write a value into the statement’s text',
  ],
  [
    'a setting in a statement',
    create('INSERT INTO {settings.table} (external_ref) VALUES (:key)'),
    'would write a value into the statement’s text',
  ],
  ['a JavaScript hole', create(`INSERT INTO customer (external_ref) VALUES (\${key})`), 'would write a value'],
  [
    'a parameter in quotes',
    create("INSERT INTO customer (external_ref, name) VALUES (:key, ':data.name')"),
    'puts a parameter in quotes',
  ],
  ['two statements', update(`${GOOD}; DROP TABLE customer`), 'more than one statement'],
  ['a backslash in quotes', update(`${GOOD} AND note <> '\\'`), 'backslash'],
  ['a numbered parameter', update(`${GOOD} AND note <> $1`), 'numbered or nameless parameter'],
  ['a nameless parameter', update(`${GOOD} AND note <> ?`), 'numbered or nameless parameter'],
  ['an unknown parameter', update(`${GOOD} AND note <> :name`), ':name is not known here; use :id, :version, :key'],
  ['an update of everything', update('UPDATE customer SET name = :data.organization_name'), 'must bind :id'],
  [
    'an update without its guard',
    update('UPDATE customer SET note = :data.note WHERE customer_no = :id'),
    'must bind :version',
  ],
  [
    'a create without our key',
    create('INSERT INTO customer (name) VALUES (:data.organization_name)'),
    'must bind :key',
  ],
  ['a query with a parameter', { query: 'SELECT * FROM customer WHERE name = :name' }, 'a query takes no parameters'],
  ['a query that is none', { query: 'DELETE FROM customer' }, 'must be a SELECT'],
  ['a column that breaks out', { id: 'no" FROM x; --' }, 'is not the name of a column'],
  ['a table that breaks out', { table: 'customer; DROP TABLE x' }, 'is not the name of a table'],
  ['a zone that is none', { zone: 'Mars/Olympus' }, 'is not a time zone'],
  ['one column twice', { columns: { a: 'name', b: 'name' } }, 'stands under two names'],
] as const)('%s is refused, with its place and a remedy', (_what, customer, said) => {
  const problems = problemsOf(customer);
  expect(
    problems.some((problem) => problem.includes(said)),
    problems.join('\n'),
  ).toBe(true);
  expect(problems.every((problem) => problem.startsWith('connectors/sandbox-sql/connector.yaml: "records'))).toBe(true);
});

test('where a database does not tell who is at work, the longest transaction must be stated', () => {
  const changes = { strategy: 'timestamp', column: 'changed_at' };
  expect(problemsOf({ changes })).toEqual([]);
  expect(problemsOf({ changes }, {}, 'mysql')).toEqual([expect.stringContaining('changes.overlap_ms": is missing')]);
});

test('promises need their means', () => {
  const promised = { version_covers_all: true, returns_record: true, complete: true };
  const capabilities = { ...promised, idempotency: 'unique', guard: 'version', deletes: 'in-feed' };
  const { records } = sqlPreset('postgresql') as { records: { Customer: JsonObject } };
  const { reference: _key, version: _version, ...bare } = records.Customer;
  const problems = problemsOf({}, { records: { Customer: { ...bare, capabilities } } }).join('\n');
  for (const part of ['version": is missing', 'reference": is missing', 'deleted": is missing'])
    expect(problems).toContain(part);
});

test('a rule by status is refused, because databases have none', () => {
  expect(problemsOf({}, { errors: [{ status: 500, class: 'transient' }] })).toEqual([
    expect.stringContaining('write `code`'),
  ]);
});

test.each([
  ['http://127.0.0.1/shop', 'is not one of a postgresql database'],
  ['postgresql://tally:secret@127.0.0.1/shop', 'carries credentials'],
  ['postgresql://127.0.0.1', 'names no database'],
  ['postgresql://127.0.0.1/shop?sslmode=disable', 'must end with the database'],
])('the address %s is refused', (url, said) => {
  const open = () => connectSql({ ...NOWHERE, url }, sqlPreset('postgresql'));
  expect(open).toThrow(said);
  expect(open).not.toThrow('secret');
});

test('parameters are found where they stand, and nowhere else', () => {
  const text = `SELECT ':a', ":b", x::int, y := 1 /* :c */ -- :d\n FROM f(:id, $$ :e $$, :data.a[use=x].b)`;
  const names = partsOf(text).flatMap((part) => ('name' in part ? [part.name] : []));
  expect(names).toEqual(['id', 'data.a[use=x].b']);
});
