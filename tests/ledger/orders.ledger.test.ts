import { expect, test } from 'vitest';
import { mappingStatus } from '../../src/ledger/queries/status.ts';
import { anOrder, eventsOf, line, rowOf, says, withOrders } from './orders.ts';

test('an order that needs nobody crosses at once, and its row says where it is', () =>
  withOrders(async (rig, { raise, inErp, inCrm }) => {
    const id = await raise(anOrder('O1', 500));
    expect(inErp('O1')).toHaveLength(1);
    expect(await rowOf(rig, id)).toMatchObject({ step: 'open', waits_for: '', ended: false });
    expect(await eventsOf(rig, id)).toEqual(['raised crossing', 'step open']);
    expect(inCrm(id)).toMatchObject({ sync_state: 'in agreement' });
    expect(await rig.count('pending')).toBe(0);
  }));

test('an order that a level must approve waits, says so in the CRM, and crosses once when it is approved', () =>
  withOrders(async (rig, { raise, inErp, inCrm }) => {
    const id = await raise(anOrder('O1', 2_000));
    expect(inErp('O1')).toEqual([]);
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'team lead' });
    expect(inCrm(id)).toMatchObject({
      sync_state: 'waiting',
      sync_reason: 'It waits for approval by team lead.',
    });
    expect(await rig.count(`pending where reason = 'APPROVAL'`)).toBe(1);
    const mappings = await mappingStatus(rig.db, new Date(Date.parse(await rig.capture.now())));
    expect(mappings.find(({ name }) => name === 'order')).toMatchObject({ waiting: { APPROVAL: 1 }, lagMs: null });
    await says(rig, id, 'approved', ['team lead']);
    await rig.settle();
    expect(inErp('O1')).toHaveLength(1);
    expect(await eventsOf(rig, id)).toEqual([
      'raised approval: waits for team lead',
      'approved approval: team lead',
      'step crossing',
      'step open',
    ]);
    expect(inCrm(id)).toMatchObject({ sync_state: 'in agreement', sync_reason: null });
    await expect(says(rig, id, 'approved')).rejects.toMatchObject({ code: 'ALREADY_DECIDED' });
  }));

test('an order that needs two levels asks one after the other; a higher word stands for the lower', () =>
  withOrders(async (rig, { raise, inErp }) => {
    const first = await raise(anOrder('O1', 6_000));
    await says(rig, first, 'approved', ['team lead']);
    await rig.settle();
    expect(await rowOf(rig, first)).toMatchObject({ step: 'approval', waits_for: 'board' });
    await expect(says(rig, first, 'approved', ['team lead'])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await says(rig, first, 'approved', ['board']);
    await rig.settle();
    expect(inErp('O1')).toHaveLength(1);
    const second = await raise(anOrder('O2', 6_000));
    await says(rig, second, 'approved', ['board']);
    await rig.settle();
    expect(inErp('O2')).toHaveLength(1);
  }));

test('what was approved is what crosses: an order changed meanwhile is asked about anew, and an outdated word is refused', () =>
  withOrders(async (rig, { raise, edit, inErp }) => {
    const id = await raise(anOrder('O1', 2_000));
    const seen = (await rowOf(rig, id))?.content;
    await says(rig, id, 'approved');
    await edit(id, { total: 3_000, items: [line('10', 3_000)] });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval' });
    expect((await rowOf(rig, id))?.content).not.toBe(seen);
    expect(inErp('O1')).toEqual([]);
  }));

test('a refusal sets the order aside with the reason, and a changed order is asked about anew', () =>
  withOrders(async (rig, { raise, edit, inCrm, inErp }) => {
    const id = await raise(anOrder('O1', 2_000));
    await says(rig, id, 'refused', null, 'too much for them');
    await rig.settle();
    expect(inCrm(id)).toMatchObject({ sync_state: 'parked', sync_reason: 'ada refused it: too much for them.' });
    expect(await rig.count(`parked where code = 'APPROVAL_REFUSED'`)).toBe(1);
    await edit(id, { total: 900, items: [line('10', 900)] });
    expect(inErp('O1')).toHaveLength(1);
    expect(await rig.count('parked')).toBe(0);
  }));

test('a level that is overdue is passed over: the next one is asked, too, once', () =>
  withOrders(async (rig, { raise, inCrm }) => {
    const id = await raise(anOrder('O1', 2_000));
    const name = { mapping: 'order', record: id };
    const early = await rig.pipeline.order(name);
    expect(early.ended).toBe(false);
    expect(early.waitMs).toBeGreaterThan(0);
    rig.pass(12 * 3_600_000);
    expect((await rig.pipeline.order(name)).nudge).toEqual(['order']);
    await rig.settle();
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'board' });
    expect(inCrm(id)).toMatchObject({ sync_reason: 'It waits for approval by board.' });
    await rig.pipeline.order(name);
    expect((await eventsOf(rig, id)).filter((each) => each.startsWith('escalated'))).toHaveLength(1);
    rig.pass(3 * 86_400_000);
    await rig.pipeline.order(name);
    expect((await eventsOf(rig, id)).at(-1)).toBe('overdue approval');
    await says(rig, id, 'approved', ['team lead']);
  }));

test('the gate names what is wrong, and the order goes on by itself once the customer has more credit', () =>
  withOrders(async (rig, { raise, inCrm, inErp }) => {
    const id = await raise(anOrder('O1', 12_000));
    expect(inErp('O1')).toEqual([]);
    expect(inCrm(id)).toMatchObject({
      sync_state: 'parked',
      sync_reason: 'The customer has not enough credit (total 12000 is 2000 above credit 10000)',
    });
    expect(await rowOf(rig, id)).toMatchObject({ step: 'gate' });
    rig.systems.erp.people.edit('P001', { credit: 20_000 });
    await rig.settle();
    expect(await rowOf(rig, id)).toMatchObject({ step: 'approval', waits_for: 'team lead' });
    expect(await rig.count('parked')).toBe(0);
  }));

test.each([
  ['no lines', { items: [], total: null }, 'An order needs a number and lines (order lines)'],
  ['a wild price', { items: [{ no: '10', price: 40, list: 100, net: 500 }] }, /^The price is beyond reason \(line 10/],
])('an order with %s does not pass the gate', (_, change, said) =>
  withOrders(async (rig, { raise, inErp }) => {
    const id = await raise(anOrder('O1', 500, change));
    expect(inErp('O1')).toEqual([]);
    const row = await rowOf(rig, id);
    expect(row?.step).toBe('gate');
    expect(row?.said).toMatch(said);
  }),
);

test('an order whose total is not the sum of its lines is set aside with the difference, to the last digit', () =>
  withOrders(async (rig, { raise, edit, inErp, inCrm }) => {
    const id = await raise(anOrder('O1', 500, { items: [line('10', 0.1), line('20', 0.2)] }));
    expect(inErp('O1')).toEqual([]);
    expect(inCrm(id)['sync_reason']).toBe(
      'In the CRM total is 500, and net of order lines adds up to 0.3: a difference of 499.7.',
    );
    expect(await rig.count(`parked where code = 'TOTALS_DIFFER'`)).toBe(1);
    await edit(id, { total: 0.3 });
    expect(inErp('O1')).toHaveLength(1);
  }));

test('a draft stays in the CRM, and one that is cancelled before it crosses never does', () =>
  withOrders(async (rig, { raise, edit, inErp }) => {
    const draft = await raise(anOrder('O1', 500, { status: 'cancelled' }));
    expect(await rowOf(rig, draft)).toBeUndefined();
    const id = await raise(anOrder('O2', 2_000));
    await edit(id, { status: 'cancelled' });
    expect([...inErp('O1'), ...inErp('O2')]).toEqual([]);
    expect(await rowOf(rig, id)).toMatchObject({ step: 'cancelled', ended: true });
    expect(await rig.pipeline.order({ mapping: 'order', record: id })).toMatchObject({ ended: true });
    expect(await rig.count('pending')).toBe(0);
  }));
