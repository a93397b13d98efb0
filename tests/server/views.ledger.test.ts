import { expect, test } from 'vitest';
import type { View } from '../../src/mapping/view.ts';
import { ViewReply } from '../../src/server/replies-views.ts';
import { aSystem, customerFinance, mappingsWith, viewsOf } from '../kit/views.ts';
import { account, CRM, ERP, inWorld, partner, type World } from './world.ts';

/** A world in which the CRM asks of account A1 what the ERP says of partner 100. */
const asking = async (
  work: (
    world: World,
    system: ReturnType<typeof aSystem> & { readonly ask: (key?: string) => ReturnType<World['ask']> },
  ) => Promise<void>,
  change?: (text: string) => string,
): Promise<void> => {
  let world: World | undefined;
  const mappings = mappingsWith();
  const { views, problems } = viewsOf(customerFinance(change), { mappings });
  expect(problems).toEqual([]);
  const system = aSystem(
    () => {
      if (world === undefined) throw new Error('there is no world yet');
      return world.db;
    },
    () => views,
  );
  await inWorld(
    async (made) => {
      world = made;
      await made.seen(CRM, [{ id: 'A1', body: account('Acme') }]);
      await made.seen(ERP, [{ id: '100', body: partner('Acme') }]);
      await made.linked({ crm: 'A1', erp: '100' });
      system.records.set('100', partner('Acme AG', { credit_limit: '250000.10', blocked: 'X', payment_terms: 'ZB14' }));
      await work(made, {
        ...system,
        ask: (key = 'A1') => made.ask('steward', 'GET', `/views/customer-finance/${key}`),
      });
    },
    {
      compilation: () => ({ mappings: mappings.mappings, views: views as ReadonlyMap<string, View>, problems: [] }),
      temporal: system.temporal,
    },
  );
};

test('the CRM asks by its own id and is told what the ERP’s partner says, in the CRM’s words and with every digit', () =>
  asking(async (_, { ask, requests }) => {
    const { status, json } = await ask();
    expect(ViewReply.safeParse(json).error?.issues ?? []).toEqual([]);
    expect([status, json]).toEqual([
      200,
      {
        view: 'customer-finance',
        key: 'A1',
        source: 'erp/Partner',
        id: '100',
        record: {
          'credit limit': '250000.1',
          'payment terms': 'Net 14',
          'on hold': true,
          'name in the ERP': 'Acme AG',
        },
        problems: {},
        as_of: expect.any(String),
        fresh: true,
      },
    ]);
    expect(requests).toEqual([['100']]);
  }));

test('an answer is given again while it is fresh, and 300 who ask at once make one request', () =>
  asking(async (_, { ask, requests }) => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await ask();
    expect(requests).toEqual([['100']]);
  }));

test('an answer that is too old is asked for again', () =>
  asking(async (world, { ask, requests, records }) => {
    await ask();
    await world.db.query(`update view_answer set as_of = as_of - interval '31 s'`);
    records.set('100', partner('Acme SE'));
    expect((await ask()).json.record['name in the ERP']).toBe('Acme SE');
    expect(requests).toHaveLength(2);
  }));

test('with the system away an old answer says that it is one, and why', () =>
  asking(async (world, { ask, fail }) => {
    await ask();
    await world.db.query(`update view_answer set as_of = as_of - interval '1 hour'`);
    fail('UNREACHABLE');
    expect((await ask()).json).toMatchObject({ id: '100', fresh: false, code: 'UNREACHABLE' });
    await world.db.query(`update view_answer set as_of = as_of - interval '1 day'`);
    const refused = await ask();
    expect([refused.status, refused.json.code]).toEqual([502, 'UNREACHABLE']);
  }));

test('a paused connection is not asked, and nobody waits for it', () =>
  asking(async (world, { ask, requests }) => {
    await world.db.query(`update connection set paused_code = 'LOGIN_REFUSED' where name = 'erp'`);
    expect((await ask()).json.code).toBe('CONNECTION_PAUSED');
    expect(requests).toEqual([]);
  }));

test('no worker answers: who waits is told so after the time that the view allows', () =>
  asking(
    async (_, { ask, fall }) => {
      fall('silent');
      const refused = await ask();
      expect([refused.status, refused.json.code]).toEqual([502, 'TIMED_OUT']);
    },
    (text) => text.replace('wait: 5', 'wait: 1'),
  ));

test('without the engine nobody can be sent: what is kept is given, else the code says why', () =>
  asking(async (world, { ask, fall }) => {
    fall('unreachable');
    expect((await ask()).json.code).toBe('ENGINE_DOWN');
    fall('well');
    await ask();
    await world.db.query(`update view_answer set as_of = as_of - interval '1 hour'`);
    fall('unreachable');
    expect((await ask()).json).toMatchObject({ fresh: false, code: 'ENGINE_DOWN', id: '100' });
  }));

test('a customer that is linked to nothing, and a partner that is gone, show nothing', () =>
  asking(async (world, { ask, records, requests }) => {
    await world.seen(CRM, [{ id: 'A2', body: account('Beta') }]);
    expect((await ask('A2')).json.code).toBe('NOT_FOUND');
    expect(requests).toEqual([]);
    records.delete('100');
    expect((await ask()).json.code).toBe('NOT_FOUND');
    // That there is none is an answer, too.
    await ask();
    expect(requests).toEqual([['100']]);
  }));

test('a view that was changed asks again: what was kept for it before may hold less', () =>
  asking(async (world, { ask, requests }) => {
    await ask();
    await world.db.query(`update view_answer set hash = 'of the view before'`);
    expect((await ask()).status).toBe(200);
    expect(requests).toHaveLength(2);
  }));

test('a value that cannot be read is named with its code, and the others are shown', () =>
  asking(async (_, { ask, records }) => {
    records.set('100', partner('Acme', { payment_terms: 'ZB99' }));
    const { json } = await ask();
    expect(json.problems).toEqual({ 'payment terms': 'LOOKUP_MISS' });
    expect(json.record).toMatchObject({ 'payment terms': null, 'on hold': false });
  }));

test('views are listed with what they are asked by, for their own key alone', () =>
  asking(async (world) => {
    expect((await world.ask('steward', 'GET', '/views')).json.views).toMatchObject([
      { name: 'customer-finance', source: 'erp/Partner', asked_by: 'the id in crm/Account', fresh_for: 30, roles: [] },
    ]);
    const made = await world.ask('it-admin', 'POST', '/keys', {
      name: 'contacts only',
      role: 'service',
      scopes: ['views.read'],
      mappings: ['contact'],
    });
    const { key } = made.json;
    expect((await world.ask({ key }, 'GET', '/views')).json.views).toEqual([]);
    expect((await world.ask({ key }, 'GET', '/views/customer-finance/A1')).status).toBe(404);
  }));
