import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import { type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import { aFolder, connectFiles, passOver, presetWith, readOn, recordsIn, tree } from './files-kit.ts';

const COLUMNS = {
  number: { from: 'No' },
  ref: { from: 'Ref' },
  op: { from: 'Op' },
  name: { from: 'Name', max: 20 },
  'billing.city': { from: 'City' },
  limit: { from: 'Limit', type: 'decimal', decimal: ',' },
};
const targetType = (over: Record<string, unknown> = {}, out: Record<string, unknown> = {}): Json =>
  ({
    format: { kind: 'csv', delimiter: ';' },
    columns: COLUMNS,
    id: 'number',
    out: { name: 'partners-{no}.csv', key: 'ref', operation: { column: 'op', delete: 'delete' }, ...out },
    ...over,
  }) as Json;

const aTarget = (type: Json = targetType()) => {
  const root = aFolder();
  const connect = (): Connector => connectFiles(`folder:${root}`, presetWith(type));
  const connector = connect();
  const write = (...items: readonly WriteItem[]) => connector.write('Partner', items, aCall());
  const out = (): readonly string[] => tree(root).filter((path) => path.startsWith('out/'));
  const rows = (no: number): readonly string[] =>
    readFileSync(join(root, 'out', `partners-${String(no).padStart(10, '0')}.csv`), 'utf8')
      .trimEnd()
      .split('\r\n')
      .slice(1);
  return { root, connector, connect, write, out, rows };
};

const create = (key: string, data: JsonObject): WriteItem => ({ op: 'create', data, idempotencyKey: key });

test('records are handed over in one file that appears whole, with a number of its own', async () => {
  const { write, out, rows, root } = aTarget();
  const outcomes = await write(
    create('k1', { name: 'Acme', billing: { city: 'Ulm' }, limit: parseJson('1234567890123456.50') }),
    create('k2', { name: 'B;C' }),
  );
  expect(outcomes).toMatchObject([
    { status: 'created', id: 'k1' },
    { status: 'created', id: 'k2' },
  ]);
  expect(out()).toEqual(['out/partners-0000000001.csv']);
  expect(rows(1)).toEqual(['k1;k1;create;Acme;Ulm;1234567890123456,50', 'k2;k2;create;"B;C";;']);
  expect(readdirSync(join(root, 'sent'))).toEqual(['Partner.0000000001.sent']);
});

test('an update has the whole row with what was not changed, and a delete has its word', async () => {
  const { write, rows, connector } = aTarget();
  await write(create('k1', { number: '7', name: 'Acme', billing: { city: 'Ulm' } }));
  expect(
    await write({ op: 'update', id: '7', data: { billing: { city: 'Bonn' } }, idempotencyKey: 'k2' }),
  ).toMatchObject([{ status: 'updated', id: '7', record: { body: { name: 'Acme', billing: { city: 'Bonn' } } } }]);
  expect(rows(2)).toEqual(['7;k2;update;Acme;Bonn;']);
  expect(await write({ op: 'delete', id: '7', data: {}, idempotencyKey: 'k3' })).toEqual([
    { status: 'deleted', id: '7' },
  ]);
  expect(rows(3)).toEqual(['7;k3;delete;Acme;Bonn;']);
  expect(await connector.read('Partner', { ids: ['7'] }, aCall())).toEqual([{ absent: true }]);
});

test('with `rows: changed` an update has its id and what was changed', async () => {
  const { write, rows } = aTarget(targetType({}, { rows: 'changed' }));
  await write(create('k1', { number: '7', name: 'Acme', billing: { city: 'Ulm' } }));
  await write({ op: 'update', id: '7', data: { billing: { city: 'Bonn' } }, idempotencyKey: 'k2' });
  expect(rows(2)).toEqual(['7;k2;update;;Bonn;']);
});

test('the same keys again, also from another process and after the other system took the file away, make no second file', async () => {
  const { write, out, connect, root } = aTarget();
  const items = [create('k1', { name: 'Acme' }), create('k2', { name: 'Bolt' })];
  const first = await write(...items);
  rmSync(join(root, 'out', 'partners-0000000001.csv'));
  expect(await connect().write('Partner', items, aCall())).toEqual(first);
  expect(out()).toEqual([]);
  expect(await connect().write('Partner', [...items, create('k3', { name: 'Cog' })], aCall())).toMatchObject([
    ...first,
    { status: 'created', id: 'k3' },
  ]);
  expect(out()).toEqual(['out/partners-0000000002.csv']);
});

test('a file that was made and never handed over is given up by the next write, which hands over its own', async () => {
  const { write, out, root, rows } = aTarget();
  const left = join(root, 'sent', 'Partner.0000000001.open');
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, 'partners-0000000001.csv'), 'half of it');
  writeFileSync(join(left, 'items.jsonl'), '{"key":"k1","op":"create","id":"k1","body":{}}\n');
  expect(await write(create('k1', { name: 'Acme' }))).toMatchObject([{ status: 'created' }]);
  expect(out()).toEqual(['out/partners-0000000002.csv']);
  expect(rows(2)).toHaveLength(1);
  expect(readdirSync(join(root, 'sent')).sort()).toEqual(['Partner.0000000001.void', 'Partner.0000000002.sent']);
});

test('a file that was handed over right before a crash is known as such', async () => {
  const { write, out, root, connector } = aTarget();
  const left = join(root, 'sent', 'Partner.0000000001.open');
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, 'items.jsonl'), '{"key":"k1","op":"create","id":"k1","body":{"name":"Acme"}}\n');
  expect(await connector.read('Partner', { keys: ['k1', 'k2'] }, aCall())).toMatchObject([
    { found: [{ id: 'k1' }] },
    { absent: true },
  ]);
  expect(await write(create('k1', { name: 'Acme' }))).toMatchObject([{ status: 'created', id: 'k1' }]);
  expect(out()).toEqual([]);
  expect(readdirSync(join(root, 'sent'))).toEqual(['Partner.0000000001.sent']);
});

test('a strange file under our next name is not overwritten; the write waits', async () => {
  const { write, root } = aTarget();
  mkdirSync(join(root, 'out'));
  writeFileSync(join(root, 'out', 'partners-0000000001.csv'), 'not ours');
  expect(await write(create('k1', { name: 'Acme' }))).toMatchObject([
    { status: 'failed', error: { class: 'transient' } },
  ]);
  expect(readFileSync(join(root, 'out', 'partners-0000000001.csv'), 'utf8')).toBe('not ours');
  expect(await write(create('k1', { name: 'Acme' }))).toMatchObject([{ status: 'created' }]);
});

test('each record that cannot be written is refused with its column; the others go', async () => {
  const { write, rows } = aTarget(targetType({ format: { kind: 'csv', delimiter: ';', encoding: 'windows-1252' } }));
  const outcomes = await write(
    create('k1', { name: 'x'.repeat(21) }),
    create('k2', { name: 'Łódź' }),
    create('k3', { limit: 'many' }),
    create('k4', { colour: 'red' }),
    { op: 'update', id: 'nobody', data: { name: 'N' }, idempotencyKey: 'k5' },
    create('k6', { name: 'Größe' }),
  );
  expect(
    outcomes.map((each) => ('error' in each ? `${each.error.class}: ${each.error.message}` : each.status)),
  ).toEqual([
    'validation: column "Name" has 21 characters, at most 20 are allowed',
    'validation: column "Name" has "Ł", which windows-1252 cannot write',
    'validation: column "Limit" is not a number',
    'validation: colour is no column of the file',
    'not-found: no such record was handed over',
    'created',
  ]);
  expect(rows(1)).toHaveLength(1);
});

test.each(['=1+1', '+49 30', '-cmd', '@SUM(A1)', '\tx', '\rx'])(
  'the text %j does nothing in a spreadsheet, and its number stays one',
  async (name) => {
    const { write, root, connector } = aTarget(
      targetType({ columns: { ...COLUMNS, name: { from: 'Name', trim: false } } }),
    );
    await write(create('k1', { name, limit: -5 }));
    const text = readFileSync(join(root, 'out', 'partners-0000000001.csv'), 'utf8');
    expect(text).toContain(`'${name}`);
    expect(text).toContain(';-5\r\n');
    expect(recordsIn(await passOver(connector))[0]?.body['name']).toBe(name);
  },
);

test('with `formulas: plain` texts go as they are', async () => {
  const { write, rows } = aTarget(targetType({}, { formulas: 'plain' }));
  await write(create('k1', { name: '+49 30' }));
  expect(rows(1)).toEqual(['k1;k1;create;+49 30;;']);
});

test('a file has no more records than it may', async () => {
  const { write, out } = aTarget(targetType({}, { max: 2 }));
  expect(await write(...['a', 'b', 'c', 'd', 'e'].map((key) => create(key, { name: key })))).toMatchObject(
    ['a', 'b', 'c', 'd', 'e'].map((id) => ({ status: 'created', id })),
  );
  expect(out()).toHaveLength(3);
});

test('what was handed over shows in the feed in order, with its last word', async () => {
  const { write, connector } = aTarget();
  await write(create('k1', { name: 'A' }), create('k2', { name: 'B' }));
  const first = await readOn(connector, '', 1);
  await write({ op: 'update', id: 'k1', data: { name: 'A2' }, idempotencyKey: 'k3' });
  const second = await readOn(connector, first.next, 1);
  expect([first.changes, second.changes].map((changes) => recordsIn(changes).map(({ body }) => body['name']))).toEqual([
    ['A', 'B'],
    ['A2'],
  ]);
});

const acknowledged = {
  files: ['answer-*.csv'],
  format: { kind: 'csv', delimiter: ';' },
  ready: { by: 'rename' },
  key: { from: 'Ref' },
  status: { from: 'Status' },
  done: ['OK'],
  id: { from: 'No' },
  code: { from: 'Code' },
  message: { from: 'Text' },
  wait_ms: 0,
};

const anAnswering = () => {
  const target = aTarget(targetType({}, { acknowledged }));
  mkdirSync(join(target.root, 'ack'));
  const answer = (no: number, ...rows: readonly string[]): void => {
    writeFileSync(join(target.root, 'answer.part'), ['Ref;Status;No;Code;Text', ...rows, ''].join('\n'));
    renameSync(join(target.root, 'answer.part'), join(target.root, 'ack', `answer-${no}.csv`));
  };
  return { ...target, answer };
};

test('where the system answers, a record is created when it says so, with the id it gave', async () => {
  const { write, answer, connector, out } = anAnswering();
  const item = create('k1', { name: 'Acme' });
  expect(await write(item)).toMatchObject([
    { status: 'unknown', error: { message: 'it was handed over, and the system has not answered yet' } },
  ]);
  expect(await connector.read('Partner', { keys: ['k1'] }, aCall())).toMatchObject([{ error: { class: 'transient' } }]);
  expect((await readOn(connector, '')).changes).toEqual([]);
  answer(1, 'k1;OK;4711;;');
  expect(await connector.read('Partner', { keys: ['k1'] }, aCall())).toMatchObject([
    { found: [{ id: '4711', reference: 'k1', body: { number: '4711', name: 'Acme' } }] },
  ]);
  expect(await write(item)).toMatchObject([{ status: 'created', id: '4711' }]);
  expect(out()).toHaveLength(1);
});

test('a row that the system refused is refused with its code and sentence, and not handed over again', async () => {
  const { write, answer, connector, out } = anAnswering();
  const items = [create('k1', { name: 'Acme' }), create('k2', { name: 'Bad' })];
  await write(...items);
  answer(1, 'k1;OK;1;;', 'k2;ERR;;E42;No such grouping');
  expect(await connector.read('Partner', { keys: ['k2'] }, aCall())).toEqual([{ absent: true }]);
  expect(await write(...items)).toMatchObject([
    { status: 'created', id: '1' },
    { status: 'failed', error: { class: 'validation', code: 'E42', message: 'No such grouping' } },
  ]);
  expect(out()).toHaveLength(1);
  expect(await write({ op: 'update', id: '1', data: { name: 'Acme 2' }, idempotencyKey: 'k3' })).toMatchObject([
    { status: 'unknown' },
  ]);
  answer(2, 'k3;OK;;;');
  expect(await connector.read('Partner', { ids: ['1'] }, aCall())).toMatchObject([
    { found: [{ body: { name: 'Acme 2' } }] },
  ]);
});

test('answers show in the feed, are archived like any file, and one to a key of nobody is shown as such', async () => {
  const { write, answer, connector, root } = anAnswering();
  await write(create('k1', { name: 'Acme' }));
  answer(1, 'k1;OK;1;;', 'k9;OK;9;;');
  const { changes, next } = await readOn(connector, '');
  expect(changes).toMatchObject([
    { op: 'upsert', record: { id: '1' } },
    { op: 'undecodable', problem: 'answer-1.csv: row 3: answers a key that was never handed over' },
  ]);
  await readOn(connector, next);
  expect(tree(root, 'archive')).toHaveLength(2);
  expect(await connector.read('Partner', { ids: ['1'] }, aCall())).toMatchObject([{ found: [{ id: '1' }] }]);
});
