import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createObserve } from '../../activities/observe.ts';
import { openDatabase } from '../../src/ledger/database.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { planSegment } from '../../src/ledger/steps/plan.ts';
import { register } from '../../src/ledger/steps/register.ts';
import { aWorld } from '../activities/deps.ts';
import { aDatabase } from '../kit/ledger.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const FOREVER = Number.POSITIVE_INFINITY;
const claimOf = (mapping = 'customer') => ({ mapping, fresh: randomUUID(), workflow: `sync-${mapping}` });

/** One new customer in the CRM, known to the ledger, both sides read once. */
const withAcme = async (rig: Rig): Promise<string> => {
  const id = rig.systems.crm.people.create(ACME);
  await rig.observe();
  await rig.observe();
  return id;
};

test('rule 5: a late repeat of the claim, which takes stated writes back, loses none of them', async () => {
  await withRig({}, async (rig) => {
    await withAcme(rig);
    const request = claimOf();
    const { segment } = await rig.pipeline.claim(request);
    await rig.pipeline.plan(segment ?? '');
    // The first attempt was frozen between its start and its transaction; the second one's segment is under way.
    await rig.pipeline.claim(request);
    const epoch = await rig.pipeline.fence(segment ?? '', 'erp');
    expect(await rig.pipeline.beginSend(segment ?? '', 'erp', epoch, 200)).toBeNull();
    await rig.pipeline.release(segment ?? '');
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
  });
});

test('rule 4: a segment planned by a worker that does not know its mapping yet ends no row', async () => {
  await withRig({}, async (rig) => {
    await withAcme(rig);
    const { segment } = await rig.pipeline.claim(claimOf());
    await planSegment({ ...rig.context, mappings: () => new Map() }, segment ?? '');
    await rig.pipeline.release(segment ?? '');
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
  });
});

test.each(['paused', 'removed'] as const)(
  'rule 5: an unfinished segment of a mapping that may not go on (%s) holds up no other mapping',
  async (how) => {
    await withRig({ mappings: ['customer', 'contact-data'] }, async (rig) => {
      await withAcme(rig);
      const { segment } = await rig.pipeline.claim(claimOf());
      await rig.pipeline.plan(segment ?? '');
      if (how === 'paused') await rig.db.query(`update mapping set paused_reason = 'a test' where name = 'customer'`);
      else {
        const kept = [...rig.context.mappings().values()].filter(({ name }) => name !== 'customer');
        await register(rig.db, { config: 2, connections: ['crm', 'erp'], mappings: kept });
      }
      // Where the mapping was removed its workflow is ended: nobody claims for it again.
      if (how === 'paused') expect((await rig.pipeline.claim(claimOf())).segment).toBeNull();
      expect((await rig.pipeline.claim(claimOf('contact-data'))).segment).not.toBeNull();
      expect(await rig.count(`pending where mapping = 'customer' and state = 'due'`)).toBe(1);
    });
  },
);

test('rule 12: a page of an earlier full pass ends no later one', async () => {
  await withRig({}, async (rig) => {
    rig.systems.erp.people.create({ organization_name: 'Acme', tax_number: 'DE1' });
    await rig.settle();
    const late = {
      slot: 'erp/Partner',
      kind: 'pass' as const,
      changes: [],
      next: 'old',
      done: true,
      from: await rig.capture.now(),
    };
    rig.pass(1_000);
    await rig.db.query(`update slot set pass_wanted = true where name = 'erp/Partner'`);
    await rig.capture.beginPass('erp/Partner', true);
    await rig.capture.storePage(late);
    expect(await rig.capture.position('erp/Partner')).toMatchObject({ pass: { cursor: '' } });
    expect(await rig.count(`record where state = 'suspect'`)).toBe(0);
  });
});

test('rule 3: a record that we created, edited by people before we know of it, is created nowhere again', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    await withAcme(rig);
    erp.network = { fate: 'reply-lost', deadline: FOREVER };
    await rig.round();
    erp.network = { fate: 'ok', deadline: FOREVER };
    erp.people.edit('P001', { organization_name: 'Other', tax_number: 'DE2' });
    await rig.observe();
    await rig.round();
    await rig.settle();
    await rig.settle();
    expect([crm.records.size, erp.records.size]).toEqual([1, 1]);
    expect(await rig.count(`intent where state <> 'ended'`)).toBe(0);
  });
});

test('rule 9: the time to settle counts from the lost answer, not from the beginning of its batch', async () => {
  await withRig({}, async (rig) => {
    await withAcme(rig);
    // The budget let the request go only after a minute.
    await rig.round('customer', async (sending) => {
      const from = await rig.capture.now();
      rig.pass(60_000);
      const lost = { class: 'transient', message: 'no answer came', scope: 'batch' } as const;
      await rig.pipeline.remember(
        sending,
        sending.items.map(() => ({ status: 'unknown', error: lost })),
        from,
      );
    });
    expect(await rig.count(`intent where state = 'doubt' and doubt_until > ledger_now()`)).toBe(1);
  });
});

test('a record that waits for the other side’s feed is due when it was read on, also when that showed something', async () => {
  await withRig({}, async (rig) => {
    await withAcme(rig);
    await rig.db.query(
      `update pending set state = 'waiting', reason = 'WAITING_FOR_FEED', due = ledger_now() + interval '5 minutes'`,
    );
    rig.pass(2_000);
    const record = { id: 'P9', body: { organization_name: 'Somebody' } };
    await rig.capture.storePage({
      slot: 'erp/Partner',
      kind: 'feed',
      changes: [{ op: 'upsert', record }],
      next: 'on',
      done: true,
      from: await rig.capture.now(),
    });
    expect(await rig.count(`pending where slot = 'crm/Account' and due <= ledger_now()`)).toBe(1);
  });
});

test('rule 9: what cannot be asked by key or by id is decided all the same', async () => {
  const reading = { slot: 'erp/Partner', record: 'Partner', ids: [], keys: [], control: null };
  const { deps, told } = aWorld({ readings: [reading] });
  await createObserve(deps)({ segment: 'S1', connection: 'erp' });
  expect(told.readings).toMatchObject([{ slot: 'erp/Partner', ids: [], keys: [] }]);
});

test('rule 12: what we deleted is gone, and is not deleted again', async () => {
  await withRig({ onDeleteToErp: 'delete' }, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    crm.people.remove(id);
    rig.pass(2_000);
    await rig.settle();
    expect(erp.commits.filter(({ op }) => op === 'delete')).toHaveLength(1);
    expect(await rig.db.query('select slot, state from record order by slot')).toEqual([
      { slot: 'crm/Account', state: 'gone' },
      { slot: 'erp/Partner', state: 'gone' },
    ]);
  });
});

test('rule 17: whoever may make the journal’s role opens the ledger with it', async () => {
  const database = await aDatabase();
  const name = `owner_${randomUUID().replaceAll('-', '')}`;
  const admin = openDatabase(database.url, { size: 1 });
  await admin.query(`create role ${name} login createrole password 'x'`);
  await admin.query(`grant create on database ${new URL(database.url).pathname.slice(1)} to ${name}`);
  await admin.query(`create role tally_app nologin`).catch(() => undefined);
  // As on PostgreSQL 16 and later for a role that its owner made himself.
  await admin.query(`grant tally_app to ${name} with admin true, inherit false, set false`);
  const url = new URL(database.url);
  url.username = name;
  url.password = 'x';
  try {
    const db = await openLedger(url.href, 1);
    expect(await db.query('select current_user::text as who')).toEqual([{ who: 'tally_app' }]);
    await db.close();
  } finally {
    await admin.query(`drop owned by ${name}`);
    await admin.query(`drop role ${name}`);
    await admin.close();
    await database.drop();
  }
});
