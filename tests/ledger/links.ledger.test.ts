import { expect, test } from 'vitest';
import { resolve } from '../../src/ledger/steps/acts.ts';
import { linkedMappings } from './links.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const bodies = (system: {
  readonly records: ReadonlyMap<string, { readonly body: unknown; readonly deleted: boolean }>;
}) => [...system.records.values()].filter(({ deleted }) => !deleted).map(({ body }) => body);
const parked = (rig: Rig) => rig.db.query(`select mapping, field, code, message from parked order by mapping, field`);
const waiting = (rig: Rig) => rig.db.query(`select mapping, reason, detail from pending where state = 'waiting'`);
const writesTo = (rig: Rig, side: 'crm' | 'erp') =>
  rig.contacts[side].commits.filter(({ actor }) => actor === 'tally').length;
const ADA = { name: 'Ada', email: 'ada@example.com' };
const person = (partner: string) => ({ full_name: 'Ada', mail: 'ada@example.com', partner });

test('rule 7: a contact waits by name for its customer, and is created under the right one once that is linked', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    await rig.settle();
    rig.pass(2_000);
    const acme = rig.systems.crm.people.create({ name: 'Acme' });
    rig.contacts.crm.people.create({ ...ADA, account_id: acme });
    await rig.observe();
    rig.pass(2_000);
    await rig.observe();
    expect(await rig.round('contact')).toBe(true);
    expect(await waiting(rig)).toEqual([
      { mapping: 'contact', reason: 'WAITING_FOR_PARENT', detail: `crm/Account ${acme}` },
    ]);
    expect(bodies(rig.contacts.erp)).toEqual([]);
    expect(await rig.round('customer')).toBe(true);
    // Made due by the parent, not by its own clock.
    expect(await rig.count(`pending where mapping = 'contact' and state = 'due' and due <= ledger_now()`)).toBe(1);
    expect(await rig.round('contact')).toBe(true);
    const [partner = ''] = rig.systems.erp.records.keys();
    expect(bodies(rig.contacts.erp)).toMatchObject([person(partner)]);
    await rig.settle();
    expect(writesTo(rig, 'erp')).toBe(1);
    expect(writesTo(rig, 'crm')).toBe(0);
    expect(await rig.count('pending')).toBe(0);
  });
});

test('rule 7: a contact that moves to another customer on one side moves on the other; two moves ask a person', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    const [a, b, c] = ['Acme', 'Beta', 'Cost'].map((name) => rig.systems.crm.people.create({ name }));
    const id = rig.contacts.crm.people.create({ ...ADA, account_id: a ?? '' });
    await rig.settle();
    const partners = await rig.db.query<{ crm: string; erp: string }>(
      `select c.id as crm, e.id as erp from record c join record e on e.link = c.link and e.slot = 'erp/Partner' where c.slot = 'crm/Account'`,
    );
    const partnerOf = (account: string | undefined) => partners.find(({ crm }) => crm === account)?.erp ?? '';
    const [there = ''] = rig.contacts.erp.records.keys();
    expect(bodies(rig.contacts.erp)).toMatchObject([person(partnerOf(a))]);

    rig.contacts.crm.people.edit(id, { account_id: b ?? '' });
    rig.pass(2_000);
    await rig.settle();
    expect(bodies(rig.contacts.erp)).toMatchObject([person(partnerOf(b))]);

    rig.contacts.erp.people.edit(there, { partner: partnerOf(c) });
    rig.pass(2_000);
    await rig.settle();
    expect(bodies(rig.contacts.crm)).toMatchObject([{ account_id: c }]);

    rig.contacts.crm.people.edit(id, { account_id: a ?? '' });
    rig.contacts.erp.people.edit(there, { partner: partnerOf(b) });
    rig.pass(2_000);
    await rig.settle();
    expect(await parked(rig)).toMatchObject([{ mapping: 'contact', field: 'customer', code: 'CONFLICT' }]);
    expect(writesTo(rig, 'erp')).toBe(2);
    expect(writesTo(rig, 'crm')).toBe(1);
  });
});

test('rule 7: contacts of one name at two customers are two people, also where a page shows all at once', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    const accounts = ['Acme', 'Beta'].map((name) => rig.systems.crm.people.create({ name }));
    const partners = ['Acme', 'Beta'].map((name) => rig.systems.erp.people.create({ organization_name: name }));
    for (const account_id of accounts) rig.contacts.crm.people.create({ ...ADA, account_id });
    for (const partner of partners.toReversed()) rig.contacts.erp.people.create(person(partner));
    await rig.settle();
    expect(await parked(rig)).toEqual([]);
    const pairs = await rig.db.query<{ account: string; partner: string }>(
      `select c.id as account, e.id as partner from record c join record e on e.link = c.link and e.slot = 'erp/Person' where c.slot = 'crm/Contact'`,
    );
    expect(pairs).toHaveLength(2);
    for (const { account, partner } of pairs) {
      const at = accounts.indexOf(String(rig.contacts.crm.records.get(account)?.body['account_id']));
      expect(rig.contacts.erp.records.get(partner)?.body['partner']).toBe(partners[at]);
    }
    expect(writesTo(rig, 'erp') + writesTo(rig, 'crm')).toBe(0);
  });
});

test('rule 7: two contacts of one name at one customer ask a person until one of them moves away', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    const [a = '', b = ''] = ['Acme', 'Beta'].map((name) => rig.systems.crm.people.create({ name }));
    rig.contacts.crm.people.create({ ...ADA, account_id: a });
    const second = rig.contacts.crm.people.create({ ...ADA, account_id: a });
    await rig.settle();
    expect(await parked(rig)).toMatchObject([{ code: 'POSSIBLE_DUPLICATE' }, { code: 'POSSIBLE_DUPLICATE' }]);
    rig.contacts.crm.people.edit(second, { account_id: b });
    rig.pass(2_000);
    await rig.settle();
    expect(await parked(rig)).toEqual([]);
    expect(bodies(rig.contacts.erp)).toHaveLength(2);
  });
});

test('rule 7: a contact of a customer that is set aside says so by name, and goes on by itself when that is settled', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    const [first = '', twin = ''] = ['Acme', 'Acme'].map((name) => rig.systems.crm.people.create({ name }));
    rig.contacts.crm.people.create({ ...ADA, account_id: first });
    await rig.settle();
    expect(await parked(rig)).toMatchObject([
      {
        mapping: 'contact',
        field: 'customer',
        code: 'LINK_MISSING',
        message: expect.stringContaining(`Crm/Account ${first} is not linked: it is set aside (POSSIBLE_DUPLICATE).`),
      },
      { mapping: 'customer', code: 'POSSIBLE_DUPLICATE' },
      { mapping: 'customer', code: 'POSSIBLE_DUPLICATE' },
    ]);
    expect(bodies(rig.contacts.erp)).toEqual([]);
    rig.systems.crm.people.edit(twin, { name: 'Acme Two' });
    rig.pass(2_000);
    await rig.settle();
    expect(await parked(rig)).toEqual([]);
    expect(bodies(rig.contacts.erp)).toHaveLength(1);
  });
});

test('rule 7: a contact of a customer that nobody links, or that is not there, is parked and never sent alone', async () => {
  const compiled = linkedMappings({ include: 'include: { crm: { kind: [customer] } }' }).entries();
  await withRig({ compiled: new Map(compiled) }, async (rig) => {
    const other = rig.systems.crm.people.create({ name: 'Acme', kind: 'competitor' });
    rig.contacts.crm.people.create({ ...ADA, account_id: other });
    rig.contacts.crm.people.create({ name: 'Bob', email: 'bob@example.com', account_id: 'A999' });
    await rig.settle();
    const messages = (await parked(rig)).map((row) => String((row as { message: string }).message)).sort();
    expect(messages).toEqual([
      expect.stringContaining(`Crm/Account ${other} has no counterpart`),
      expect.stringContaining('There is no crm/Account A999 that we may see'),
    ]);
    expect(bodies(rig.contacts.erp)).toEqual([]);
    rig.systems.crm.people.edit(other, { kind: 'customer' });
    rig.pass(2_000);
    await rig.settle();
    expect(await parked(rig)).toHaveLength(1);
    expect(bodies(rig.contacts.erp)).toHaveLength(1);
  });
});

test('rule 7: where a reference is no must, the contact goes without it and gets it later', async () => {
  await withRig({ compiled: linkedMappings({ match: '[[email]]', required: false }) }, async (rig) => {
    const [first = '', twin = ''] = ['Acme', 'Acme'].map((name) => rig.systems.crm.people.create({ name }));
    rig.contacts.crm.people.create({ ...ADA, account_id: first });
    await rig.settle();
    expect(bodies(rig.contacts.erp)).toMatchObject([{ full_name: 'Ada' }]);
    expect((bodies(rig.contacts.erp)[0] as Record<string, unknown>)['partner'] ?? null).toBeNull();
    rig.systems.crm.people.edit(twin, { name: 'Acme Two' });
    rig.pass(2_000);
    await rig.settle();
    expect(await parked(rig)).toEqual([]);
    expect(bodies(rig.contacts.erp)).toMatchObject([{ partner: expect.stringMatching(/./) }]);
    expect(writesTo(rig, 'erp')).toBe(2);
  });
});

test('rule 7: records that refer to each other are created without the reference, then updated', async () => {
  await withRig({ compiled: linkedMappings({ parent: true }) }, async (rig) => {
    const { people } = rig.systems.crm;
    const a = people.create({ name: 'Acme' });
    const b = people.create({ name: 'Beta', parent_id: a });
    people.edit(a, { parent_id: b });
    const self = people.create({ name: 'Self' });
    people.edit(self, { parent_id: self });
    await rig.settle();
    const partnerOf = new Map(
      (
        await rig.db.query<{ crm: string; erp: string }>(
          `select c.id as crm, e.id as erp from record c join record e on e.link = c.link and e.slot = 'erp/Partner' where c.slot = 'crm/Account'`,
        )
      ).map(({ crm, erp }) => [crm, erp]),
    );
    const parents = Object.fromEntries(
      [...rig.systems.erp.records.values()].map(({ body }) => [String(body['organization_name']), body['parent']]),
    );
    expect(parents).toEqual({ Acme: partnerOf.get(b), Beta: partnerOf.get(a), Self: partnerOf.get(self) });
    expect(await rig.count('pending')).toBe(0);
    const writes = rig.systems.erp.commits.filter(({ actor }) => actor === 'tally').length;
    expect(writes).toBeGreaterThanOrEqual(3);
    rig.pass(60_000);
    await rig.settle();
    expect(rig.systems.erp.commits.filter(({ actor }) => actor === 'tally')).toHaveLength(writes);
  });
});

test('rule 1 and 7: when two halves of a customer are found to be one thing, so are those of its contacts', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    const [account = ''] = ['Acme', 'Acme'].map((name) => rig.systems.crm.people.create({ name }));
    const partner = rig.systems.erp.people.create({ organization_name: 'Acme' });
    rig.contacts.crm.people.create({ ...ADA, account_id: account });
    rig.contacts.erp.people.create(person(partner));
    await rig.settle();
    expect((await parked(rig)).filter((row) => (row as { mapping: string }).mapping === 'contact')).toMatchObject([
      { field: 'customer', code: 'LINK_MISSING' },
      { field: 'customer', code: 'LINK_MISSING' },
    ]);
    const [row] = await rig.db.query<{ id: string }>(
      `select p.id from parked p join record r on r.link = p.link where p.mapping = 'customer' and r.id = $1 and r.slot = 'crm/Account'`,
      [account],
    );
    const action = { action: 'link', with: { slot: 'erp/Partner', id: partner } } as const;
    await resolve(rig.db, { name: 'ada', mappings: null }, row?.id ?? '', action);
    await rig.settle();
    expect(await rig.count(`parked where mapping = 'contact'`)).toBe(0);
    const halves = `record where slot in ('crm/Contact', 'erp/Person') and active`;
    expect(await rig.count(halves)).toBe(2);
    expect(await rig.count(`(select distinct link from ${halves}) as l`)).toBe(1);
    expect(writesTo(rig, 'erp') + writesTo(rig, 'crm')).toBe(0);
  });
});

test('rule 7: a reference to a former half follows the customer to the half that was made anew', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    const account = rig.systems.crm.people.create({ name: 'Acme' });
    await rig.settle();
    const [old = ''] = rig.systems.erp.records.keys();
    rig.systems.erp.people.create({ organization_name: 'Control' });
    rig.systems.erp.people.remove(old);
    rig.pass(2_000);
    await rig.db.query(`update slot set pass_wanted = true`);
    await rig.settle();
    rig.pass(40_000);
    await rig.settle();
    rig.contacts.erp.people.create(person(old));
    rig.pass(2_000);
    await rig.settle();
    expect(await rig.db.query(`select code, message from parked where mapping = 'contact'`)).toMatchObject([
      { code: 'LINK_MISSING', message: expect.stringContaining(`Erp/Partner ${old} is gone`) },
    ]);
    const [row] = await rig.db.query<{ id: string }>(`select id from parked where mapping = 'customer'`);
    await resolve(rig.db, { name: 'ada', mappings: null }, row?.id ?? '', { action: 'create' });
    await rig.settle();
    expect(await rig.db.query(`select code from parked where mapping = 'contact'`)).toEqual([]);
    expect(bodies(rig.contacts.crm)).toMatchObject([{ name: 'Ada', account_id: account }]);
  });
});

test('rule 7: a create whose parent was linked while it was being planned is not forgotten', async () => {
  await withRig({ compiled: linkedMappings() }, async (rig) => {
    await rig.settle();
    rig.pass(2_000);
    const acme = rig.systems.crm.people.create({ name: 'Acme' });
    rig.contacts.crm.people.create({ ...ADA, account_id: acme });
    await rig.observe();
    rig.pass(2_000);
    await rig.observe();
    // Both planned at once: whichever comes first, the contact ends up due or created.
    await Promise.all([rig.round('contact'), rig.round('customer')]);
    await rig.round('contact');
    expect(bodies(rig.contacts.erp)).toHaveLength(1);
  });
});
