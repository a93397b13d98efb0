/** Quotes that are judged by what their products cost in the ERP, line by line. */
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { compiledOf } from '../mapping/kit.ts';
import { eventsOf, rowOf } from './orders.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const MARGIN = 'margin: net, of: quote lines, per: quantity, cost: { link: product, field: cost }';
const FILES = {
  'mappings/product.yaml': `mapping: product
revision: 1
summary: Products.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: name, flow: crm <-> erp, as: text, conflict: crm wins }
  cost: { crm: cost, erp: cost, flow: crm <- erp, as: decimal, empty: clear }
`,
  'mappings/quote.yaml': `mapping: quote
revision: 1
summary: Quotes.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
identity: { match_on: [[number]], on_none: { to_erp: create, to_crm: create } }
fields:
  number: { crm: number, erp: number, flow: crm <-> erp, as: text, conflict: crm wins }
  total: { crm: total, erp: total, flow: crm -> erp, as: decimal }
  status: { crm: status, erp: status, flow: crm <-> erp, as: text, conflict: erp wins }
  order: { crm: order, erp: order, flow: crm <- erp, as: text }
lines:
  quote lines:
    crm: items
    erp: items
    key: no
    whole: true
    on_missing: { to_erp: delete, to_crm: delete }
    fields:
      no: { crm: no, erp: no, flow: crm <-> erp, as: text, conflict: park }
      product: { crm: product, erp: product, flow: crm -> erp, link: product, required: true }
      quantity: { crm: quantity, erp: quantity, flow: crm -> erp, as: decimal }
      net: { crm: net, erp: net, flow: crm -> erp, as: decimal }
totals: [{ field: total, lines: quote lines, of: net }]
process:
  starts: { status: [review, accepted] }
  gate:
    - { ${MARGIN}, at_least: 0, say: It would be sold below what it costs }
  approval:
    covers: [total, quote lines]
    levels: [{ level: sales lead, when: [{ ${MARGIN}, at_least: 20 }] }]
  cancelled: { status: [rejected] }
  states:
    - { state: offered, crm: { status: [review] }, erp: { status: [review] } }
    - { state: ordered, crm: { status: [accepted] }, erp: { status: [accepted] }, change: refuse, cancel: refuse, ends: true }
    - { state: rejected, crm: { status: [rejected] }, erp: { status: [rejected] }, ends: true }
    - { state: expired, crm: { status: [expired] }, erp: { status: [expired] }, ends: true }
feedback: { crm: { state: sync_state, reason: sync_reason } }
`,
};

/** Two products whose costs the ERP says, 80 and nothing yet. */
const withQuotes = (work: (rig: Rig, ids: { readonly known: string; readonly unknown: string }) => Promise<void>) =>
  withRig({ compiled: compiledOf(FILES) }, async (rig) => {
    rig.systems.erp.people.create({ name: 'Pump', cost: 80 });
    rig.systems.erp.people.create({ name: 'Valve', cost: null });
    await rig.settle();
    const idOf = (name: string): string =>
      [...rig.systems.crm.records.values()].find(({ body }) => body['name'] === name)?.id ?? '';
    await work(rig, { known: idOf('Pump'), unknown: idOf('Valve') });
  });

const line = (no: string, product: string, net: number): JsonObject => ({ no, product, quantity: 1, net });
const quote = (number: string, items: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  ...{ number, status: 'review', items, total: items.reduce((sum, { net }) => sum + Number(net), 0) },
  ...more,
});
const raise = async (rig: Rig, body: JsonObject): Promise<string> => {
  const id = rig.contacts.crm.people.create(body);
  await rig.settle();
  return id;
};
const edit = async (rig: Rig, id: string, values: JsonObject): Promise<void> => {
  rig.contacts.crm.people.edit(id, values);
  await rig.settle();
};
const inCrm = (rig: Rig, id: string): JsonObject => rig.contacts.crm.records.get(id)?.body ?? {};
const inErp = (rig: Rig, number: string) =>
  [...rig.contacts.erp.records.values()].filter(({ body }) => body['number'] === number);
const product = (rig: Rig, name: string): string =>
  [...rig.systems.erp.records.values()].find(({ body }) => body['name'] === name)?.id ?? '';

test('a quote that leaves enough over the cost of each line crosses at once', () =>
  withQuotes(async (rig, { known }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 100), line('20', known, 120)]));
    expect(inErp(rig, 'Q1')).toHaveLength(1);
    expect(await rowOf(rig, id)).toMatchObject({ step: 'offered' });
  }));

test('a quote below cost stays in the CRM with the line and the sum, and crosses by itself when it is corrected', () =>
  withQuotes(async (rig, { known }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 100), line('20', known, 79)]));
    expect(inErp(rig, 'Q1')).toEqual([]);
    expect(inCrm(rig, id)).toMatchObject({
      sync_state: 'parked',
      sync_reason: expect.stringContaining('sold below what it costs (line 20: net 79 is 1 below its cost 80)'),
    });
    await edit(rig, id, { items: [line('10', known, 100), line('20', known, 100)], total: 200 });
    expect(inErp(rig, 'Q1')).toHaveLength(1);
  }));

test('a quote whose cost is not known waits for the ERP to say it, and nobody need touch it then', () =>
  withQuotes(async (rig, { known, unknown }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 100), line('20', unknown, 100)]));
    expect(inErp(rig, 'Q1')).toEqual([]);
    expect(inCrm(rig, id)['sync_reason']).toContain('line 20: cost is not known');
    rig.systems.erp.people.edit(product(rig, 'Valve'), { cost: 50 });
    await rig.settle();
    expect(inErp(rig, 'Q1')).toHaveLength(1);
    expect(await rowOf(rig, id)).toMatchObject({ step: 'offered', said: '' });
  }));

test('a quote that leaves little is put to its level, with the line that is to blame', () =>
  withQuotes(async (rig, { known }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 90)]));
    expect(inErp(rig, 'Q1')).toEqual([]);
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'sales lead' });
    expect(inCrm(rig, id)).toMatchObject({
      sync_state: 'waiting',
      sync_reason: 'It waits for approval by sales lead: line 10: of net 90 the cost 80 leaves less than 20 %.',
    });
    expect(await eventsOf(rig, id)).toEqual(['raised approval: waits for sales lead']);
  }));

test('a quote that has crossed is judged anew when its prices change, and an acceptance beside them waits with them', () =>
  withQuotes(async (rig, { known }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 100)]));
    await edit(rig, id, { items: [line('10', known, 70)], total: 70, status: 'accepted' });
    expect(inErp(rig, 'Q1')[0]?.body).toMatchObject({ status: 'review', items: [{ net: 100 }] });
    expect(inCrm(rig, id)['sync_reason']).toContain('line 10: net 70 is 10 below its cost 80');
    await edit(rig, id, { items: [line('10', known, 100)], total: 100 });
    expect(inErp(rig, 'Q1')).toMatchObject([{ body: { status: 'accepted', items: [{ net: 100 }] } }]);
  }));

test('what the ERP makes of an accepted quote stands at the quote, and telling it again changes nothing', () =>
  withQuotes(async (rig, { known }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 100)]));
    await edit(rig, id, { status: 'accepted' });
    const [there] = inErp(rig, 'Q1');
    rig.contacts.erp.people.edit(there?.id ?? '', { order: '7001' });
    await rig.settle();
    expect(inCrm(rig, id)).toMatchObject({ order: '7001', status: 'accepted', sync_state: 'in agreement' });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'ordered', ended: true });
    await edit(rig, id, { status: 'review' });
    expect(inErp(rig, 'Q1')[0]?.body).toMatchObject({ status: 'accepted' });
    expect(inCrm(rig, id)).toMatchObject({ status: 'accepted' });
  }));

test('what is refused of a quote is said of a quote', () =>
  withQuotes(async (rig, { known }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 100)]));
    await edit(rig, id, { status: 'accepted' });
    await edit(rig, id, { number: 'Q2' });
    expect(inCrm(rig, id)).toMatchObject({
      ...{ number: 'Q1', sync_state: 'in agreement' },
      sync_reason: 'A quote that is ordered cannot be changed any more.',
    });
  }));

test.each([
  ['untouched', {}],
  ['accepted at the same time', { status: 'accepted' }],
])('a quote that expires in the ERP is expired in the CRM, %s there', (_, meanwhile: JsonObject) =>
  withQuotes(async (rig, { known }) => {
    const id = await raise(rig, quote('Q1', [line('10', known, 100)]));
    rig.contacts.erp.people.edit(inErp(rig, 'Q1')[0]?.id ?? '', { status: 'expired' });
    rig.contacts.crm.people.edit(id, meanwhile);
    await rig.settle();
    expect([inCrm(rig, id)['status'], inErp(rig, 'Q1')[0]?.body['status']]).toEqual(['expired', 'expired']);
    expect(inCrm(rig, id)).toMatchObject({ sync_state: 'in agreement' });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'expired', ended: true });
    expect(await rig.count('parked')).toBe(0);
    await edit(rig, id, { status: 'review' });
    expect(inErp(rig, 'Q1')[0]?.body).toMatchObject({ status: 'review' });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'offered', ended: false });
  }),
);
