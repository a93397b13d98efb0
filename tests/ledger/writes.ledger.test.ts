import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { decideDoubts } from '../../src/ledger/steps/doubt.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const FOREVER = Number.POSITIVE_INFINITY;
const erpCreates = (rig: Rig) =>
  rig.systems.erp.commits.filter((commit) => commit.actor === 'tally' && commit.op === 'create');
const outcomes = (rig: Rig) =>
  rig.db.query<{ op: string; outcome: string }>('select op, outcome from intent order by slot, no');

test('rule 8: a create’s key names link and generation, and rises only after a refusal', async () => {
  let complaint: string | undefined = 'we do not like it';
  await withRig({ manners: { erp: { refuses: () => complaint } } }, async (rig) => {
    const id = rig.systems.crm.people.create(ACME);
    await rig.settle();
    expect(await rig.db.query('select code, message from parked')).toEqual([
      { code: 'TARGET_REFUSED', message: 'we do not like it' },
    ]);
    complaint = undefined;
    rig.systems.crm.people.edit(id, { city: 'Bonn' });
    rig.pass(2_000);
    await rig.settle();
    expect(await rig.db.query('select generation, outcome from intent order by no')).toEqual([
      { generation: 0, outcome: 'refused' },
      { generation: 1, outcome: 'created' },
    ]);
    expect(await rig.count('parked')).toBe(0);
  });
});

test('rule 8: what the target refused is not sent again as it is, until a person says retry', async () => {
  let asked = 0;
  await withRig(
    {
      manners: {
        erp: {
          refuses: () => {
            asked += 1;
            return 'no';
          },
        },
      },
    },
    async (rig) => {
      const { enqueue } = await import('../../src/ledger/steps/queue.ts');
      const id = rig.systems.crm.people.create(ACME);
      await rig.settle();
      expect(asked).toBe(1);
      await enqueue(rig.db, [{ mapping: 'customer', slot: 'crm/Account', id }], 'change');
      await rig.settle();
      expect(asked).toBe(1);
      await rig.db.query(`update parked set refused = ''::bytea`);
      await enqueue(rig.db, [{ mapping: 'customer', slot: 'crm/Account', id }], 'retry');
      await rig.settle();
      expect(asked).toBe(2);
    },
  );
});

test('rule 8: no mapping plans a slot whose intent is open', async () => {
  await withRig({ mappings: ['customer', 'contact-data'] }, async (rig) => {
    rig.systems.crm.people.create({ ...ACME, phone: '1' });
    await rig.observe();
    await rig.observe();
    const { segment } = await rig.pipeline.claim({
      mapping: 'customer',
      fresh: randomUUID(),
      workflow: 'sync-customer',
    });
    await rig.pipeline.plan(segment ?? '');
    expect(await rig.round('contact-data')).toBe(false);
    await expect(
      rig.db.query(
        `insert into intent select link, slot, no + 1, mapping, segment, connection, 'stated', op, generation, key, record_id, expect_version, 0, format, body, stated_at from intent`,
      ),
    ).rejects.toThrow(/intent_open/);
    await rig.pipeline.release(segment ?? '');
    await rig.settle();
    expect(erpCreates(rig)).toHaveLength(1);
  });
});

test.each(['reply-lost', 'request-lost', 'in-flight', 'torn'] as const)(
  'rule 9: after a create whose answer was lost (%s) there is one record, at L1 and at L2',
  async (fate) => {
    for (const idempotency of ['unique', 'searchable'] as const) {
      await withRig({ manners: { erp: { idempotency } } }, async (rig) => {
        const { crm, erp } = rig.systems;
        for (let i = 0; i < 3; i += 1) crm.people.create({ name: `Acme ${i}`, vat_number: `DE${i}` });
        await rig.observe();
        await rig.observe();
        erp.network = { fate, deadline: FOREVER };
        await rig.round();
        expect(await rig.count(`intent where state = 'doubt'`)).toBe(3);
        erp.network = { fate: 'ok', deadline: FOREVER };
        if (fate === 'in-flight') erp.arrive(0);
        await rig.settle();
        await rig.settle();
        expect(erp.records.size).toBe(3);
        expect(await rig.count(`intent where state <> 'ended'`)).toBe(0);
        expect(await rig.count('pending')).toBe(0);
      });
    }
  },
);

test('rule 9: at L3 a create without an answer is parked and never sent again', async () => {
  await withRig({ manners: { erp: { idempotency: 'none' } } }, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    rig.systems.erp.network = { fate: 'request-lost', deadline: FOREVER };
    await rig.round();
    rig.systems.erp.network = { fate: 'ok', deadline: FOREVER };
    await rig.settle();
    await rig.settle();
    expect(await rig.db.query('select code from parked')).toEqual([{ code: 'AMBIGUOUS' }]);
    expect(erpCreates(rig)).toEqual([]);
  });
});

test('rule 9: an update without an answer is sent again where it had no effect, and remembered where it had', async () => {
  for (const fate of ['reply-lost', 'request-lost'] as const) {
    await withRig({}, async (rig) => {
      const { crm, erp } = rig.systems;
      const id = crm.people.create(ACME);
      await rig.settle();
      crm.people.edit(id, { city: 'Bonn' });
      rig.pass(2_000);
      await rig.observe();
      erp.network = { fate, deadline: FOREVER };
      await rig.round();
      erp.network = { fate: 'ok', deadline: FOREVER };
      await rig.settle();
      await rig.settle();
      expect(erp.commits.filter((commit) => commit.actor === 'tally' && commit.op === 'update')).toHaveLength(1);
      expect(erp.records.get('P001')?.body['city']).toBe('Bonn');
    });
  }
});

test('rule 9: an update without an answer that changes only how a value is written is sent again where it had no effect', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.create({ ...ACME, name: 'Acme GmbH' });
    erp.people.create({ organization_name: 'ACME GMBH', tax_number: 'DE1', city: 'Berlin' });
    await rig.observe();
    await rig.observe();
    erp.network = { fate: 'request-lost', deadline: FOREVER };
    await rig.round();
    expect(await rig.count(`intent where state = 'doubt' and slot = 'erp/Partner'`)).toBe(1);
    erp.network = { fate: 'ok', deadline: FOREVER };
    await rig.settle();
    await rig.settle();
    expect(erp.records.get('P001')?.body['organization_name']).toBe('Acme GmbH');
  });
});

test('rule 9: forty writes in doubt are decided together, in as many statements as one', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    for (let i = 0; i < 40; i += 1) crm.people.create({ name: `Acme ${i}`, vat_number: `DE${i}` });
    await rig.observe();
    await rig.observe();
    erp.network = { fate: 'reply-lost', deadline: FOREVER };
    await rig.round();
    rig.pass(10_000);
    erp.network = { fate: 'ok', deadline: FOREVER };
    const { segment } = await rig.pipeline.claim({
      mapping: 'customer',
      fresh: randomUUID(),
      workflow: 'sync-customer',
    });
    const epoch = await rig.pipeline.fence(segment ?? '', 'erp');
    const [reading] = await rig.pipeline.readings(segment ?? '', 'erp', epoch);
    const keys = reading?.keys ?? [];
    const answers = await erp.connector.read('Partner', { keys }, { signal: new AbortController().signal });
    let statements = 0;
    await rig.db.transaction(async (tx) => {
      const query: typeof tx.query = (...sent) => {
        statements += 1;
        return tx.query(...sent);
      };
      const read = new Map(keys.map((key, index) => [key, answers[index] ?? { absent: true as const }]));
      const slot = reading?.slot ?? '';
      const from = await rig.capture.now();
      await decideDoubts(
        rig.context,
        { ...tx, query },
        { segment: segment ?? '', slot, from, ids: new Map(), keys: read },
      );
    });
    expect(await rig.count(`intent where state = 'ended' and outcome = 'created'`)).toBe(40);
    expect(statements).toBeLessThan(40);
    await rig.settle();
    expect(erp.records.size).toBe(40);
  });
});

test('rule 9: a write in doubt whose target shows something else ends, is journalled with what stood before, and is planned again', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    crm.people.edit(id, { city: 'Bonn' });
    rig.pass(2_000);
    await rig.observe();
    erp.network = { fate: 'request-lost', deadline: FOREVER };
    await rig.round();
    erp.network = { fate: 'ok', deadline: FOREVER };
    erp.people.edit('P001', { city: 'Köln' });
    await rig.settle();
    await rig.settle();
    expect((await outcomes(rig)).map((row) => row.outcome)).toContain('unknown');
    expect(await rig.count(`journal where action = 'outcome unknown'`)).toBe(1);
    expect([crm.records.get(id)?.body['city'], erp.records.get('P001')?.body['city']]).toEqual(['Köln', 'Köln']);
  });
});

test('rule 10: a target that rounds or upper-cases is agreed with, and nothing is written for it', async () => {
  await withRig(
    { manners: { erp: { normalise: (body) => ({ ...body, city: String(body['city'] ?? '').toUpperCase() }) } } },
    async (rig) => {
      const { crm, erp } = rig.systems;
      crm.people.create(ACME);
      await rig.settle();
      const commits = crm.commits.length + erp.commits.length;
      await rig.db.query('update slot set pass_wanted = true');
      await rig.settle();
      expect(crm.commits.length + erp.commits.length).toBe(commits);
      expect([crm.records.get('A001')?.body['city'], erp.records.get('P001')?.body['city']]).toEqual([
        'Berlin',
        'BERLIN',
      ]);
    },
  );
});

test('rule 11: a page read before our write and stored after it does not undo it', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    const from = await rig.capture.now();
    const stale = await erp.connector.list(
      'Partner',
      { cursor: '', limit: 10 },
      { signal: new AbortController().signal },
    );
    rig.pass(2_000);
    crm.people.edit(id, { city: 'Bonn' });
    await rig.settle();
    await rig.capture.storePage({
      slot: 'erp/Partner',
      kind: 'pass',
      changes: stale.changes,
      next: '',
      done: true,
      from,
    });
    await rig.settle();
    expect([crm.records.get(id)?.body['city'], erp.records.get('P001')?.body['city']]).toEqual(['Bonn', 'Bonn']);
  });
});

test('rule 11: an edit between our reading and our write is refused by the guard, read and planned again', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    crm.people.edit(id, { name: 'Acme AG' });
    rig.pass(2_000);
    await rig.observe();
    erp.people.edit('P001', { city: 'Köln' });
    await rig.round();
    expect((await outcomes(rig)).map((row) => row.outcome)).toContain('conflict');
    await rig.settle();
    expect(erp.records.get('P001')?.body).toMatchObject({ organization_name: 'Acme AG', city: 'Köln' });
    expect(crm.records.get(id)?.body).toMatchObject({ name: 'Acme AG', city: 'Köln' });
  });
});

test('rule 11: a target without a guard is read afresh before it is planned', async () => {
  await withRig({ manners: { erp: { guard: 'none' } } }, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    crm.people.edit(id, { city: 'Bonn' });
    rig.pass(2_000);
    await rig.observe();
    erp.people.edit('P001', { city: 'Köln' });
    await rig.settle();
    expect([crm.records.get(id)?.body['city'], erp.records.get('P001')?.body['city']]).toEqual(['Köln', 'Köln']);
  });
});

test('rule 10: a field that keeps returning to an earlier value parks, until a person says which side stands', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    for (const city of ['Bonn', 'Köln', 'Bonn', 'Köln', 'Bonn', 'Köln']) {
      crm.people.edit(id, { city });
      rig.pass(2_000);
      await rig.settle();
    }
    expect(await rig.db.query('select field, code from parked')).toEqual([{ field: 'city', code: 'FLAPPING' }]);
    expect(erp.records.get('P001')?.body['city']).toBe('Bonn');
  });
});

test('rule 10: what a target makes of a value twice is its way of writing it, and is not written against for ever', async () => {
  const shout = (city: unknown): string => (String(city).endsWith(' (checked)') ? String(city) : `${city} (checked)`);
  await withRig(
    { manners: { erp: { normalise: (body) => ({ ...body, city: shout(body['city']) }) } } },
    async (rig) => {
      const { crm, erp } = rig.systems;
      const id = crm.people.create(ACME);
      await rig.settle();
      crm.people.edit(id, { city: 'Bonn' });
      rig.pass(2_000);
      await rig.settle();
      const effects = erp.commits.length + crm.commits.length;
      await rig.settle();
      expect(erp.commits.length + crm.commits.length).toBe(effects);
      expect(await rig.count('pending')).toBe(0);
    },
  );
});

test('rule 9: of a write without an answer that a person has edited since, our part is agreed and theirs is a change', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create({ ...ACME, payment_terms: 'Net 14' });
    await rig.settle();
    crm.people.edit(id, { city: 'Bonn', payment_terms: 'Net 30' });
    rig.pass(2_000);
    await rig.observe();
    erp.network = { fate: 'reply-lost', deadline: FOREVER };
    await rig.round();
    erp.network = { fate: 'ok', deadline: FOREVER };
    erp.people.edit('P001', { city: 'Köln' });
    await rig.settle();
    await rig.settle();
    expect([crm.records.get(id)?.body['city'], erp.records.get('P001')?.body['payment_terms']]).toEqual([
      'Köln',
      'ZB30',
    ]);
    expect(await rig.count(`journal where action = 'outcome unknown'`)).toBe(0);
  });
});

test('rule 10: where a reply shows no record, the feed’s first showing of our write is looked at, whatever its version says', async () => {
  const upper = (body: JsonObject): JsonObject =>
    typeof body['city'] === 'string' ? { ...body, city: body['city'].toUpperCase() } : body;
  await withRig({ manners: { erp: { returnsRecord: false, normalise: upper } } }, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.create({ name: 'Acme', vat_number: 'DE1', city: 'Berlin' });
    await rig.settle();
    await rig.settle();
    const written = [...crm.commits, ...erp.commits].length;
    await rig.db.query('update slot set pass_wanted = true');
    await rig.settle();
    expect([...crm.commits, ...erp.commits]).toHaveLength(written);
    const [kept] = await rig.db.query<{ body: string }>(
      `select convert_from(body, 'UTF8') as body from record where slot = 'erp/Partner'`,
    );
    expect(JSON.parse(kept?.body ?? '{}')).toMatchObject({ city: 'BERLIN' });
  });
});
