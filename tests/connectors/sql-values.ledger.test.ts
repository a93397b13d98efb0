/** Values go into a database and come back with every digit, and no clock of ours moves them. */
import { expect, onTestFinished, test } from 'vitest';
import type { Connector } from '../../connectors/sdk/seam.ts';
import { type JsonObject, parseJson, stringifyJson } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import { connectSql, sqlPreset } from '../kit/sql.ts';
import { type Kind, onEach } from '../kit/sql-pair.ts';
import { bodyIn, idIn } from '../kit/trial.ts';

// A zone far from the database's and from that of its columns.
process.env['TZ'] = 'Pacific/Auckland';

const TABLES = {
  postgresql: `create table sample (id bigserial primary key, ref text unique, whole bigint, amount numeric(38, 10), ratio double precision,
      small real, flag boolean, day date, moment timestamptz(6), wall timestamp(6), doc jsonb, letters varchar(40), bytes bytea, key_of uuid);`,
  mysql: `create table sample (id bigint auto_increment primary key, ref varchar(40) unique, whole bigint, amount decimal(38, 10), ratio double,
      small float, flag tinyint(1), day date, moment timestamp(6) null, wall datetime(6), doc json, letters varchar(40), bytes varbinary(40),
      key_of char(36)) character set utf8mb4 collate utf8mb4_bin;`,
} as const;

const PROMISES = {
  idempotency: 'unique',
  guard: 'none',
  version_covers_all: false,
  returns_record: true,
  complete: true,
  deletes: 'absence',
};

const opened = new Set<string>();
const sampleOf = async (kind: Kind): Promise<Connector> => {
  const database = kind.database();
  if (!opened.has(kind.dialect)) {
    await database.run(TABLES[kind.dialect]);
    if (kind.dialect === 'postgresql') await database.run(`grant all on sample, sample_id_seq to ${database.user}`);
    opened.add(kind.dialect);
  }
  const names = ['whole', 'amount', 'ratio', 'small', 'day', 'moment', 'wall', 'letters', 'bytes', 'key_of'];
  const columns = {
    ...Object.fromEntries(names.map((each) => [each, each])),
    flag: { column: 'flag', as: 'boolean' },
    doc: { column: 'doc', as: 'json' },
  };
  const write = { create: { table: 'sample' }, update: { table: 'sample' }, delete: { table: 'sample' } };
  const type = {
    table: 'sample',
    id: 'id',
    reference: 'ref',
    zone: 'Europe/Berlin',
    columns,
    write,
    capabilities: PROMISES,
  };
  const connector = connectSql(database, { ...sqlPreset(kind.dialect), records: { Sample: type } });
  onTestFinished(() => connector.close());
  return connector;
};

let count = 0;
/** What comes back of a document. */
const through = async (connector: Connector, data: JsonObject): Promise<JsonObject> => {
  count += 1;
  const [outcome] = await connector.write('Sample', [{ op: 'create', data, idempotencyKey: `v-${count}` }], aCall());
  return bodyIn((await connector.read('Sample', { ids: [idIn(outcome)] }, aCall()))[0]);
};

const json = (text: string): JsonObject => parseJson(text) as JsonObject;

onEach((kind) => {
  test.each([
    ['the largest whole number', '{"whole":9223372036854775807}'],
    ['the smallest', '{"whole":-9223372036854775808}'],
    ['one that a double cannot hold', '{"whole":9007199254740993}'],
    ['28 digits and ten decimals', '{"amount":1234567890123456789012345678.0123456789}'],
    ['a double with all its digits', '{"ratio":0.1}'],
    ['a single that is no double', '{"small":0.1}'],
    ['true', '{"flag":true}'],
    ['false', '{"flag":false}'],
    ['a day', '{"day":"2024-02-29"}'],
    ['the last day there is', '{"day":"9999-12-31"}'],
    ['a moment to the microsecond', '{"moment":"2026-03-29T01:30:00.123456Z"}'],
    ['a wall clock in an hour that does not exist', '{"wall":"2026-03-29T02:30:00.000001"}'],
    ['an object with exact numbers', '{"doc":{"a":[1,{"b":12345678901234567890.50}]}}'],
    ['a list', '{"doc":[1,2,"3"]}'],
    ['characters of four bytes and from right to left', '{"letters":"😀 שלום é é"}'],
    ['quotes, backslashes and an injection', `{"letters":"'; drop table sample; -- \\\\ \\" ?$1:x"}`],
    ['text that looks like nothing', '{"letters":"null"}'],
    ['an empty text', '{"letters":""}'],
    ['nothing', '{"letters":null}'],
    ['bytes', '{"bytes":"AAH/"}'],
    ['a key', '{"key_of":"0b9ad5b0-3f0c-4c63-9f1c-2b5f9e8f5d11"}'],
  ])('%s survives', async (_what, text) => {
    const sent = json(text);
    const body = await through(await sampleOf(kind), sent);
    const name = Object.keys(sent)[0] ?? '';
    expect(stringifyJson(body[name])).toBe(stringifyJson(sent[name]));
  });

  test('a moment written to a column without a zone is what its zone’s clocks show, summer and winter', async () => {
    const connector = await sampleOf(kind);
    expect((await through(connector, { wall: '2026-07-01T10:00:00.25Z' }))['wall']).toMatch(/^2026-07-01T12:00:00\.25/);
    expect((await through(connector, { wall: '2026-12-01T10:00:00+00:00' }))['wall']).toMatch(/^2026-12-01T11:00:00/);
    expect((await through(connector, { moment: '2026-10-25T02:30:00+02:00' }))['moment']).toMatch(
      /^2026-10-25T00:30:00(\.0+)?Z$/,
    );
  });

  test('an update touches the columns that it names; null empties, absent leaves alone', async () => {
    const connector = await sampleOf(kind);
    const create = { op: 'create', data: { letters: 'here', whole: 5 }, idempotencyKey: 'absent' } as const;
    const id = idIn((await connector.write('Sample', [create], aCall()))[0]);
    const [first] = await connector.write(
      'Sample',
      [{ op: 'update', id, data: { whole: 6 }, idempotencyKey: 'a' }],
      aCall(),
    );
    expect(first).toMatchObject({ status: 'updated', record: { body: { letters: 'here', whole: 6 } } });
    const [second] = await connector.write(
      'Sample',
      [{ op: 'update', id, data: { letters: null }, idempotencyKey: 'b' }],
      aCall(),
    );
    expect(second).toMatchObject({ status: 'updated', record: { body: { letters: null, whole: 6 } } });
  });

  test.each([
    ['a list where one value stands', { letters: ['a'] }],
    ['half a character', { letters: '\ud800' }],
    ['a zero byte', { letters: 'a\0b' }],
    ['a field without a column', { colour: 'red' }],
    ['a number too large', { whole: parseJson('92233720368547758070') }],
    ['a day that is none', { day: '2026-02-30' }],
    ['a text too long', { letters: 'x'.repeat(41) }],
  ] as const)('%s is refused, never bent', async (_what, data) => {
    const connector = await sampleOf(kind);
    count += 1;
    const [outcome] = await connector.write(
      'Sample',
      [{ op: 'create', data: data as JsonObject, idempotencyKey: `r-${count}` }],
      aCall(),
    );
    expect(outcome).toMatchObject({ status: 'failed', error: { class: 'validation', scope: 'item' } });
  });

  test('the database describes its columns: kinds, lengths, and what is not written', async () => {
    const { fields } = await (await sampleOf(kind)).describe('Sample', aCall());
    const byPath = Object.fromEntries(fields.map(({ path, ...rest }) => [path, rest]));
    expect(byPath).toMatchObject({
      ...{ whole: { type: 'integer' }, amount: { type: 'decimal' }, flag: { type: 'boolean' }, day: { type: 'date' } },
      ...{ moment: { type: 'instant' }, letters: { type: 'text', max: 40 } },
    });
  });

  test('ids that no row can have are absent, without a question to the database', async () => {
    const connector = await sampleOf(kind);
    const ids = ['0001', 'abc', "1' or '1'='1", '99999999999999999999999', ''];
    expect(await connector.read('Sample', { ids }, aCall())).toEqual(ids.map(() => ({ absent: true })));
  });
});
