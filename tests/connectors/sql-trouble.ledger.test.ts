/** What goes wrong with databases: each with its class, its code and a sentence that says what to do. */
import { expect, onTestFinished, test } from 'vitest';
import type { Connector } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import { aCustomer, connectSql, sqlPreset } from '../kit/sql.ts';
import { connectorOf, create, errorOf, list, PROMISES, update, write } from '../kit/sql-acts.ts';
import { onEach } from '../kit/sql-pair.ts';
import { idIn, thrownBy } from '../kit/trial.ts';

const made = async (connector: Connector, ...keys: string[]): Promise<readonly string[]> =>
  (await write(connector, ...keys.map((key) => create(key)))).map(idIn);

/** Columns of the sandbox's preset, with one that is not there. */
const withColumn = (path: string, column: string): JsonObject => {
  const { records } = sqlPreset('postgresql') as { records: { Customer: { columns: JsonObject } } };
  return { columns: { ...records.Customer.columns, [path]: column } };
};

onEach((kind) => {
  const quoted = (name: string): string => (kind.dialect === 'mysql' ? `\`${name}\`` : `"${name}"`);
  const owner = (): string => (kind.dialect === 'mysql' ? "tally@'127.0.0.1'" : kind.database().user);

  test('a column that is not there is named, with those that are', async () => {
    const failure = await thrownBy(list(connectorOf(kind, withColumn('fax', 'telefax'))));
    expect(failure.code).toBe('CONFIG_INVALID');
    expect(failure.message).toMatch(
      /records\.Customer.*customer has no column "telefax"; use one of customer_no, external_ref/,
    );
  });

  test('a table that is not there is named', async () => {
    const failure = await thrownBy(list(connectorOf(kind, { table: 'kunden' })));
    expect(failure).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('kunden cannot be read'),
    });
  });

  test('the check names the user and says which records cannot be listed', async () => {
    const { who, warnings } = await connectorOf(kind, { table: 'kunden' }).check(aCall());
    expect(who).toContain(kind.database().user);
    expect(warnings).toEqual([expect.stringContaining('Customer cannot be listed')]);
  });

  test('a value of the wrong type is the record’s fault, and the others go their way', async () => {
    const connector = connectorOf(kind);
    const outcomes = await connector.write(
      'Customer',
      [create('t-1'), create('t-2', { points: 'many' }), create('t-3')],
      aCall(),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'failed', 'created']);
    expect(errorOf(outcomes[1])).toMatchObject({ class: 'validation', scope: 'item', code: expect.any(String) });
  });

  test('what must be there and is not, a rule, a text too long: each refused by itself', async () => {
    const connector = connectorOf(kind);
    const { addresses: _none, ...homeless } = aCustomer('v-1');
    const outcomes = await connector.write(
      'Customer',
      [
        { ...create('v-1'), data: homeless },
        create('v-2', { grouping: 'Z777' }),
        create('v-3', { search_term: 'x'.repeat(21) }),
      ],
      aCall(),
    );
    expect(outcomes.map((each) => errorOf(each)?.class)).toEqual(['validation', 'validation', 'validation']);
    expect(errorOf(outcomes[2])?.message).toContain('longer than its column');
  });

  test('a row without an id and an id that stands twice are shown as what they are, the rest goes on', async () => {
    const [a = '', b = ''] = await made(connectorOf(kind), 'd-1', 'd-2');
    const key = kind.dialect === 'mysql' ? 'cast(null as signed)' : 'cast(null as text)';
    const rest = ['external_ref', 'name', quoted('grouping'), 'row_version', 'changed_at'].join(', ');
    await kind.database().run(
      `create view crooked as select customer_no, ${rest} from customer where external_ref in ('d-1', 'd-2')
       union all select customer_no, ${rest} from customer where external_ref = 'd-2'
       union all select ${key}, ${rest} from customer where external_ref = 'd-1'`,
    );
    await kind.database().run(`grant select on crooked to ${owner()}`);
    const columns = { organization_name: 'name', grouping: 'grouping' };
    const connector = connectorOf(kind, { table: 'crooked', columns, write: {} });
    const { changes } = await list(connector);
    expect(changes.map((each) => [each.op, 'record' in each ? each.record.id : each.id])).toEqual([
      ['undecodable', undefined],
      ['upsert', a],
      ['undecodable', b],
    ]);
    expect(changes[0]).toMatchObject({ problem: expect.stringContaining('has no customer_no') });
    expect(changes[2]).toMatchObject({ problem: expect.stringContaining('more than one row') });
    const one = await connector.list('Customer', { cursor: '', limit: 1 }, aCall());
    const two = await connector.list('Customer', { cursor: one.next, limit: 1 }, aCall());
    expect(two.changes).toMatchObject([{ op: 'undecodable', id: b }]);
    expect(await connector.read('Customer', { ids: [a, b] }, aCall())).toMatchObject([
      { found: [{ id: a }] },
      { error: { class: 'permanent', message: expect.stringContaining('more than one row') } },
    ]);
  });

  test('a right that is missing pauses the connection, for reading and for writing', async () => {
    const connector = connectorOf(kind);
    const [a = ''] = await made(connector, 'p-1');
    await kind.database().run(`revoke update on ${kind.dialect === 'mysql' ? 'shop.*' : 'customer'} from ${owner()}`);
    const [outcome] = await connectorOf(kind).write('Customer', [update(a, 'no')], aCall());
    expect(outcome).toMatchObject({ status: 'failed', error: { class: 'auth', scope: 'connection' } });
    expect(errorOf(outcome)?.message).toContain('grant it in the database');
    await kind.database().run(`revoke select on ${kind.dialect === 'mysql' ? 'shop.*' : 'customer'} from ${owner()}`);
    expect(await thrownBy(list(connectorOf(kind)))).toMatchObject({ code: 'LOGIN_REFUSED', recovery: 'pause' });
    await kind
      .database()
      .run(`grant select, update on ${kind.dialect === 'mysql' ? 'shop.*' : 'customer'} to ${owner()}`);
  });

  test('what is read with cannot write, whatever a query says', async () => {
    const write =
      kind.dialect === 'mysql'
        ? 'select touch() as customer_no'
        : "select nextval('row_version_seq')::text as customer_no";
    if (kind.dialect === 'mysql')
      await kind
        .database()
        .run(
          "create function touch() returns int modifies sql data begin update customer set note = 'touched'; return 1; end",
        );
    const type = { id: 'customer_no', columns: { number: 'customer_no' }, write: {}, query: write };
    const capabilities = { ...PROMISES, idempotency: 'none', guard: 'none' };
    const connector = connectSql(kind.database(), {
      ...sqlPreset(kind.dialect),
      records: { Customer: { ...type, capabilities } },
    });
    onTestFinished(() => connector.close());
    const failure = await thrownBy(list(connector));
    expect(failure).toMatchObject({ code: 'LOGIN_REFUSED', message: expect.stringContaining('read-only') });
  });

  test('an answer larger than its limit is asked for in halves, and a row that is too large alone is named', async () => {
    const connector = connectorOf(kind, withColumn('note', 'note'), { limits: { reply_bytes: 4_096 } });
    const notes = Array.from({ length: 20 }, (_, at) => create(`b-${at}`, { note: 'n'.repeat(480) }));
    const ids = (await connectorOf(kind).write('Customer', notes, aCall())).map(idIn);
    const seen: string[] = [];
    for (let cursor = '', more = true; more; ) {
      const page = await connector.list('Customer', { cursor, limit: 100 }, aCall());
      seen.push(...page.changes.map((each) => ('record' in each ? each.record.id : 'broken')));
      ({ next: cursor, more } = page);
    }
    expect(ids.filter((id) => !seen.includes(id))).toEqual([]);
    expect(seen).not.toContain('broken');
  });

  test('a row that is larger than an answer may be is named, and those around it are read', async () => {
    await kind.database().run(
      `create table big (customer_no varchar(10) primary key, body text);
       insert into big values ('1', 'a'), ('2', repeat('b', 60000)), ('3', 'c'); grant select on big to ${owner()}`,
    );
    const capabilities = { ...PROMISES, idempotency: 'none', guard: 'none' };
    const type = { table: 'big', id: 'customer_no', columns: { body: 'body' }, write: {}, capabilities };
    const preset = { ...sqlPreset(kind.dialect), limits: { reply_bytes: 20_000 }, records: { Customer: type } };
    const connector = connectSql(kind.database(), preset);
    onTestFinished(() => connector.close());
    const seen: unknown[] = [];
    for (let cursor = '', more = true; more; ) {
      const page = await connector.list('Customer', { cursor, limit: 100 }, aCall());
      seen.push(...page.changes.map((each) => [each.op, 'record' in each ? each.record.id : each.id]));
      ({ next: cursor, more } = page);
    }
    expect(seen).toEqual([
      ['upsert', '1'],
      ['undecodable', '2'],
      ['upsert', '3'],
    ]);
  });
});
