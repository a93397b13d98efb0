import { expect, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { explain } from '../../src/ledger/queries/explain.ts';
import { journalPage } from '../../src/ledger/queries/journal.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const COUNTED = { manners: { erp: { guard: 'detect' } } } as const;
const UNGUARDED = { manners: { erp: { guard: 'none' } } } as const;

const cities = ({ systems }: Rig): readonly unknown[] => [
  systems.crm.records.get('A001')?.body['city'],
  systems.erp.records.get('P001')?.body['city'],
];

/** A write to the ERP, and what happens there between our reading and our write. */
const writing = async (rig: Rig, meanwhile: () => Promise<void> | void): Promise<void> => {
  rig.systems.crm.people.create(ACME);
  await rig.settle();
  rig.systems.crm.people.edit('A001', { city: 'Bonn' });
  rig.pass(2_000);
  await rig.observe();
  await rig.round('customer', async (sending) => {
    await meanwhile();
    await rig.deliver(sending);
  });
  await rig.settle();
};

const interleaved = async (rig: Rig): Promise<readonly { readonly reason: string; readonly values: Json }[]> =>
  (await journalPage(rig.db, {}, { limit: 100 })).entries.filter(({ action }) => action === 'interleaved');

test('rule 9, G2: a version that counts tells of a write between our reading and ours: it is listed with what stood there before', async () => {
  await withRig(COUNTED, async (rig) => {
    await writing(rig, () => rig.systems.erp.people.edit('P001', { city: 'Ulm' }));
    expect(cities(rig)).toEqual(['Bonn', 'Bonn']);
    const [entry, ...more] = await interleaved(rig);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      reason:
        'by its version the record was written once more between our reading and our write; what that put into these fields is overwritten, and its value unknown',
      values: { before: { city: 'Berlin' }, sent: { city: 'Bonn' } },
    });
  });
});

test('rule 9, G2: if the feed showed the value while our write was under way, it is found', async () => {
  await withRig(COUNTED, async (rig) => {
    await writing(rig, async () => {
      rig.systems.erp.people.edit('P001', { city: 'Ulm' });
      rig.pass(2_000);
      await rig.observe();
    });
    expect(cities(rig)).toEqual(['Bonn', 'Bonn']);
    expect((await interleaved(rig)).map(({ values }) => values)).toEqual([
      { before: { city: 'Berlin' }, sent: { city: 'Bonn' }, overwritten: { city: 'Ulm' } },
    ]);
  });
});

test('rule 9, G3: without a version only what the feed showed meanwhile is found', async () => {
  await withRig(UNGUARDED, async (rig) => {
    await writing(rig, async () => {
      rig.systems.erp.people.edit('P001', { city: 'Ulm' });
      rig.pass(2_000);
      await rig.observe();
    });
    expect((await interleaved(rig)).map(({ reason, values }) => [reason, values])).toEqual([
      [
        'another value was seen here while our write was under way; unless it stands there now, our write has overwritten it',
        { before: { city: 'Berlin' }, sent: { city: 'Bonn' }, overwritten: { city: 'Ulm' } },
      ],
    ]);
  });
});

test('rule 9, G2: our own writes, sent once or twice, are nobody else’s', async () => {
  for (const fate of ['ok', 'reply-lost', 'request-lost'] as const)
    await withRig(COUNTED, async (rig) => {
      await writing(rig, () => {
        rig.systems.erp.network = { fate, deadline: Number.POSITIVE_INFINITY };
        return Promise.resolve();
      });
      rig.systems.erp.network = { fate: 'ok', deadline: Number.POSITIVE_INFINITY };
      await rig.settle();
      expect(cities(rig)).toEqual(['Bonn', 'Bonn']);
      expect(await interleaved(rig)).toEqual([]);
    });
});

test('rule 9: whoever explains a record is told of what was written between', async () => {
  await withRig(COUNTED, async (rig) => {
    await writing(rig, () => rig.systems.erp.people.edit('P001', { city: 'Ulm' }));
    const [row] = await rig.db.query<{ link: string }>('select link from record limit 1');
    const [explained] = (await explain(rig.db, rig.context.mappings().values(), row?.link ?? '')) ?? [];
    expect(explained?.notes).toContainEqual(
      expect.stringMatching(/^erp\/Partner P001 was written by somebody else beside a write of ours \(city, 2026-/),
    );
    rig.pass(8 * 24 * 3_600_000);
    const [later] = (await explain(rig.db, rig.context.mappings().values(), row?.link ?? '')) ?? [];
    expect(later?.notes).toEqual([]);
  });
});
