/** Connections that end and transactions that wait: what is certain of their writes, and what is not. */
import { expect, onTestFinished, test } from 'vitest';
import { aCall } from '../kit/fake-http.ts';
import { connectorOf, create, errorOf, list, update, write } from '../kit/sql-acts.ts';
import { type Kind, onEach } from '../kit/sql-pair.ts';
import { idIn, thrownBy } from '../kit/trial.ts';

onEach((kind) => {
  test('of two transactions that wait for each other ours gives way: surely undone, to be sent again', async () => {
    const connector = connectorOf(kind);
    const [a = '', b = ''] = (await write(connector, create('x-1'), create('x-2'))).map(idIn);
    const stranger = await kind.stranger();
    onTestFinished(() => stranger.end());
    // PostgreSQL ends whoever asks first, MariaDB whoever wrote less.
    await stranger.run(
      kind.dialect === 'postgresql'
        ? "set deadlock_timeout = '1min'"
        : 'set session transaction isolation level read committed',
    );
    await stranger.run('begin');
    await stranger.run(`update customer set note = repeat('stranger', 9) where external_ref <> 'x-2'`);
    const ours = write(connector, update(b, 'ours'), update(a, 'ours'));
    await waiting(kind);
    await stranger.run("update customer set note = 'stranger' where external_ref = 'x-2'");
    const outcomes = await ours;
    await stranger.run('commit');
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'failed', error: { class: 'transient', scope: 'item' } });
    expect(errorOf(outcomes[0])?.code).toBe(kind.dialect === 'mysql' ? '1213' : '40P01');
    const again = await write(connector, update(b, 'again'), update(a, 'again'));
    expect(again.map(({ status }) => status)).toEqual(['updated', 'updated']);
  });

  test('a row that another transaction holds too long is left for later, surely not written', async () => {
    const connector = connectorOf(kind, {}, {}, 1_000);
    const [a = ''] = (await write(connector, create('h-1'))).map(idIn);
    const stranger = await kind.stranger();
    onTestFinished(() => stranger.end());
    await stranger.run('begin');
    await stranger.run("update customer set note = 'held' where external_ref = 'h-1'");
    const [outcome] = await write(connector, update(a, 'ours'));
    await stranger.run('rollback');
    expect(outcome).toMatchObject({ status: 'failed', error: { class: 'transient', scope: 'item' } });
  });

  test('a statement that takes too long ends, at the server too', async () => {
    await write(connectorOf(kind), create('s-1'));
    const slow = kind.dialect === 'mysql' ? 'sleep(30) = 0' : 'pg_sleep(30) is not null';
    const columns = `customer_no, name, external_ref, row_version, changed_at`;
    const connector = connectorOf(
      kind,
      {
        query: `select ${columns} from customer where ${slow}`,
        columns: { organization_name: 'name' },
        write: {},
      },
      {},
      500,
    );
    expect(await thrownBy(list(connector))).toMatchObject({ code: 'TIMED_OUT', recovery: 'retry' });
  });

  test('a connection that the server drops while it is idle is replaced, for reading and for writing', async () => {
    const connector = connectorOf(kind);
    await write(connector, create('idle-1'));
    await connector.list('Customer', { cursor: '', limit: 5 }, aCall());
    await dropOthers(kind);
    expect(await write(connector, create('idle-2'))).toMatchObject([{ status: 'created' }]);
    expect((await connector.list('Customer', { cursor: '', limit: 5 }, aCall())).changes.length).toBeGreaterThan(0);
  });

  test('a connection that is lost before its commit wrote nothing, and that is certain', async () => {
    const connector = connectorOf(kind);
    const [made] = await write(connector, create('cut'));
    const stranger = await kind.stranger();
    onTestFinished(() => stranger.end());
    await stranger.run('begin');
    await stranger.run("update customer set note = 'held' where external_ref = 'cut'");
    const ours = write(connector, create('cut-2'), {
      op: 'update',
      id: idIn(made),
      data: { note: 'ours' },
      idempotencyKey: 'x',
    });
    while (!(await dropWaiting(kind)));
    expect(await ours).toMatchObject([
      { status: 'failed', error: { class: 'transient' } },
      { status: 'failed', error: { class: 'transient' } },
    ]);
    await stranger.run('rollback');
    expect(await connector.read('Customer', { keys: ['cut-2'] }, aCall())).toEqual([{ absent: true }]);
  });
});

/** MariaDB's sessions that wait for a lock. It looks anew only when nobody has asked for a tenth of a second: asked without a pause, it never does. */
const lockWaits = async (kind: Kind): Promise<readonly string[]> => {
  await kind.database().run('do sleep(0.15)');
  const rows = await kind
    .database()
    .query("select trx_mysql_thread_id as id from information_schema.innodb_trx where trx_state = 'LOCK WAIT'");
  return rows.map(({ id }) => String(id));
};

/** Until somebody waits for a lock. */
const waiting = async (kind: Kind): Promise<void> => {
  const found =
    kind.dialect === 'mysql'
      ? () => lockWaits(kind)
      : () => kind.database().query('select 1 from pg_locks where not granted');
  while ((await found()).length === 0);
};

/** Ends every session of the connector that waits for a lock; true when there was one. */
const dropWaiting = async (kind: Kind): Promise<boolean> => {
  const database = kind.database();
  if (kind.dialect === 'postgresql') {
    const ended = await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${database.user}' and wait_event_type = 'Lock'`,
    );
    return ended.length > 0;
  }
  const held = await lockWaits(kind);
  for (const id of held) await database.run(`kill ${id}`);
  return held.length > 0;
};

/** Ends every session of the connector. */
const dropOthers = async (kind: Kind): Promise<void> => {
  const database = kind.database();
  if (kind.dialect === 'postgresql') {
    await database.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '${database.user}'`,
    );
    return;
  }
  const sessions = await database.query(
    `select id from information_schema.processlist where user = '${database.user}'`,
  );
  for (const { id } of sessions) await database.run(`kill ${String(id)}`);
};
