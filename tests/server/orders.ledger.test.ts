import { expect, test } from 'vitest';
import { OrderList, OrderView } from '../../src/server/replies-orders.ts';
import { anOrder, line, rowOf, withOrders } from '../ledger/orders.ts';
import { ordersApi as api } from './orders.ts';

test('an approver sees what is put to his levels, says yes once, and sees afterwards what he decided', () =>
  withOrders(async (rig, { raise }) => {
    const small = await raise(anOrder('O1', 500));
    const large = await raise(anOrder('O2', 6_000));
    const { ask, approver, nudged } = await api(rig);
    await approver('lea', ['team lead']);
    await approver('bo', ['board']);
    await approver('nobody', ['somebody else']);
    const list = await ask('lea', 'GET', '/orders');
    expect(OrderList.parse(list.json).orders).toMatchObject([{ crm: large, step: 'approval', waitsFor: 'team lead' }]);
    expect((await ask('nobody', 'GET', '/orders')).json.orders).toEqual([]);
    expect((await ask('nobody', 'GET', `/orders/${large}`)).status).toBe(404);
    expect((await ask('lea', 'GET', `/orders/${small}`)).status).toBe(404);
    const { json } = await ask('lea', 'GET', `/orders/${large}`);
    expect(OrderView.parse(json)).toMatchObject({
      shown: { total: '6000', 'order lines': [{ no: '10', net: '6000' }] },
      levels: [
        { level: 'team lead', where: 'here' },
        { level: 'board', where: 'here' },
      ],
      steps: [{ step: 'approval', until: null }],
    });
    const stale = await ask('lea', 'POST', `/orders/${large}/approve`, { content: 'what I saw yesterday' });
    expect([stale.status, stale.json.code]).toEqual([409, 'DECISION_OUTDATED']);
    const said = await ask('lea', 'POST', `/orders/${large}/approve`, { content: json.content });
    expect([said.status, said.json]).toEqual([200, { id: json.id, level: 'team lead', decision: 'approved' }]);
    expect(nudged).toEqual(['order']);
    await rig.settle();
    expect(await rowOf(rig, large)).toMatchObject({ waits_for: 'board' });
    const other = await ask('lea', 'POST', `/orders/${large}/approve`, { content: json.content });
    expect([other.status, other.json.code]).toEqual([403, 'FORBIDDEN']);
    await ask('bo', 'POST', `/orders/${large}/approve`, { content: json.content, reason: 'go' });
    await rig.settle();
    const late = await ask('bo', 'POST', `/orders/${large}/refuse`, { content: json.content });
    expect([late.status, late.json.code]).toEqual([409, 'ALREADY_DECIDED']);
    expect((await ask('lea', 'GET', `/orders/${large}`)).json.approvals).toMatchObject([
      { level: 'team lead', decision: 'approved', by: 'lea', current: true },
      { level: 'board', decision: 'approved', by: 'bo', reason: 'go' },
    ]);
  }));

test('twenty words at once about one order count as one', () =>
  withOrders(async (rig, { raise, inErp }) => {
    const id = await raise(anOrder('O1', 2_000));
    const { ask } = await api(rig);
    const content = (await rowOf(rig, id))?.content;
    const words = await Promise.all(
      Array.from({ length: 20 }, () => ask('approver', 'POST', `/orders/${id}/approve`, { content })),
    );
    expect(words.filter(({ status }) => status === 200)).toHaveLength(1);
    await rig.settle();
    expect(inErp('O1')).toHaveLength(1);
    expect(await rig.count('order_approval')).toBe(1);
  }));

test('whoever may not see values sees the timeline without them; steps and clocks stand for all', () =>
  withOrders(async (rig, { raise }) => {
    const id = await raise(anOrder('O1', 12_000));
    const { ask } = await api(rig);
    const auditor = OrderView.parse((await ask('auditor', 'GET', `/orders/${id}`)).json);
    expect(auditor).toMatchObject({ step: 'gate', said: '•••', shown: { total: '•••' } });
    expect(auditor.events.map(({ said }) => said)).toEqual(['•••']);
    const steward = OrderView.parse((await ask('steward', 'GET', `/orders/${id}`)).json);
    expect(steward.said).toContain('2000 above credit');
    expect((await ask('auditor', 'POST', `/orders/${id}/approve`, { content: 'x' })).status).toBe(403);
  }));

test('the list goes page by page, the newest first, and ended ones are asked for', () =>
  withOrders(async (rig, { raise, advance }) => {
    for (const number of ['O1', 'O2', 'O3']) await raise(anOrder(number, 500));
    await advance('O2', { status: 'z' });
    const { ask } = await api(rig);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { json } = await ask('operator', 'GET', `/orders?limit=1&state=all${at}`);
      seen.push(...OrderList.parse(json).orders.map(({ crm }) => crm));
      cursor = json.next;
    }
    expect(seen).toEqual(['A003', 'A002', 'A001']);
    expect((await ask('operator', 'GET', '/orders?state=ended')).json.orders).toMatchObject([
      { crm: 'A002', step: 'closed' },
    ]);
    expect((await ask('operator', 'GET', '/orders?cursor=x')).json.code).toBe('CURSOR_INVALID');
  }));

test('levels belong to approvers’ keys', () =>
  withOrders(async (rig) => {
    const { ask } = await api(rig);
    const made = await ask('it-admin', 'POST', '/keys', { name: 'eva', role: 'approver', levels: ['team lead'] });
    expect(made.status).toBe(201);
    const refused = await ask('it-admin', 'POST', '/keys', { name: 'udo', role: 'steward', levels: ['team lead'] });
    expect(refused.json).toMatchObject({ code: 'BAD_REQUEST', field: 'levels' });
    const { keys } = (await ask('it-admin', 'GET', '/keys')).json;
    expect(keys.find(({ name }: { name: string }) => name === 'eva')).toMatchObject({ levels: ['team lead'] });
  }));

test('an approver decides about what he is shown, and about nothing that was changed since a plan last saw it', () =>
  withOrders(async (rig, { raise, inErp }) => {
    const id = await raise(anOrder('O1', 4_000));
    const { ask } = await api(rig);
    const first = (await ask('approver', 'GET', `/orders/${id}`)).json;
    rig.contacts.crm.people.edit(id, { total: 1_100, items: [line('10', 1_100)] });
    rig.pass(2_000);
    await rig.observe();
    const seen = (await ask('approver', 'GET', `/orders/${id}`)).json;
    expect([first.shown.total, seen.shown.total, seen.content === first.content]).toEqual(['4000', '1100', false]);
    for (const { content } of [first, seen]) {
      const said = await ask('approver', 'POST', `/orders/${id}/approve`, { content });
      expect([said.status, said.json.code]).toEqual([409, 'DECISION_OUTDATED']);
    }
    await rig.settle();
    const { content } = (await ask('approver', 'GET', `/orders/${id}`)).json;
    expect(content).toBe(seen.content);
    expect((await ask('approver', 'POST', `/orders/${id}/approve`, { content })).status).toBe(200);
    await rig.settle();
    expect(inErp('O1')[0]?.body).toMatchObject({ total: 1_100 });
  }));

test('what belongs to an order is called by its name only for those who see its own mapping', () =>
  withOrders(async (rig, { raise }) => {
    const id = await raise(anOrder('O1', 2_000));
    const [order] = await rig.db.query<{ link: string }>('select link from order_process');
    const [kin] = await rig.db.query<{ link: string }>(
      `update record set label = 'Invoice of Acme' where slot = 'crm/Account' returning link`,
    );
    await rig.db.query(`insert into related (child, mapping, field, parent) values ($1, 'customer', 'order', $2)`, [
      kin?.link,
      order?.link,
    ]);
    const { ask, approver, service } = await api(rig);
    await approver('lea', ['team lead']);
    await service('orders alone', ['order']);
    await service('both', ['order', 'customer']);
    const told = async (who: string) => {
      const [first] = OrderView.parse((await ask(who, 'GET', `/orders/${id}`)).json).related;
      return first?.members.find(({ slot }) => slot === 'crm/Account')?.label;
    };
    expect([await told('lea'), await told('orders alone'), await told('both')]).toEqual([
      '•••',
      '•••',
      'Invoice of Acme',
    ]);
  }));
