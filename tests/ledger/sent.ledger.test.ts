import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createPipeline } from '../../src/ledger/steps/pipeline.ts';
import { createStatedBodies } from '../../src/ledger/steps/stated-bodies.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const claimOf = () => ({ mapping: 'customer', fresh: randomUUID(), workflow: 'sync-customer' });

/** Five customers, planned by the rig's own process. */
const planned = async (rig: Rig): Promise<string> => {
  for (const n of [1, 2, 3, 4, 5]) rig.systems.crm.people.create({ name: `Acme ${n}`, vat_number: `DE${n}` });
  await rig.observe();
  await rig.observe();
  const { segment } = await rig.pipeline.claim(claimOf());
  await rig.pipeline.plan(segment ?? '');
  return segment ?? '';
};
const send = async (pipeline: Rig['pipeline'], segment: string, limit: number) =>
  pipeline.beginSend(segment, 'erp', await pipeline.fence(segment, 'erp'), limit);

test('what another process stated is sent as it was stated', async () => {
  await withRig({}, async (rig) => {
    const segment = await planned(rig);
    const own = await send(rig.pipeline, segment, 2);
    const others = await send(createPipeline(rig.context), segment, 3);
    const items = [...(own?.items ?? []), ...(others?.items ?? [])];
    const names = items.map(({ data }) => (data as { readonly organization_name?: string }).organization_name);
    expect(names.toSorted()).toEqual(['Acme 1', 'Acme 2', 'Acme 3', 'Acme 4', 'Acme 5']);
    expect(Object.keys(own?.items[0]?.data ?? {}).toSorted()).toEqual(
      Object.keys(others?.items[0]?.data ?? {}).toSorted(),
    );
  });
});

test('what is sent is written in no index: its row stays on its page', async () => {
  await withRig({}, async (rig) => {
    const segment = await planned(rig);
    await rig.db.transaction(async (db) => {
      await send(createPipeline({ ...rig.context, db }), segment, 5);
      const [row] = await db.query<{ all: string; hot: string }>(
        `select pg_stat_get_xact_tuples_updated('intent'::regclass)::text as all, pg_stat_get_xact_tuples_hot_updated('intent'::regclass)::text as hot`,
      );
      expect(row).toEqual({ all: '5', hot: '5' });
    });
  });
});

test('bodies that nobody sends here are forgotten in time, the oldest first', () => {
  const bodies = createStatedBodies();
  const body = { side: 'erp' as const, fields: [], values: {}, before: {}, data: {}, intended: {}, reasons: {} };
  const intents = Array.from({ length: 4_001 }, (_, i) => ({ link: `L${i}`, slot: 'erp/Partner', no: 1, body }));
  bodies.keep(intents);
  expect(intents.filter((intent) => bodies.of(intent) === undefined).map(({ link }) => link)).toEqual(['L0']);
  bodies.forget(intents.slice(1, 2));
  expect(bodies.of({ link: 'L1', slot: 'erp/Partner', no: 1 })).toBeUndefined();
});

/** So many connections are open afterwards: what begins at once then runs at once. */
const opened = async (rig: Rig, connections: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let open = 0;
  const hold = () =>
    rig.db.transaction(async (db) => {
      await db.query('select 1');
      open += 1;
      if (open === connections) resolve();
      await promise;
    });
  await Promise.all(Array.from({ length: connections }, hold));
};

/** Every batch sent, none remembered yet: `remember` of all of them, to be called at once. */
const answered = async (rig: Rig, idOf: (n: number) => string) => {
  const segment = await planned(rig);
  const epoch = await rig.pipeline.fence(segment, 'erp');
  const all: (() => Promise<unknown>)[] = [];
  for (let n = 1; ; n += 1) {
    const sending = await rig.pipeline.beginSend(segment, 'erp', epoch, 1);
    if (sending === null) break;
    const from = await rig.capture.now();
    const outcomes = sending.items.map(({ data }) => {
      const record = { id: idOf(n), version: '1', body: { number: idOf(n), ...data } };
      return { status: 'created' as const, id: record.id, version: '1', record };
    });
    all.push(() => rig.pipeline.remember(sending, outcomes, from));
  }
  await opened(rig, all.length);
  return { segment, all };
};

test('batches are remembered at once, beside each other, and each link gets its own record', async () => {
  await withRig({}, async (rig) => {
    const { segment, all } = await answered(rig, (n) => `P${n}`);
    await Promise.all(all.map((remember) => remember()));
    await rig.pipeline.release(segment);
    expect(await rig.count(`intent where ended_at is null`)).toBe(0);
    const linked = `(select link from record where active group by link having count(*) = 2) l`;
    expect(await rig.count(linked)).toBe(5);
    expect(await rig.count('baseline')).toBe(5);
    expect(await rig.count('link_key')).toBe(0);
  });
});

test('two replies that name one record at the same moment leave it with one link, as if they had come one after the other', async () => {
  await withRig({}, async (rig) => {
    const { segment, all } = await answered(rig, (n) => (n <= 2 ? 'P1' : `P${n}`));
    await Promise.all(all.map((remember) => remember()));
    await rig.pipeline.release(segment);
    expect(await rig.count(`record where slot = 'erp/Partner' and id = 'P1' and active`)).toBe(1);
    expect(await rig.count(`record_key where slot = 'erp/Partner' and id = 'P1'`)).toBe(
      await rig.count(`record_key where slot = 'erp/Partner' and id = 'P3'`),
    );
    expect(await rig.count(`link l where not exists (select from record r where r.link = l.id)`)).toBe(0);
  });
});
