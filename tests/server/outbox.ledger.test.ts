import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { createOutboxStore } from '../../src/ledger/steps/outbox.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { outboxRoutes } from '../../src/server/routes/outbox.ts';
import { aCall, aConnection } from '../kit/fake-http.ts';
import { account, aWorld, CRM, ERP, mappingFiles, type World } from './world.ts';

const PRESET = {
  engine: 'outbox',
  system: 'Plant',
  records: { Partner: { id: 'number', writes: ['create', 'update', 'delete'], lists: { rows: { key: 'no' } } } },
} as const satisfies Json;

interface Plant extends World {
  readonly connector: Connector;
  /** A record of the CRM with an open write of ours to the plant, as the pipeline leaves it once it was put down. */
  open(id: string, write: Partial<WriteItem> & { readonly key: string; readonly no?: number }): Promise<void>;
  pull(body?: JsonObject): Promise<Json & JsonObject>;
  say(answer: JsonObject): Promise<string>;
}

const aPlant = async (): Promise<Plant> => {
  const settings = aConnection('outbox:', { name: 'erp', connector: 'plant' });
  const compilation = {
    ...compileMappings(await mappingFiles()),
    configuration: {
      ...{ revision: 1, connections: [settings], mappings: ['customer'], views: [] },
      presets: { plant: PRESET },
    },
  };
  const world = await aWorld({ compilation: () => compilation });
  const outbox = createOutboxStore(world.db, 'erp');
  const connector = createConnector({ settings, preset: PRESET, mode: 'local', secret: (text) => text, outbox });
  const open: Plant['open'] = async (id, { key, no = 1, op = 'create', data = { name: id }, ...rest }) => {
    const [row] = await world.db.query<{ link: string }>(`select link from record where slot = $1 and id = $2`, [
      CRM,
      id,
    ]);
    const link = row?.link ?? (await world.seen(CRM, [{ id, body: account(id) }])).get(id);
    await world.db.query(`update intent set state = 'ended', ended_at = ledger_now() where link = $1`, [link]);
    await world.db.query(
      `insert into intent (link, slot, no, mapping, segment, connection, state, op, key, record_id, stated_at, doubt_until)
       values ($1,$2,$3,'customer',$4,'erp','sending',$5,$6,$7,ledger_now(),null)`,
      [link, ERP, no, randomUUID(), op, key, rest.id ?? null],
    );
    await connector.write('Partner', [{ op, data, idempotencyKey: key, ...rest }], aCall());
    await world.db.query(
      `update intent set state = 'doubt', doubt_until = ledger_now() + interval '1 hour' where key = $1 and state = 'sending'`,
      [key],
    );
  };
  const post = async (path: string, body: JsonObject) => {
    const answer = await world.ask('system', 'POST', `/outbox/erp/${path}`, body);
    expect([path, answer.status, answer.text]).toEqual([path, 200, expect.any(String)]);
    return answer.json;
  };
  return {
    ...world,
    connector,
    open,
    pull: (body = {}) => post('pull', body),
    say: async (answer) => (await post('answers', { answers: [answer] })).answers[0].state,
  };
};

const atPlant = async (work: (plant: Plant) => Promise<void>): Promise<void> => {
  const plant = await aPlant();
  try {
    await work(plant);
  } finally {
    await plant.close();
  }
};
const idsOf = (page: JsonObject): readonly string[] => (page['writes'] as { id: string }[]).map(({ id }) => id);
const journalled = async ({ db }: Plant): Promise<readonly string[]> =>
  (
    await db.query<{ line: string }>(
      `select actor || ': ' || action || ' ' || key as line from journal where key like 'k%' order by id`,
    )
  ).map(({ line }) => line);
const byKey = ({ connector }: Plant, key: string) => connector.read('Partner', { keys: [key] }, aCall());

test('a write comes at every pull, in order and under the same id, until it is acknowledged; then its number is there', () =>
  atPlant(async (plant) => {
    await plant.open('a', { key: 'k1' });
    await plant.open('b', { key: 'k2' });
    expect(idsOf(await plant.pull())).toEqual(['k1', 'k2']);
    const page = await plant.pull({ limit: 1 });
    expect(page).toMatchObject({
      more: true,
      writes: [{ id: 'k1', delivery: 2, op: 'create', fields: { name: 'a' } }],
    });
    expect(idsOf(await plant.pull({ limit: 1, after: page['next'] ?? '' }))).toEqual(['k2']);
    // Nobody is told of an outcome that nobody has said.
    expect(await byKey(plant, 'k1')).toMatchObject([{ error: { class: 'transient' } }]);
    expect(await plant.say({ id: 'k1', outcome: 'unknown' })).toBe('noted');
    expect(idsOf(await plant.pull())).toEqual(['k1', 'k2']);
    plant.nudged.length = 0;
    expect(
      await plant.say({ id: 'k1', outcome: 'done', record_id: 'P-1', version: '7', fields: { state: 'open' } }),
    ).toBe('noted');
    expect(plant.nudged).toEqual(['customer']);
    expect(await plant.db.query(`select from intent where key = 'k1' and doubt_until <= ledger_now()`)).toHaveLength(1);
    expect(idsOf(await plant.pull())).toEqual(['k2']);
    expect(await byKey(plant, 'k1')).toMatchObject([
      { found: [{ id: 'P-1', version: '7', reference: 'k1', body: { number: 'P-1', name: 'a', state: 'open' } }] },
    ]);
    const again = { op: 'create', data: {}, idempotencyKey: 'k1' } as const;
    expect(await plant.connector.write('Partner', [again], aCall())).toMatchObject([{ status: 'created', id: 'P-1' }]);
    expect(await journalled(plant)).toEqual(['system: acknowledged k1', 'system: acknowledged k1']);
  }));

test('an acknowledgement said twice, or long after, changes nothing; one that contradicts stands beside the first in the journal', () =>
  atPlant(async (plant) => {
    await plant.open('a', { key: 'k1' });
    await plant.open('b', { key: 'k2' });
    expect(await plant.say({ id: 'k1', outcome: 'done', record_id: 'P-1' })).toBe('wrong'); // nobody was given it yet
    await plant.pull();
    expect(await plant.say({ id: 'k1', outcome: 'done' })).toBe('wrong'); // a new record has an id
    const done = { id: 'k1', outcome: 'done', record_id: 'P-1' };
    expect(await plant.say(done)).toBe('noted');
    expect(await plant.say(done)).toBe('repeated');
    expect(await plant.say({ ...done, record_id: 'P-2' })).toBe('contradicts');
    expect(await plant.say({ id: 'k1', outcome: 'refused', reason: 'no' })).toBe('contradicts');
    expect(await plant.say({ id: 'k2', outcome: 'done', record_id: 'P-1' })).toBe('wrong'); // two writes, one record
    expect(await plant.say({ id: 'k2', outcome: 'refused', reason: 'no steel', code: 'E42' })).toBe('noted');
    expect(await plant.say({ id: 'k2', outcome: 'done', record_id: 'P-2' })).toBe('contradicts');
    const page = await plant.connector.changes('Partner', { cursor: '', limit: 10 }, aCall());
    expect(page.changes).toMatchObject([{ op: 'upsert', record: { id: 'P-1' } }]);
    const again = { op: 'create', data: {}, idempotencyKey: 'k2' } as const;
    expect(await plant.connector.write('Partner', [again], aCall())).toMatchObject([
      { status: 'failed', error: { class: 'validation', code: 'E42', message: 'no steel' } },
    ]);
    expect(await journalled(plant)).toEqual([
      'system: acknowledged k1',
      'system: acknowledgement refused k1',
      'system: acknowledgement refused k1',
      'system: acknowledged k2',
      'system: acknowledgement refused k2',
    ]);
  }));

test('a program that never knows does not fill the journal: its word is kept the first time and whenever the count has doubled', () =>
  atPlant(async (plant) => {
    await plant.open('a', { key: 'k1' });
    await plant.pull();
    const said: string[] = [];
    for (let nth = 1; nth <= 9; nth += 1)
      said.push(await plant.say({ id: 'k1', outcome: 'unknown', reason: `no answer at 12:00:0${nth}` }));
    expect(said.flatMap((state, nth) => (state === 'noted' ? [nth + 1] : []))).toEqual([1, 2, 4, 8]);
    const reasons = await plant.db.query<{ reason: string }>(`select reason from journal where key = 'k1' order by id`);
    expect(reasons.map(({ reason }) => /said (.*)$/.exec(reason)?.[1])).toEqual([
      ...['once', '2 times', '4 times', '8 times'],
    ]);
    expect(idsOf(await plant.pull())).toEqual(['k1']);
    expect(await plant.say({ id: 'k1', outcome: 'done', record_id: 'P-1' })).toBe('noted');
    expect(await plant.say({ id: 'k1', outcome: 'unknown' })).toBe('repeated');
    expect(await journalled(plant)).toHaveLength(5);
  }));

test('what changed at its source before it was pulled is withdrawn and planned anew; what was pulled stays as it was read', () =>
  atPlant(async (plant) => {
    await plant.open('a', { key: 'k1' });
    await plant.seen(CRM, [{ id: 'a', body: account('a', { phone: '+49301' }) }]);
    plant.nudged.length = 0;
    expect(await plant.pull()).toMatchObject({ writes: [], withdrawn: 1 });
    expect(await plant.pull()).toMatchObject({ writes: [], withdrawn: 0 });
    expect(await byKey(plant, 'k1')).toEqual([{ absent: true }]);
    // The same intent sent again is surely not carried out; a later one of the same key takes its place.
    const again = { op: 'create', data: { name: 'a' }, idempotencyKey: 'k1' } as const;
    expect(await plant.connector.write('Partner', [again], aCall())).toMatchObject([
      { status: 'failed', error: { class: 'transient' } },
    ]);
    await plant.open('a', { key: 'k1', no: 2, data: { name: 'newer' } });
    expect(await plant.pull()).toMatchObject({ writes: [{ id: 'k1', fields: { name: 'newer' }, delivery: 1 }] });
    await plant.seen(CRM, [{ id: 'a', body: account('a', { phone: '+49302' }) }]);
    await plant.open('a', { key: 'k1', no: 3, data: { name: 'newest' } });
    expect(await plant.pull()).toMatchObject({
      writes: [{ id: 'k1', fields: { name: 'newer' }, delivery: 2 }],
      withdrawn: 0,
    });
  }));

test('what the ledger does not hold in doubt is not given out, so that no answer comes before the question is stored', () =>
  atPlant(async (plant) => {
    await plant.open('a', { key: 'k1' });
    await plant.db.query(`update intent set state = 'sending' where key = 'k1'`);
    expect(idsOf(await plant.pull())).toEqual([]);
    await plant.db.query(`update intent set state = 'doubt' where key = 'k1'`);
    expect(idsOf(await plant.pull())).toEqual(['k1']);
  }));

test('what it posts is its records: whole, in part, deleted; and nothing is listed before it said that this is all', () =>
  atPlant(async (plant) => {
    const post = (body: JsonObject) => plant.ask('system', 'POST', '/outbox/erp/records/Partner', body);
    const list = () => plant.connector.list('Partner', { cursor: '', limit: 10 }, aCall());
    const whole = {
      records: [
        {
          id: 'P-1',
          fields: {
            name: 'a',
            state: 'open',
            rows: [
              { no: '1', q: '2' },
              { no: '2', q: '3' },
            ],
          },
          version: '1',
        },
      ],
    };
    expect((await post(whole)).json).toEqual({ changed: 1 });
    expect((await post(whole)).json).toEqual({ changed: 0 });
    await expect(list()).rejects.toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    expect((await post({ records: [{ id: 'P-2', fields: {} }], complete: true })).json).toEqual({ changed: 1 });
    expect(plant.looked).toContain(ERP);
    const { next } = await plant.connector.changes('Partner', { cursor: '', limit: 10 }, aCall());
    await post({
      records: [
        { id: 'P-1', part: true, fields: { state: 'closed' } },
        { id: 'P-2', deleted: true },
      ],
    });
    expect((await plant.connector.changes('Partner', { cursor: next, limit: 10 }, aCall())).changes).toMatchObject([
      { op: 'upsert', record: { id: 'P-1', body: { number: 'P-1', name: 'a', state: 'closed' } } },
      { op: 'delete', id: 'P-2' },
    ]);
    expect((await list()).changes).toHaveLength(1);
    // A list that changes is handed over whole.
    await plant.open('a', { key: 'k1', op: 'update', id: 'P-1', data: { rows: [{ no: '2', q: '4' }] } });
    expect(await plant.pull()).toMatchObject({
      writes: [
        {
          op: 'update',
          record_id: 'P-1',
          fields: {
            rows: [
              { no: '1', q: '2' },
              { no: '2', q: '4' },
            ],
          },
        },
      ],
    });
    expect(await plant.connector.read('Partner', { ids: ['P-1'] }, aCall())).toMatchObject([{ error: {} }]);
    expect(await plant.say({ id: 'k1', outcome: 'done', record_id: 'P-9' })).toBe('wrong');
    expect(await plant.say({ id: 'k1', outcome: 'done' })).toBe('noted');
    expect(await plant.connector.read('Partner', { ids: ['P-1'] }, aCall())).toMatchObject([
      { found: [{ body: { state: 'closed', rows: [{ no: '1' }, { no: '2', q: '4' }] } }] },
    ]);
    expect((await post({ records: [{ id: 'P-3' }] })).status).toBe(400);
  }));

test('a system’s key pulls from its own connections alone, and each kind of key says so when it is made', () =>
  atPlant(async (plant) => {
    const make = (body: JsonObject) => plant.ask('it-admin', 'POST', '/keys', body);
    expect((await make({ name: 'x', role: 'system' })).json.code).toBe('BAD_REQUEST');
    expect((await make({ name: 'x', role: 'steward', connections: ['erp'] })).json.code).toBe('BAD_REQUEST');
    expect((await make({ name: 'x', role: 'system', connections: ['erp'], mappings: ['customer'] })).json.code).toBe(
      'BAD_REQUEST',
    );
    const { key } = (await make({ name: 'x', role: 'system', connections: ['other'] })).json;
    expect((await plant.ask({ key }, 'POST', '/outbox/erp/pull', {})).status).toBe(404);
    expect((await plant.ask('steward', 'POST', '/outbox/erp/pull', {})).status).toBe(403);
    await plant.open('a', { key: 'k1' });
    expect((await plant.ask('operator', 'GET', '/outbox/erp')).json).toMatchObject({ waiting: 1, delivered: 0 });
    await plant.pull();
    const { json } = await plant.ask('operator', 'GET', '/outbox/erp');
    expect(json).toMatchObject({ waiting: 0, delivered: 1 });
    const described = outboxRoutes.find(({ id }) => id === 'GET /outbox/:connection');
    expect(described?.reply.safeParse(json).error?.issues).toBeUndefined();
    expect(described?.reply.safeParse({ ...json, waiting: 'some' }).success).toBe(false);
    expect((await plant.ask('system', 'GET', '/outbox/erp')).status).toBe(403);
  }));
