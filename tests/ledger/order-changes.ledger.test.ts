import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { anOrder, eventsOf, rowOf, type Shop, says, withOrders } from './orders.ts';

/** An ERP that takes no change of an order on its way out, and no cancellation once it is confirmed and urgent. */
const refuses = (body: JsonObject): string | undefined => {
  if (body['note'] === 'not like this') return 'The order is in picking';
  if (body['status'] === 'x' && body['wish'] === 'urgent') return 'It is on its way';
  return undefined;
};

/** The allowed pairs, once more as a person would write them. */
const PAIRS: Readonly<Record<string, string>> = {
  submitted: 'o',
  confirmed: 'c',
  shipped: 's',
  closed: 'z',
  cancelled: 'x',
};
const pairOf = ({ inCrm, inErp }: Shop, id: string): readonly unknown[] => {
  const [order] = inErp('O1');
  return [inCrm(id)['status'], order?.body['status'] ?? null];
};
const expectAllowed = ([crm, erp]: readonly unknown[]): void => {
  expect(erp).toBe(PAIRS[String(crm)]);
};

/** What the CRM proposes in each state, whether the ERP will hear of it, and where both sides then stand. */
const CANCELS: readonly (readonly [state: string, erp: string, wish: string, ends: string, said: string | null])[] = [
  ['open', 'o', 'soon', 'cancelled', null],
  ['confirmed', 'c', 'soon', 'cancelled', null],
  ['confirmed, and the ERP says no', 'c', 'urgent', 'confirmed', 'It is on its way'],
  ['shipped', 's', 'soon', 'shipped', 'An order that is shipped cannot be cancelled any more.'],
  ['closed', 'z', 'soon', 'closed', 'An order that is closed cannot be cancelled any more.'],
];
test.each(CANCELS)('an order that is cancelled while it is %s ends in an allowed pair', (_, erp, wish, ends, said) =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500, { wish }));
    if (erp !== 'o') await shop.advance('O1', { status: erp });
    await shop.edit(id, { status: 'cancelled' });
    await rig.settle();
    expect(pairOf(shop, id)[0]).toBe(ends);
    expectAllowed(pairOf(shop, id));
    const { sync_state: state, sync_reason: reason = null } = shop.inCrm(id);
    expect([state, reason]).toEqual(['in agreement', said]);
    expect(await rig.count('parked')).toBe(0);
    expect(await rowOf(rig, id)).toMatchObject({ step: ends === 'cancelled' ? 'cancelled' : ends });
    const rest = shop.inCrm(id);
    await rig.db.query('update slot set pass_wanted = true');
    await rig.settle();
    expect(shop.inCrm(id)).toEqual(rest);
  }, refuses),
);

const CHANGES: readonly (readonly [state: string, erp: string, note: string, stands: string, said: string | null])[] = [
  ['open', 'o', 'leave at the door', 'leave at the door', null],
  ['confirmed', 'c', 'leave at the door', 'leave at the door', null],
  ['confirmed, and the ERP says no', 'c', 'not like this', 'ring twice', 'The order is in picking'],
  ['shipped', 's', 'leave at the door', 'ring twice', 'An order that is shipped cannot be changed any more.'],
  ['closed', 'z', 'leave at the door', 'ring twice', 'An order that is closed cannot be changed any more.'],
];
test.each(CHANGES)(
  'an order that is changed while it is %s ends the same on both sides',
  (_, erp, note, stands, said) =>
    withOrders(async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 500, { note: 'ring twice' }));
      if (erp !== 'o') await shop.advance('O1', { status: erp });
      await shop.edit(id, { note });
      await rig.settle();
      expect([shop.inCrm(id)['note'], shop.inErp('O1')[0]?.body['note']]).toEqual([stands, stands]);
      expectAllowed(pairOf(shop, id));
      const { sync_state: state, sync_reason: reason = null } = shop.inCrm(id);
      expect([state, reason]).toEqual(['in agreement', said]);
      expect(await rig.count('parked')).toBe(0);
    }, refuses),
);

test('a column that only the CRM fills goes back, too, and the refusal stands until the CRM says something new', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500, { wish: 'soon' }));
    await shop.advance('O1', { status: 's' });
    await shop.edit(id, { wish: 'sooner' });
    expect([shop.inCrm(id)['wish'], shop.inErp('O1')[0]?.body['wish']]).toEqual(['soon', 'soon']);
    expect((await eventsOf(rig, id)).at(-1)).toBe('step shipped: An order that is shipped cannot be changed any more.');
    await shop.advance('O1', { status: 'c', note: 'thank you' });
    expect(shop.inCrm(id)).toMatchObject({ note: 'thank you' });
    await shop.edit(id, { wish: 'tomorrow' });
    expect(shop.inErp('O1')[0]?.body).toMatchObject({ wish: 'tomorrow' });
    expect(shop.inCrm(id)).toMatchObject({ sync_reason: null });
  }));

test('a change of what was approved is approved again before it crosses; what the ERP says goes on meanwhile', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500));
    await shop.edit(id, { total: 2_000, items: [{ no: '10', price: 2_000, list: 2_000, net: 2_000 }] });
    expect(shop.inErp('O1')[0]?.body).toMatchObject({ total: 500 });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'team lead' });
    expect(shop.inCrm(id)).toMatchObject({ sync_state: 'waiting' });
    await shop.advance('O1', { note: 'packed' });
    expect(shop.inCrm(id)).toMatchObject({ note: 'packed', total: 2_000 });
    await says(rig, id, 'approved');
    await rig.settle();
    expect(shop.inErp('O1')[0]?.body).toMatchObject({ total: 2_000 });
    expect(shop.inCrm(id)).toMatchObject({ sync_state: 'in agreement' });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'open' });
  }));

test('an order that is cancelled while it waits for a second approval is cancelled without one', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500));
    await shop.edit(id, { total: 2_000, items: [{ no: '10', price: 2_000, list: 2_000, net: 2_000 }] });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval' });
    await shop.edit(id, { status: 'cancelled' });
    await rig.settle();
    expectAllowed(pairOf(shop, id));
    expect(pairOf(shop, id)[0]).toBe('cancelled');
  }));

test('an order that the ERP raised flows to the CRM, and has a row but nobody to ask', () =>
  withOrders(async (rig, shop) => {
    rig.contacts.erp.people.create({
      number: 'E1',
      partner: 'P001',
      total: 9_000,
      status: 'c',
      items: [{ no: '10', price: 9_000, list: 9_000, net: 9_000 }],
    });
    await rig.settle();
    const [id] = [...rig.contacts.crm.records.keys()];
    expect(shop.inCrm(id ?? '')).toMatchObject({ number: 'E1', total: 9_000, status: 'confirmed' });
    expect(await rowOf(rig, id ?? '')).toMatchObject({ step: 'confirmed', waits_for: '' });
  }));

test('a pair at rest that the table does not allow is set aside, and goes on once it is mended', () =>
  withOrders(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500, { status: 'submitted' }));
    await shop.advance('O1', { status: 'c' });
    rig.contacts.crm.people.edit(id, { status: null });
    rig.contacts.erp.people.edit('P001', { status: null });
    await rig.settle();
    expect(await rig.count(`parked where code = 'ORDER_STATE'`)).toBe(1);
    await shop.advance('O1', { status: 'c' });
    expect(await rig.count('parked')).toBe(0);
    expectAllowed(pairOf(shop, id));
  }));
