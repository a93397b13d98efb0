/** Ways of writing: declared statements and procedures, versions, keys, and transactions that end early. */
import { expect, onTestFinished, test } from 'vitest';
import type { Outcome, WriteItem } from '../../connectors/sdk/seam.ts';
import { aCall } from '../kit/fake-http.ts';
import { connectSql, sqlPreset } from '../kit/sql.ts';
import { connectorOf, create, PROMISES, versionIn, write } from '../kit/sql-acts.ts';
import { onEach } from '../kit/sql-pair.ts';
import { foundIn, idIn } from '../kit/trial.ts';

onEach((kind) => {
  const mysql = kind.dialect === 'mysql';
  const grouping = mysql ? '`grouping`' : 'grouping';

  test('a create that arrives again answers the row it made, and overwrites nothing', async () => {
    const connector = connectorOf(kind);
    const [first] = await write(connector, create('twice'));
    await kind.database().run("update customer set note = 'edited since' where external_ref = 'twice'");
    const [, second] = await write(connector, create('other'), create('twice'));
    expect(second).toMatchObject({ status: 'unchanged', id: idIn(first), record: { body: { note: 'edited since' } } });
  });

  test('another value that is taken is a duplicate, and not our row', async () => {
    await kind.database().run('create unique index one_tax on customer (tax_number)');
    const connector = connectorOf(kind);
    const outcomes = await write(
      connector,
      create('u-1', { tax_number: 'DE1' }),
      create('u-2', { tax_number: 'DE1' }),
      create('u-3'),
    );
    expect(outcomes.map((each) => ('error' in each ? each.error.class : each.status))).toEqual([
      'created',
      'duplicate',
      'created',
    ]);
    await kind.database().run(mysql ? 'drop index one_tax on customer' : 'drop index one_tax');
  });

  test('a change is written only to the version that was read, in a batch with others', async () => {
    const connector = connectorOf(kind);
    const [a, b] = await write(connector, create('g-1'), create('g-2'));
    const change = (outcome: Outcome | undefined, note: string, expectVersion: string): WriteItem => ({
      ...{ op: 'update', id: idIn(outcome), data: { note }, expectVersion, idempotencyKey: note },
    });
    const [first] = await write(connector, change(a, 'first', versionIn(a)));
    expect(first?.status).toBe('updated');
    const outcomes = await write(connector, change(a, 'stale', versionIn(a)), change(b, 'fine', versionIn(b)));
    expect(outcomes).toMatchObject([
      { status: 'failed', error: { class: 'conflict', scope: 'item' } },
      { status: 'updated' },
    ]);
    const remove: WriteItem = { op: 'delete', id: idIn(a), data: {}, expectVersion: versionIn(a), idempotencyKey: 'd' };
    expect(await write(connector, remove)).toMatchObject([{ error: { class: 'conflict' } }]);
    expect(await write(connector, { ...remove, expectVersion: versionIn(first) })).toMatchObject([
      { status: 'deleted' },
    ]);
    expect(await write(connector, remove)).toMatchObject([{ error: { class: 'not-found' } }]);
  });

  test('statements of one’s own bind what the record has, and know what it does not name', async () => {
    const returning = mysql ? '' : ' RETURNING customer_no';
    const kept = (path: string, column: string): string =>
      `${column} = CASE WHEN :given.${path} THEN :data.${path} ELSE ${column} END`;
    const connector = connectorOf(kind, {
      write: {
        create: {
          statement: `INSERT INTO customer (external_ref, name, ${grouping}, country) VALUES (:key, :data.organization_name, 'Z001', :data.addresses[use=bill-to].country)${returning}`,
          ...(mysql ? {} : { id: 'customer_no' }),
        },
        update: {
          statement: `UPDATE customer SET ${kept('note', 'note')}, ${kept('organization_name', 'name')} WHERE customer_no = :id AND row_version = :version`,
        },
        delete: { statement: 'DELETE FROM customer WHERE customer_no = :id AND row_version = :version' },
      },
    });
    const [made] = await write(connector, create('own'));
    expect(made).toMatchObject({ status: 'created', record: { reference: 'own', body: { organization_name: 'own' } } });
    const change: WriteItem = {
      op: 'update',
      id: idIn(made),
      data: { note: 'n' },
      expectVersion: versionIn(made),
      idempotencyKey: 'c',
    };
    const [changed] = await write(connector, change);
    expect(changed).toMatchObject({ status: 'updated', record: { body: { note: 'n', organization_name: 'own' } } });
    expect(await write(connector, { ...change, data: { note: null } })).toMatchObject([
      { error: { class: 'conflict' } },
    ]);
    const [emptied] = await write(connector, { ...change, data: { note: null }, expectVersion: versionIn(changed) });
    expect(emptied).toMatchObject({ record: { body: { note: null } } });
    const remove: WriteItem = {
      op: 'delete',
      id: idIn(made),
      data: {},
      expectVersion: versionIn(emptied),
      idempotencyKey: 'r',
    };
    expect(await write(connector, remove)).toMatchObject([{ status: 'deleted' }]);
  });

  test('a procedure says what went wrong by a code of its own', async () => {
    await kind.database().run(
      mysql
        ? `create procedure rename_customer(p_id bigint, p_name varchar(80)) begin
             if p_name = 'locked' then signal sqlstate '99001' set message_text = 'the month is closed'; end if;
             update customer set name = p_name where customer_no = p_id; end`
        : `create procedure rename_customer(p_id text, p_name text) language plpgsql security definer as $$ begin
             if p_name = 'locked' then raise exception 'the month is closed' using errcode = '99001'; end if;
             update customer set name = p_name where customer_no = p_id; end $$`,
    );
    const connector = connectorOf(
      kind,
      {
        capabilities: { ...PROMISES, guard: 'detect' },
        write: {
          create: { table: 'customer' },
          update: { statement: 'CALL rename_customer(:id, :data.organization_name)', outcome: 'error' },
        },
      },
      { errors: [{ code: '99001', class: 'transient', scope: 'item', retry_after_ms: 60_000 }] },
    );
    const [made] = await write(connector, create('proc'));
    const rename = (name: string): WriteItem => ({
      op: 'update',
      id: idIn(made),
      data: { organization_name: name },
      idempotencyKey: name,
    });
    const outcomes = await write(connector, rename('locked'), rename('renamed'));
    expect(outcomes).toMatchObject([
      {
        status: 'failed',
        error: {
          class: 'transient',
          code: '99001',
          retryAfterMs: 60_000,
          message: expect.stringContaining('the month is closed'),
        },
      },
      { status: 'updated', record: { body: { organization_name: 'renamed' } } },
    ]);
  });

  test('where our key is kept and not enforced, both rows are found by it', async () => {
    await kind.database().run(
      `create table loose (customer_no ${mysql ? 'bigint auto_increment' : 'bigserial'} primary key, external_ref varchar(40), name varchar(80));
       grant all on loose to ${mysql ? "tally@'127.0.0.1'" : `${kind.database().user}; grant usage on loose_customer_no_seq to ${kind.database().user}`}`,
    );
    const capabilities = { ...PROMISES, idempotency: 'searchable', guard: 'none' };
    const type = {
      table: 'loose',
      id: 'customer_no',
      reference: 'external_ref',
      columns: { name: 'name' },
      write: { create: { table: 'loose' } },
      capabilities,
    };
    const connector = connectSql(kind.database(), { ...sqlPreset(kind.dialect), records: { Customer: type } });
    onTestFinished(() => connector.close());
    const item: WriteItem = { op: 'create', data: { name: 'Loose' }, idempotencyKey: 'loose-1' };
    expect((await write(connector, item, item)).map(({ status }) => status)).toEqual(['created', 'created']);
    const [both, none] = await connector.read('Customer', { keys: ['loose-1', 'never'] }, aCall());
    expect([foundIn(both), none]).toEqual([2, { absent: true }]);
  });
});

test('PostgreSQL’s own row version guards a table that has no column for it, and a rule checked at the commit finds its item', async () => {
  const { inject } = await import('vitest');
  const { postgresqlDatabase } = await import('../kit/sql.ts');
  const database = await postgresqlDatabase(
    inject('databaseUrl'),
    `create table customer (customer_no bigserial primary key, external_ref text unique, name text, boss bigint references customer deferrable initially deferred);`,
  );
  onTestFinished(database.close);
  const type = {
    ...{
      table: 'customer',
      id: 'customer_no',
      version: 'xmin',
      reference: 'external_ref',
      columns: { name: 'name', boss: 'boss' },
    },
    ...{ write: { create: { table: 'customer' }, update: { table: 'customer' } }, capabilities: PROMISES },
  };
  const connector = connectSql(database, { ...sqlPreset('postgresql'), records: { Customer: type } });
  onTestFinished(() => connector.close());
  const make = (key: string, boss: number | null): WriteItem => ({
    op: 'create',
    data: { name: key, boss },
    idempotencyKey: key,
  });
  const outcomes = await write(connector, make('a', null), make('b', 999), make('c', null));
  expect(outcomes.map((each) => ('error' in each ? each.error.class : each.status))).toEqual([
    'created',
    'validation',
    'created',
  ]);
  const change: WriteItem = {
    op: 'update',
    id: idIn(outcomes[0]),
    data: { name: 'z' },
    expectVersion: versionIn(outcomes[0]),
    idempotencyKey: 'z',
  };
  expect(await write(connector, change)).toMatchObject([{ status: 'updated' }]);
  expect(await write(connector, change)).toMatchObject([{ error: { class: 'conflict' } }]);
});
