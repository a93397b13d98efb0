import { expect, test } from 'vitest';
import { USES_LIMIT, whereUsed } from '../../src/ledger/queries/where-used.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const compiled = compileMappings({
  'mappings/product.yaml': `mapping: product
revision: 1
summary: Products.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: organization_name, flow: crm <-> erp, conflict: crm wins, as: text, required: true }
`,
  'mappings/bill.yaml': `mapping: bill
revision: 1
summary: What products are made of.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
identity: { match_on: [[revision, product]], on_none: { to_erp: create, to_crm: create } }
fields:
  product: { crm: product_id, erp: product, flow: crm <-> erp, conflict: park, link: product, required: true }
  revision: { crm: revision, erp: revision, flow: crm <-> erp, conflict: park, as: text, required: true }
  valid from: { crm: valid_from, erp: valid_from, flow: crm <-> erp, conflict: park, as: date }
  valid to: { crm: valid_to, erp: valid_to, flow: crm <-> erp, conflict: park, as: date }
lines:
  components:
    crm: components
    erp: items
    key: line
    whole: true
    on_missing: { to_erp: delete, to_crm: delete }
    fields:
      line: { crm: line, erp: item, flow: crm <-> erp, conflict: park, as: text }
      component: { crm: product_id, erp: part, flow: crm <-> erp, conflict: crm wins, link: product, acyclic: product }
`,
}).mappings;

const settled = async (rig: Rig): Promise<void> => {
  rig.pass(2_000);
  await rig.settle();
};
const components = (...ids: readonly (string | undefined)[]) =>
  ids.map((id, i) => ({ line: String(i + 1), product_id: id ?? '' }));
const bills = (rig: Rig): readonly string[] =>
  [...rig.contacts.erp.records.values()]
    .map(({ body }) => {
      const name = (id: unknown) => rig.systems.erp.records.get(String(id))?.body['organization_name'];
      const items = (body['items'] ?? []) as readonly { readonly part: string }[];
      return `${name(body['product'])}/${String(body['revision'])}: ${items.map(({ part }) => name(part)).join(' ')}`;
    })
    .sort();

test('a product that would be part of itself, by whichever revision, is set aside whole with the products on the way', async () => {
  await withRig({ compiled }, async (rig) => {
    const [bike, frame, tube, nut] = ['Bike', 'Frame', 'Tube', 'Nut'].map((name) =>
      rig.systems.crm.people.create({ name }),
    );
    const bill = (product_id: string | undefined, revision: string, ...parts: readonly (string | undefined)[]) =>
      rig.contacts.crm.people.create({ product_id: product_id ?? '', revision, components: components(...parts) });
    bill(bike, 'A', frame);
    const framed = bill(frame, 'A', tube);
    const second = bill(bike, 'B', tube);
    await settled(rig);
    expect(bills(rig)).toEqual(['Bike/A: Frame', 'Bike/B: Tube', 'Frame/A: Tube']);

    bill(tube, 'A', bike);
    bill(bike, 'C', frame); // what stands in another revision already closes nothing
    await settled(rig);
    expect(await rig.db.query(`select mapping, field, code, message from parked`)).toEqual([
      {
        mapping: 'bill',
        field: 'components[1].component',
        code: 'REFERENCE_LOOP',
        message: expect.stringMatching(/^It would close a loop: Tube → Bike → Tube\. /),
      },
    ]);
    expect(bills(rig)).toEqual(['Bike/A: Frame', 'Bike/B: Tube', 'Bike/C: Frame', 'Frame/A: Tube']);

    // Taken out of one revision the tube is still in the frame, which is in the others.
    rig.contacts.crm.people.edit(second, { components: components(nut) });
    await settled(rig);
    const [still] = await rig.db.query<{ message: string }>(`select message from parked`);
    expect(still?.message).toMatch(/^It would close a loop: Tube → Bike → Frame → Tube\. /);

    rig.contacts.crm.people.edit(framed, { components: components(nut) });
    await settled(rig);
    expect(await rig.db.query(`select mapping, field, code, message from parked`)).toEqual([]);
    expect(await rig.count('edge where held')).toBe(0);
    expect(bills(rig)).toEqual(['Bike/A: Frame', 'Bike/B: Nut', 'Bike/C: Frame', 'Frame/A: Nut', 'Tube/A: Bike']);
    expect(await rig.count('pending')).toBe(0);
  });
});

test('where a part is used is told level by level, by every revision or by those in force on a day', async () => {
  await withRig({ compiled }, async (rig) => {
    const [bike = '', frame = '', tube = '', tram = ''] = ['Bike', 'Frame', 'Tube', 'Tram'].map((name) =>
      rig.systems.crm.people.create({ name }),
    );
    const bill = (product_id: string, revision: string, part: string, days: Readonly<Record<string, string>> = {}) =>
      rig.contacts.crm.people.create({ product_id, revision, components: components(part), ...days });
    bill(frame, 'A', tube, { valid_to: '2026-03-31' });
    bill(frame, 'B', tube, { valid_from: '2026-04-01' });
    bill(bike, 'A', frame, { valid_from: '2026-05-01' });
    bill(tram, 'A', tube);
    await settled(rig);
    // Asked for, and set aside: no use.
    bill(tube, 'A', bike);
    await settled(rig);
    const [row] = await rig.db.query<{ link: string }>(
      `select link from record where slot = 'crm/Account' and id = $1`,
      [tube],
    );
    const told = async (asked: { readonly levels?: number; readonly on?: string } = {}) => {
      const { uses, more } = await whereUsed(rig.db, row?.link ?? '', { levels: 50, mappings: ['bill'], ...asked });
      expect(more).toBe(false);
      return uses.map((use) => `${use.level} ${use.partLabel} in ${use.label}/${String(use.said['revision'])}`).sort();
    };
    expect(await told()).toEqual(['1 Tube in Frame/A', '1 Tube in Frame/B', '1 Tube in Tram/A', '2 Frame in Bike/A']);
    expect(await told({ levels: 1 })).toEqual(['1 Tube in Frame/A', '1 Tube in Frame/B', '1 Tube in Tram/A']);
    expect(await told({ on: '2026-03-31' })).toEqual(['1 Tube in Frame/A', '1 Tube in Tram/A']);
    expect(await told({ on: '2026-05-01' })).toEqual(['1 Tube in Frame/B', '1 Tube in Tram/A', '2 Frame in Bike/A']);
    const { uses } = await whereUsed(rig.db, row?.link ?? '', { levels: 1, mappings: ['bill'] });
    const use = uses.find(({ said }) => said['valid to'] === '2026-03-31');
    expect(use).toMatchObject({ field: 'components[1].component', line: { line: '1', component: tube } });
    expect((await whereUsed(rig.db, row?.link ?? '', { levels: 1, mappings: [] })).uses).toEqual([]);

    // More bills than are read at once, none of them in force: whether there are others nobody can say.
    await rig.db.query(
      `with copied as (insert into edge (mapping, link, name, field, source, target, held)
         select e.mapping, gen_random_uuid(), e.name, e.field, e.source, e.target, false from edge e join baseline b using (link), generate_series(1, $1::int)
         where e.link = $2 returning link)
       insert into baseline (mapping, link, body, at) select b.mapping, copied.link, b.body, b.at from copied, baseline b where b.link = $2`,
      [USES_LIMIT, use?.holder],
    );
    expect(await whereUsed(rig.db, row?.link ?? '', { levels: 1, mappings: ['bill'], on: '2027-01-01' })).toMatchObject(
      {
        more: true,
      },
    );
  });
});
