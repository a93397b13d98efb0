import { describe, expect, test } from 'vitest';
import { refusingRemovals } from '../../connectors/engine/removals.ts';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';
import { short, update } from '../kit/rest-write.ts';

const READ: JsonObject = {
  by_id: {
    request: { method: 'POST', path: '/read', body: { ids: '{ids}' } },
    max: 10,
    results: 'results',
    status: 'ok',
    found: [true],
    record: 'thing',
  },
};
const orders = (lists: JsonObject): JsonObject =>
  aPreset(
    {
      version: 'v',
      read: READ,
      lists,
      write: {
        max: 10,
        update: { request: { method: 'PATCH', path: '/things/{id}', body: '{data}' } },
      },
      capabilities: { guard: 'version' },
    },
    { errors: [{ code: 'NOT_FOUND', class: 'not-found' }] },
  );
const LINES: Json = [
  { no: 1, qty: '2', colour: 'red', size: { w: 1, h: 2 } },
  { no: 2, qty: '5' },
];
const standing =
  (thing: JsonObject | undefined) =>
  ({ path }: Asked): Answer =>
    path.startsWith('/read')
      ? { json: { results: [thing === undefined ? { ok: false, code: 'NOT_FOUND' } : { ok: true, thing }] } }
      : { json: { id: '7', v: 4 } };
const changes = (lines: Json, over: Partial<WriteItem> = {}): WriteItem =>
  update('7', { data: { lines }, expectVersion: '3', ...over });

const written = async (lists: JsonObject, thing: JsonObject | undefined, item: WriteItem) => {
  const fake = await startFake(standing(thing));
  const connector = connectRest(fake.url, orders(lists), {});
  const outcomes = await connector.write('Thing', [item], aCall());
  await connector.close();
  const sent = fake.asked.filter(({ path }) => !path.startsWith('/read')).map(({ body }) => JSON.parse(body) as Json);
  return { outcomes, sent, removes: connector.capabilities['Thing']?.write.removes };
};

describe('a list that is written whole', () => {
  const WHOLE = { lines: { key: 'no', write: 'whole' } };

  test('is read and merged first, so that what is not mapped keeps its bytes', async () => {
    const { outcomes, sent, removes } = await written(
      WHOLE,
      { id: '7', v: 3, lines: LINES },
      changes([
        { no: 3, qty: '1' },
        { no: 1, qty: '9', size: { h: 5 } },
        { no: '2', $removed: true },
      ]),
    );
    expect(short(outcomes)).toEqual(['updated 7']);
    expect(sent).toEqual([
      {
        lines: [
          { no: 1, qty: '9', colour: 'red', size: { w: 1, h: 5 } },
          { no: 3, qty: '1' },
        ],
      },
    ]);
    expect(removes).toBe(true);
  });

  test('is not written over a record that was changed meanwhile, is gone or cannot be read', async () => {
    const moved = await written(WHOLE, { id: '7', v: 4, lines: LINES }, changes([{ no: 1, qty: '9' }]));
    expect([short(moved.outcomes), moved.sent]).toEqual([['failed conflict item'], []]);
    const gone = await written(WHOLE, undefined, changes([{ no: 1, qty: '9' }]));
    expect([short(gone.outcomes), gone.sent]).toEqual([['failed not-found item'], []]);
  });

  test('is not read for a write that leaves it alone', async () => {
    const { sent, outcomes } = await written(
      WHOLE,
      undefined,
      update('7', { data: { name: 'x' }, expectVersion: '3' }),
    );
    expect(short(outcomes)).toEqual(['updated 7']);
    expect(sent).toEqual([{ name: 'x' }]);
  });
});

describe('a list that is written by its elements', () => {
  test('names those that change, and says of one that shall go what the system wants to hear', async () => {
    const { sent, removes } = await written(
      { lines: { key: 'no', removed: { field: '_delete', is: true } } },
      undefined,
      changes([
        { no: 1, qty: '9' },
        { no: 2, $removed: true },
      ]),
    );
    expect(sent).toEqual([
      {
        lines: [
          { no: 1, qty: '9' },
          { no: 2, _delete: true },
        ],
      },
    ]);
    expect(removes).toBe(true);
  });

  test('takes no element away where the preset does not say how', async () => {
    const bare = { lines: { key: 'no' } };
    const other = { key: 'id', removed: { field: 'gone', is: 1 } };
    const item = changes([{ no: 2, $removed: true }]);
    const some = await written({ ...bare, other }, undefined, item);
    expect([short(some.outcomes), some.sent]).toEqual([['failed unsupported item'], []]);
    expect(some.outcomes[0]).toMatchObject({
      error: { message: expect.stringContaining('under `lists:` (it has lines, other)') },
    });
    const none = await written(bare, undefined, item);
    expect([short(none.outcomes), none.sent, none.removes]).toEqual([['failed unsupported item'], [], undefined]);
  });
});

test('a connector that cannot take elements away is never told to, and the other items go on', async () => {
  const told: WriteItem[] = [];
  const connector = refusingRemovals({
    capabilities: {},
    write: async (_record: string, items: readonly WriteItem[]) => {
      told.push(...items);
      return items.map(({ id }) => ({ status: 'updated' as const, id: id ?? '' }));
    },
  } as unknown as Connector);
  const items = [update('1'), changes([{ no: 2, $removed: true }]), update('3')];
  const outcomes = await connector.write('Order', items, aCall());
  expect(short(outcomes)).toEqual(['updated 1', 'failed unsupported item', 'updated 3']);
  expect(told).toEqual([items[0], items[2]]);
});
