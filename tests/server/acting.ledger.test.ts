import { expect, test } from 'vitest';
import { pauseConnection } from '../../src/ledger/steps/connection.ts';
import { aConflict, account, CRM, ERP, inWorld } from './world.ts';

test('syncing one record reads both sides afresh, for each of its mappings', () =>
  inWorld(async (world) => {
    const { link } = await aConflict(world);
    expect((await world.ask('operator', 'POST', `/records/${link}/sync`)).status).toBe(202);
    expect(await world.db.query('select id, cause from pending order by slot')).toEqual([
      { id: 'A1', cause: 'asked' },
      { id: '100', cause: 'asked' },
    ]);
    expect(await world.db.query('select id from record where stale order by slot')).toEqual([
      { id: 'A1' },
      { id: '100' },
    ]);
    expect(world.nudged).toEqual(['customer']);
    expect(await world.db.query(`select actor, mapping, link from journal where action = 'sync'`)).toEqual([
      { actor: 'operator', mapping: 'customer', link },
    ]);
    expect((await world.ask('operator', 'POST', '/records/00000000-0000-4000-8000-000000000000/sync')).status).toBe(
      404,
    );
    expect((await world.ask('operator', 'POST', '/records/x/sync')).status).toBe(404);
  }));

test('syncing a mapping wants a full pass at both sides and tells their capture', () =>
  inWorld(async (world) => {
    await world.db.query('update slot set pass_wanted = false');
    expect((await world.ask('operator', 'POST', '/mappings/customer/sync')).status).toBe(202);
    expect(await world.db.query('select name from slot where pass_wanted order by name')).toEqual([
      { name: CRM },
      { name: ERP },
    ]);
    expect(world.looked).toEqual([CRM, ERP]);
    expect((await world.ask('operator', 'POST', '/mappings/nothing/sync')).status).toBe(404);
  }));

test('a connection paused by hand says who and why, and used again lets everything go on', () =>
  inWorld(async (world) => {
    await world.seen(CRM, [{ id: 'A1', body: account('Acme') }]);
    await world.db.query(`update pending set state = 'waiting', reason = 'UNREACHABLE', due = now() + interval '1 h'`);
    await world.db.query(`update mapping set nudged = false`);
    await world.ask('operator', 'POST', '/connections/crm/pause', { reason: 'maintenance tonight' });
    const { json } = await world.ask('auditor', 'GET', '/connections/crm');
    expect(json.paused).toMatchObject({ code: 'CONNECTION_PAUSED', reason: 'maintenance tonight', by: 'operator' });
    expect((await world.ask('operator', 'POST', '/connections/crm/resume')).status).toBe(202);
    expect((await world.ask('auditor', 'GET', '/connections/crm')).json.paused).toBeNull();
    expect(await world.db.query('select due <= now() as due from pending')).toEqual([{ due: true }]);
    expect(world.nudged).toEqual(['customer']);
    expect(
      await world.db.query(`select actor, action, code from journal where action in ('pause', 'resume') order by id`),
    ).toEqual([
      { actor: 'operator', action: 'pause', code: 'CONNECTION_PAUSED' },
      { actor: 'operator', action: 'resume', code: 'CONNECTION_PAUSED' },
    ]);
  }));

test('who acts on some mappings only pauses no connection that others use', () =>
  inWorld(async (world) => {
    const make = async (name: string, mappings: readonly string[]) => {
      const made = await world.ask('it-admin', 'POST', '/keys', { name, role: 'operator', mappings });
      return { key: made.json.key as string };
    };
    const [own, other] = [await make('own', ['customer']), await make('other', ['orders'])];
    for (const verb of ['pause', 'resume']) {
      const body = verb === 'pause' ? {} : undefined;
      const { status, json } = await world.ask(other, 'POST', `/connections/crm/${verb}`, body);
      expect([verb, status, json.code]).toEqual([verb, 403, 'FORBIDDEN']);
      expect((await world.ask(own, 'POST', `/connections/crm/${verb}`, body)).status).toBeLessThan(300);
    }
  }));

test('a pause by hand does not hide why a connection was paused already', () =>
  inWorld(async (world) => {
    await pauseConnection(world.db, 'crm', 'LOGIN_REFUSED', 'the system refused the credentials');
    await world.ask('operator', 'POST', '/connections/crm/pause', {});
    expect((await world.ask('operator', 'GET', '/connections/crm')).json.paused).toMatchObject({
      code: 'LOGIN_REFUSED',
      by: 'tallystick',
    });
  }));

test('resuming after the brake confirms what it asked about', () =>
  inWorld(async (world) => {
    await pauseConnection(world.db, 'erp', 'BRAKE', '40 records deleted at once');
    await world.ask('operator', 'POST', '/connections/erp/resume');
    expect(
      await world.db.query(`select brake_from is not null as confirmed from connection where name = 'erp'`),
    ).toEqual([{ confirmed: true }]);
  }));

test('a check and a description are asked of the connection itself, by way of a worker', () =>
  inWorld(async (world) => {
    expect((await world.ask('operator', 'POST', '/connections/crm/check')).json).toEqual({
      ok: true,
      result: { who: 'tally' },
    });
    await world.ask('it-admin', 'POST', '/connections/crm/describe', { record: 'Account' });
    expect(world.probes).toEqual([
      { connection: 'crm', what: 'check' },
      { connection: 'crm', what: 'describe', record: 'Account' },
    ]);
    expect((await world.ask('operator', 'POST', '/connections/unknown/check')).status).toBe(404);
    expect(world.probes).toHaveLength(2);
  }));

test('a failed check is an answer with code and remedy', () =>
  inWorld(
    async (world) => {
      const { status, json } = await world.ask('operator', 'POST', '/connections/crm/check');
      expect([status, json]).toEqual([
        200,
        {
          ok: false,
          code: 'LOGIN_REFUSED',
          message: 'the system refused the credentials',
          fix: 'Renew the credentials, then resume the connection.',
        },
      ]);
    },
    {
      temporal: {
        nudge: async () => {},
        look: async () => {},
        reachable: async () => true,
        answer: async () => undefined,
        probe: async () => ({ ok: false, code: 'LOGIN_REFUSED', message: 'the system refused the credentials' }),
      },
    },
  ));

test('a retry does not end what came meanwhile: the queue row is raised, never replaced', () =>
  inWorld(async (world) => {
    const { id } = await aConflict(world);
    await world.ask('operator', 'POST', `/parked/${id}/retry`);
    await world.db.query(`update pending set state = 'claimed', claimed_seq = seq`);
    await world.ask('operator', 'POST', `/parked/${id}/retry`);
    expect(await world.db.query('select distinct state, seq > claimed_seq as raised from pending')).toEqual([
      { state: 'claimed', raised: true },
    ]);
  }));

test('a retry leaves alone what is in doubt', () =>
  inWorld(async (world) => {
    const { id } = await aConflict(world);
    await world.db.query(
      `insert into pending (mapping, slot, id, due, since, state) values ('customer', $1, 'A1', now() + interval '1 h', now(), 'doubt')`,
      [CRM],
    );
    await world.ask('operator', 'POST', `/parked/${id}/retry`);
    expect(await world.db.query(`select state, due > now() as later from pending where id = 'A1'`)).toEqual([
      { state: 'doubt', later: true },
    ]);
  }));

test('two bulk retries do not run at once', () =>
  inWorld(async (world) => {
    await aConflict(world);
    const both = await world.db.transaction(async (tx) => {
      // The one that came first waits for this lock; the other is told to come later.
      await tx.query('lock table pending in access exclusive mode');
      const asked = [1, 2].map(() => world.ask('operator', 'POST', '/parked/retry', {}));
      const refused = await Promise.race(asked);
      expect([refused.json.code, refused.headers.get('retry-after')]).toEqual(['TOO_MANY_REQUESTS', '1']);
      return asked;
    });
    expect((await Promise.all(both)).map(({ status }) => status).toSorted()).toEqual([202, 429]);
  }));
