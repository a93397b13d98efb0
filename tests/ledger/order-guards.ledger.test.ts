import { expect, test, vi } from 'vitest';
import { anOrder, eventsOf, line, orderMappings, rowOf, type Shop, says, withOrders } from './orders.ts';
import type { Rig } from './rig.ts';

const inErp = ({ inErp: all }: Shop, number = 'O1') => all(number)[0]?.body;
const dear = (total: number) => ({ total, items: [line('10', total)] });
const parked = async ({ db }: Rig) =>
  (await db.query<{ code: string }>(`select code from parked order by code, field`)).map(({ code }) => code);

/** A second customer, and its id in the CRM. */
const another = async (rig: Rig, name: string, credit: number): Promise<string> => {
  rig.systems.erp.people.create({ name, credit });
  await rig.settle();
  return [...rig.systems.crm.records.values()].find(({ body }) => body['name'] === name)?.id ?? '';
};

test('an order that its gate cannot judge says nothing to the ERP, and is judged once the reference leads somewhere', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500));
    await shop.edit(id, { account: 'A999', ...dear(9_000) });
    expect(inErp(shop)).toMatchObject({ total: 500, items: [{ net: 500 }] });
    expect(await parked(rig)).toEqual(['LINK_MISSING']);
    const rich = await another(rig, 'Rich', 50_000);
    await shop.edit(id, { account: rich });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'team lead' });
    expect(inErp(shop)).toMatchObject({ total: 500 });
    await says(rig, id, 'approved', ['board']);
    await rig.settle();
    expect(inErp(shop)).toMatchObject({ total: 9_000 });
    expect(await parked(rig)).toEqual([]);
  }));

test('an order whose optional reference leads nowhere is not created before its gate could read it', () =>
  withOrders(
    async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 9_000, { account: 'A999' }));
      expect(shop.inErp('O1')).toEqual([]);
      expect(await parked(rig)).toEqual(['LINK_MISSING']);
      expect(shop.inCrm(id)).toMatchObject({ sync_state: 'parked' });
      await shop.edit(id, { account: 'A001' });
      expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'team lead' });
      expect(shop.inErp('O1')).toEqual([]);
    },
    undefined,
    orderMappings([', link: customer, required: to_erp', ', link: customer']),
  ));

test('a cancellation crosses alone: a change beside it that had to be approved goes back', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500));
    await shop.edit(id, { status: 'cancelled', ...dear(9_000) });
    await rig.settle();
    expect(inErp(shop)).toMatchObject({ status: 'x', total: 500, items: [{ net: 500 }] });
    expect(shop.inCrm(id)).toMatchObject({ status: 'cancelled', total: 500, items: [{ net: 500 }] });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'cancelled', ended: true });
    expect(await parked(rig)).toEqual([]);
  }));

test('a cancellation with a new line crosses without it, and with a change that needs nobody whole', () =>
  withOrders(
    async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 500));
      const more = [line('10', 500), line('20', 8_500)];
      rig.contacts.crm.people.edit(id, { status: 'cancelled', total: 9_000, items: more });
      for (let round = 0; round < 4; round += 1) {
        rig.pass(1_500);
        await rig.observe();
        await rig.round('order');
      }
      expect(inErp(shop)).toMatchObject({ status: 'x', total: 500, items: [{ no: '10', net: 500 }] });
      const other = await shop.raise(anOrder('O2', 500));
      await shop.edit(other, { status: 'cancelled', ...dear(600) });
      expect(inErp(shop, 'O2')).toMatchObject({ status: 'x', total: 600 });
    },
    undefined,
    orderMappings(['    key: no\n', '    key: no\n    whole: true\n']),
  ));

test('a cancellation that is taken back carries no change past approval', () =>
  withOrders(
    async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 500));
      await shop.edit(id, { status: 'cancelled', ...dear(9_000) });
      await shop.edit(id, { status: 'submitted' });
      await rig.settle();
      expect(inErp(shop)).toMatchObject({ status: 'o', total: 500 });
      await shop.edit(id, dear(9_000));
      expect(inErp(shop)).toMatchObject({ total: 500 });
      expect(await rowOf(rig, id)).toMatchObject({ step: 'approval' });
    },
    undefined,
    orderMappings(['erp: { status: [x] }, change: refuse', 'erp: { status: [x] }, change: free']),
  ));

test('a change that the gate reads is judged, also where no approval covers it', () =>
  withOrders(async (rig, shop) => {
    const poor = await another(rig, 'Poor', 1);
    const id = await shop.raise(anOrder('O1', 500));
    const partner = inErp(shop)?.['partner'];
    await shop.edit(id, { account: poor });
    expect(inErp(shop)?.['partner']).toBe(partner);
    expect(shop.inCrm(id)).toMatchObject({
      sync_state: 'parked',
      sync_reason: 'The customer has not enough credit (total 500 is 499 above credit 1)',
    });
    await shop.edit(id, { account: 'A001' });
    expect(await parked(rig)).toEqual([]);
  }));

test('a change that a condition of a level reads is judged, also where no approval covers it', () =>
  withOrders(
    async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 500, { wish: '1' }));
      expect(inErp(shop)).toMatchObject({ wish: '1' });
      await shop.edit(id, { wish: '5001' });
      expect(inErp(shop)).toMatchObject({ wish: '1' });
      expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'board' });
      await says(rig, id, 'approved');
      await rig.settle();
      expect(inErp(shop)).toMatchObject({ wish: '5001' });
    },
    undefined,
    orderMappings(['above: total, value: 5000', 'above: wish, value: 5000']),
  ));

test('an order that is deleted in the CRM while somebody is asked about it has ended, and its workflow with it', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 2_000));
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', ended: false });
    rig.contacts.crm.people.remove(id);
    await rig.settle();
    expect(await rowOf(rig, id)).toMatchObject({ step: 'withdrawn', waits_for: '', ended: true });
    expect(await rig.pipeline.order({ mapping: 'order', record: id })).toMatchObject({ ended: true });
    await expect(says(rig, id, 'approved')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  }));

test('an order that leaves what the mapping keeps has ended, before it crosses and after', () =>
  withOrders(
    async (rig, shop) => {
      const alone = await shop.raise(anOrder('O1', 2_000, { wish: 'ours' }));
      const pair = await shop.raise(anOrder('O2', 500, { wish: 'ours' }));
      await shop.edit(alone, { wish: 'theirs' });
      await shop.edit(pair, { wish: 'theirs' });
      expect(await rowOf(rig, alone)).toMatchObject({ step: 'withdrawn', ended: true });
      expect(await rowOf(rig, pair)).toMatchObject({ step: 'withdrawn', ended: true });
      await shop.edit(alone, { wish: 'ours' });
      expect(await rowOf(rig, alone)).toMatchObject({ step: 'approval', waits_for: 'team lead', ended: false });
    },
    undefined,
    orderMappings(['identity:', 'include: { crm: { wish: [ours] } }\nidentity:'], ['to_crm: create', 'to_crm: ignore']),
  ));

test('an order with nothing due is left alone for a day; one that something becomes due for is told', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500));
    expect(await rig.pipeline.order({ mapping: 'order', record: id })).toMatchObject({
      ended: false,
      waitMs: 86_400_000,
    });
    rig.contacts.erp.people.edit('P001', { status: 'c' });
    rig.pass(1_500);
    await rig.observe();
    const plan = vi.spyOn(rig.pipeline, 'plan');
    await rig.round('order');
    expect(await plan.mock.results[0]?.value).toMatchObject({ orders: [{ mapping: 'order', record: id }] });
  }));

test('a level that decides in the ERP is not escalated to while the order is not there', () =>
  withOrders(
    async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 2_000));
      rig.pass(12 * 3_600_000);
      expect((await rig.pipeline.order({ mapping: 'order', record: id })).nudge).toEqual([]);
      await rig.settle();
      expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'team lead' });
      expect((await eventsOf(rig, id)).at(-1)).toBe('overdue approval');
    },
    undefined,
    orderMappings(['due: 2 d', 'due: 2 d\n        where: { erp: release, approved: [yes], refused: [no] }']),
  ));
