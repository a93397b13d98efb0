/** Roll-ups: what the ERP's invoices come to, in a field of the CRM's customer, by the ordinary way. */
import { expect, test } from 'vitest';
import { register } from '../../src/ledger/steps/register.ts';
import { compiledOf } from '../mapping/kit.ts';
import { ROLLUP_FILES } from '../mapping/rollups.ts';
import type { Rig, RigOptions } from './rig.ts';
import { withRig } from './with-rig.ts';

const compiled = compiledOf(ROLLUP_FILES);
/** As `compiled`; the ERP's people merge customers. */
const merging = compiledOf({
  ...ROLLUP_FILES,
  'mappings/customer.yaml': ROLLUP_FILES['mappings/customer.yaml'].replace(
    'on_none: { to_erp: create, to_crm: create } }',
    'on_none: { to_erp: create, to_crm: create }, retired: { erp: { active: [false] } }, merged_into: { erp: replaced_by } }',
  ),
});
const DAY = 86_400_000;

const inRig = (work: (rig: Rig, shop: Shop) => Promise<void>, options: RigOptions = {}) =>
  withRig({ compiled, ...options }, async (rig) => {
    const partner = rig.systems.erp.people.create({ name: 'Acme' });
    const invoice = (number: string, day: string, net: number | string, more = {}) =>
      rig.contacts.erp.people.create({ number, partner, day, net, currency: 'EUR', kind: 'INV', open: net, ...more });
    await work(rig, {
      partner,
      invoice,
      account: () => [...rig.systems.crm.records.values()].find(({ body }) => body['name'] === 'Acme')?.body ?? {},
      written: () => rig.count(`intent where mapping = 'customer' and slot = 'crm/Account' and op = 'update'`),
    });
  });
interface Shop {
  readonly partner: string;
  invoice(number: string, day: string, net: number | string, more?: object): string;
  account(): Readonly<Record<string, unknown>>;
  written(): Promise<number>;
}

test('invoices of the last twelve months are added up to the digit, per currency, credit notes taken off', () =>
  inRig(async (rig, { invoice, account }) => {
    invoice('1', '2025-12-30', '0.10');
    invoice('2', '2025-06-01', '0.20');
    invoice('3', '2025-07-01', '9007199254740993.01');
    invoice('4', '2025-08-01', '0.05', { kind: 'CRN' });
    invoice('5', '2025-08-01', '7', { currency: 'USD' });
    invoice('6', '2024-12-31', '1000');
    await rig.settle();
    expect(account()).toMatchObject({
      revenue: '9007199254740993.26',
      dollars: '7',
      latest: '2025-12-30',
      invoices: 6,
    });
    expect(await rig.count('pending')).toBe(0);
  }));

test('a change of an invoice is one write to its customer, and one that changes no sum is none', () =>
  inRig(async (rig, { invoice, account, written }) => {
    const id = invoice('1', '2025-12-30', '10');
    await rig.settle();
    const before = await written();
    rig.contacts.erp.people.edit(id, { net: '12.5' });
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '12.5' });
    expect(await written()).toBe(before + 1);
    rig.contacts.erp.people.edit(id, { net: '12.50', number: '1a' });
    await rig.settle();
    expect(await written()).toBe(before + 1);
  }));

test('when the day turns, what leaves the window is taken off by itself, down to nothing', () =>
  inRig(async (rig, { invoice, account, written }) => {
    invoice('1', '2025-01-02', '10');
    invoice('2', '2026-01-03', '5');
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '10' });
    const { segment, nextDue } = await rig.pipeline.claim({
      mapping: 'customer',
      fresh: crypto.randomUUID(),
      workflow: 'w',
    });
    expect([segment, nextDue]).toEqual([null, '2026-01-01T23:00:00.000Z']);
    const before = await written();
    rig.pass(DAY);
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '0' });
    rig.pass(DAY);
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '5' });
    expect(await written()).toBe(before + 2);
  }));

test('an invoice that moves to another customer is taken off the one it was of', () =>
  inRig(async (rig, { invoice, account }) => {
    const other = rig.systems.erp.people.create({ name: 'Other' });
    const id = invoice('1', '2025-12-30', '10');
    await rig.settle();
    rig.contacts.erp.people.edit(id, { partner: other });
    await rig.settle();
    const accounts = [...rig.systems.crm.records.values()].map(({ body }) => [body['name'], body['revenue']]);
    expect(Object.fromEntries(accounts)).toEqual({ Acme: '0', Other: '10' });
    expect(account()).toMatchObject({ invoices: 0 });
  }));

test('a value typed over in the CRM is put back, and only customers that were touched are worked out again', () =>
  inRig(async (rig, { invoice, account }) => {
    for (let n = 0; n < 20; n += 1) rig.systems.erp.people.create({ name: `Customer ${n}` });
    invoice('1', '2025-12-30', '10');
    await rig.settle();
    const [id = ''] = [...rig.systems.crm.records.values()].flatMap((each) =>
      each.body['name'] === 'Acme' ? [each.id] : [],
    );
    rig.systems.crm.people.edit(id, { revenue: '1000000' });
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '10' });
    invoice('2', '2025-12-30', '1');
    await rig.observe();
    expect(await rig.count('rollup_turn where at <= ledger_now()')).toBe(1);
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '11' });
  }));

test('a roll-up that comes to mean something else is worked out anew from what is stored', () =>
  inRig(async (rig, { invoice, account }) => {
    invoice('1', '2025-12-30', '10');
    invoice('2', '2025-03-30', '5');
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '15' });
    const shorter = compiledOf({
      ...ROLLUP_FILES,
      'mappings/customer.yaml': ROLLUP_FILES['mappings/customer.yaml'].replace('months: 12', 'months: 6'),
    });
    const all = compiled as Map<string, typeof compiled extends ReadonlyMap<string, infer M> ? M : never>;
    const before = new Map(all);
    try {
      for (const [name, mapping] of shorter) all.set(name, mapping);
      await register(rig.db, { config: 2, connections: ['crm', 'erp'], mappings: [...shorter.values()] });
      await rig.settle();
      expect(account()).toMatchObject({ revenue: '10' });
    } finally {
      for (const [name, mapping] of before) all.set(name, mapping);
    }
  }));

test('until all invoices were read once nothing is said of them, nobody is asked, and the rest of the customer crosses', () =>
  inRig(async (rig, { invoice, account, written }) => {
    invoice('1', '2025-12-30', '10');
    invoice('2', '2025-12-30', '2.5');
    for (let turns = 0; turns < 3; turns += 1) {
      await rig.observe(['crm/Account', 'erp/Partner']);
      while (await rig.round());
      rig.pass(1_500);
    }
    expect(account()).toMatchObject({ name: 'Acme' });
    expect(account()).not.toHaveProperty('revenue');
    expect(await rig.count('parked')).toBe(0);
    expect(await written()).toBe(0);
    await rig.settle();
    expect(account()).toMatchObject({ revenue: '12.5', invoices: 2, latest: '2025-12-30' });
    expect(await written()).toBe(1);
  }));

test('an invoice that is gone counts no more', () =>
  inRig(
    async (rig, { invoice, account }) => {
      const id = invoice('1', '2025-12-30', '10');
      invoice('2', '2025-11-30', '5');
      await rig.settle();
      expect(account()).toMatchObject({ revenue: '15', latest: '2025-12-30' });
      rig.contacts.erp.people.remove(id);
      await rig.settle();
      expect(account()).toMatchObject({ revenue: '5', latest: '2025-11-30', invoices: 1 });
    },
    { manners: { erp: { deletes: 'in-feed' } } },
  ));

test('a customer that is gone is worked out no more, and its invoices are in nobody’s way', () =>
  inRig(
    async (rig, { invoice, partner, account, written }) => {
      invoice('1', '2025-12-30', '10');
      await rig.settle();
      rig.systems.erp.people.remove(partner);
      await rig.settle();
      const before = await written();
      invoice('2', '2025-12-30', '5');
      await rig.settle();
      expect(account()).toMatchObject({ revenue: '10' });
      expect(await written()).toBe(before);
      expect(await rig.count(`rollup_turn where at <= ledger_now()`)).toBe(0);
    },
    { manners: { erp: { deletes: 'in-feed' } } },
  ));

test('two customers that the ERP made one come to what both came to', () =>
  inRig(
    async (rig, { invoice, partner, account }) => {
      invoice('1', '2025-12-30', '10');
      await rig.settle();
      // A second of the same name is nobody's until a person says so.
      const survivor = rig.systems.erp.people.create({ name: 'Acme' });
      invoice('2', '2025-12-31', '5', { partner: survivor });
      await rig.settle();
      expect(account()).toMatchObject({ revenue: '10' });
      rig.systems.erp.people.edit(partner, { active: false, replaced_by: survivor });
      await rig.settle();
      expect(account()).toMatchObject({ revenue: '15', latest: '2025-12-31', invoices: 2 });
    },
    { compiled: merging },
  ));
