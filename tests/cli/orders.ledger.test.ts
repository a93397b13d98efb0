import { expect, test } from 'vitest';
import { anOrder, withOrders } from '../ledger/orders.ts';
import type { Rig } from '../ledger/rig.ts';
import { ordersApi } from '../server/orders.ts';
import { aTerminal } from './terminal.ts';

const terminals = async (rig: Rig) => {
  const { fetch, keyOf } = await ordersApi(rig);
  return (who: string) =>
    aTerminal({ env: { TALLY_API_URL: 'http://127.0.0.1:4000', TALLY_API_KEY: keyOf(who) }, fetch });
};

test('an order is listed, shown and approved from the terminal', () =>
  withOrders(async (rig, { raise, inErp }) => {
    const id = await raise(anOrder('O1', 2_000));
    const as = await terminals(rig);
    const list = await as('approver')('order', 'list');
    expect(list.out).toMatch(/^ORDER +STEP +SINCE +WAITS FOR +RECORD/);
    expect(list.out).toMatch(new RegExp(`${id} +approval`));
    expect((await as('approver')('order', 'approve', id, '--reason', 'fine')).out).toBe('approved for team lead.\n');
    await rig.settle();
    expect(inErp('O1')).toHaveLength(1);
    const shown = await as('steward')('order', 'show', id);
    expect(shown.out).toContain('total: "2000"');
    expect(shown.out).toMatch(/approved \(approval\) by approver +team lead: fine/);
    expect(shown.out).toMatch(/create at erp\/Person +created/);
    expect((await as('operator')('order', 'list', '--step', 'gate')).out).toBe('There is none.\n');
  }));

test('a second word, and one about an order that nobody knows, are answered with what to do', () =>
  withOrders(async (rig, { raise }) => {
    const id = await raise(anOrder('O1', 500));
    const as = await terminals(rig);
    const unknown = await as('steward')('order', 'show', 'nothing');
    expect([unknown.exit, unknown.err]).toEqual([expect.any(Number), expect.stringContaining('no order "nothing"')]);
    const outsider = await as('auditor')('order', 'approve', id);
    expect(outsider.err).toContain('does not include approve');
    const large = await raise(anOrder('O2', 2_000));
    await as('approver')('order', 'refuse', large, '--reason', 'no');
    const again = await as('approver')('order', 'approve', large);
    expect(again.err).toContain('nobody is asked');
  }));
