/** Change feeds of tables: nothing that commits late, moves or goes away is passed over. */
import { expect, onTestFinished, test } from 'vitest';
import type { Connector } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import { connectSql, sqlPreset } from '../kit/sql.ts';
import { type Kind, onEach } from '../kit/sql-pair.ts';

const CAPABILITIES = {
  ...{ idempotency: 'unique', guard: 'version', version_covers_all: true },
  ...{ returns_record: true, complete: true, deletes: 'absence' },
};

const row = (ref: string, over: Readonly<Record<string, string>> = {}): string => {
  const values = { external_ref: `'${ref}'`, name: `'${ref}'`, grouping: "'Z001'", country: "'DE'", ...over };
  const columns = Object.keys(values).map((each) => (each === 'grouping' ? 'GROUPING_' : each));
  return `insert into customer (${columns.join(', ')}) values (${Object.values(values).join(', ')})`;
};

const inserted = ({ dialect }: Kind, ref: string, over?: Readonly<Record<string, string>>): string =>
  row(ref, over).replace('GROUPING_', dialect === 'mysql' ? '`grouping`' : 'grouping');

const connectorOf = (kind: Kind, customer: JsonObject): Connector => {
  const connector = connectSql(kind.database(), sqlPreset(kind.dialect, customer));
  onTestFinished(() => connector.close());
  return connector;
};

/** Everything from a cursor on: references of rows and ids of deletions, and where it ends. */
const walked = async (connector: Connector, from: string) => {
  const seen = new Set<string>();
  for (let cursor = from; ; ) {
    const page = await connector.changes('Customer', { cursor, limit: 100 }, aCall());
    for (const change of page.changes)
      seen.add(change.op === 'upsert' ? (change.record.reference ?? change.record.id) : `${change.op} ${change.id}`);
    cursor = page.next;
    if (!page.more) return { seen, end: cursor };
  }
};

/** Polls on until it was seen; a test that waits for ever fails by its time limit. */
const polledUntil = async (connector: Connector, from: string, wanted: string): Promise<string> => {
  for (let cursor = from; ; ) {
    const { seen, end } = await walked(connector, cursor);
    if (seen.has(wanted)) return end;
    cursor = end;
  }
};

const versioned = (kind: Kind): JsonObject => ({
  changes: { strategy: 'version', column: 'points', ...kind.overlap },
});

onEach((kind) => {
  test('a transaction that stamped its row long ago and commits now is not passed over', async () => {
    const connector = connectorOf(kind, {
      changes: { strategy: 'timestamp', column: 'changed_at', ...kind.overlap },
    });
    const stranger = await kind.stranger();
    onTestFinished(() => stranger.end());
    const ago = kind.dialect === 'mysql' ? 'now(6) - interval 900 second' : "now() - interval '900 seconds'";
    await stranger.run('begin');
    await stranger.run(inserted(kind, 'late', { changed_at: ago }));
    await kind.database().run(inserted(kind, 'early'));
    const first = await walked(connector, '');
    expect(first.seen).toContain('early');
    expect(first.seen).not.toContain('late');
    await kind.database().run(inserted(kind, 'between'));
    const second = await walked(connector, first.end);
    expect(second.seen).toContain('between');
    await stranger.run('commit');
    await polledUntil(connector, second.end, 'late');
  });

  test('a number taken before others and committed after them is not passed over', async () => {
    const connector = connectorOf(kind, versioned(kind));
    const stranger = await kind.stranger();
    onTestFinished(() => stranger.end());
    await kind.database().run(inserted(kind, 'n-1', { points: '101' }));
    await stranger.run('begin');
    await stranger.run(inserted(kind, 'n-2', { points: '102' }));
    await kind.database().run(inserted(kind, 'n-3', { points: '103' }));
    const first = await walked(connector, '');
    expect([first.seen.has('n-1'), first.seen.has('n-2'), first.seen.has('n-3')]).toEqual([true, false, true]);
    await stranger.run('commit');
    const end = await polledUntil(connector, first.end, 'n-2');
    await kind.database().run(inserted(kind, 'n-4', { points: '104' }));
    const after = await polledUntil(connector, end, 'n-4');
    // What was settled long ago is not read again and again.
    const settled = await polledUntil(connector, after, 'n-4');
    expect(settled).not.toBe('');
  });

  test('a feed that is quiet does not read everything again with each poll', async () => {
    const connector = connectorOf(kind, versioned(kind));
    const first = await walked(connector, '');
    let { end } = first;
    let seen = first.seen;
    while (seen.size > 2) ({ seen, end } = await walked(connector, end));
    expect(seen.size).toBeLessThan(3);
  });

  test('a table of changes tells of deletions, and each row once as it now is', async () => {
    const log =
      kind.dialect === 'mysql'
        ? `create table customer_log (seq bigint auto_increment primary key, customer_no bigint, at timestamp(6) default current_timestamp(6));
           create trigger log_i after insert on customer for each row insert into customer_log (customer_no) values (new.customer_no);
           create trigger log_u after update on customer for each row insert into customer_log (customer_no) values (new.customer_no);
           create trigger log_d after delete on customer for each row insert into customer_log (customer_no) values (old.customer_no);`
        : `create table customer_log (seq bigserial primary key, customer_no text, at timestamptz default now());
           create function logged() returns trigger language plpgsql security definer as $$ begin
             insert into customer_log (customer_no) values (coalesce(new.customer_no, old.customer_no)); return null; end $$;
           create trigger log_any after insert or update or delete on customer for each row execute function logged();
           grant select on customer_log to ${kind.database().user};`;
    await kind.database().run(log);
    const connector = connectorOf(kind, {
      changes: {
        strategy: 'log',
        table: 'customer_log',
        sequence: 'seq',
        id: 'customer_no',
        at: 'at',
        ...kind.overlap,
      },
      capabilities: { ...CAPABILITIES, deletes: 'in-feed' },
    });
    await kind.database().run(inserted(kind, 'l-1'));
    await kind.database().run(inserted(kind, 'l-2'));
    await kind.database().run("update customer set note = 'twice' where external_ref = 'l-1'");
    const first = await walked(connector, '');
    expect([...first.seen].filter((each) => each.startsWith('l-')).sort()).toEqual(['l-1', 'l-2']);
    const [gone] = await kind.database().query("select customer_no from customer where external_ref = 'l-2'");
    await kind.database().run("delete from customer where external_ref = 'l-2'");
    await polledUntil(connector, first.end, `delete ${String(gone?.['customer_no'])}`);
  });

  test('a cursor that nobody here wrote asks for a full pass', async () => {
    const connector = connectorOf(kind, versioned(kind));
    const page = await connector.changes('Customer', { cursor: "' or 1=1 --", limit: 5 }, aCall());
    expect(page).toEqual({ changes: [], next: '', more: false, gap: 'cursor-expired' });
  });

  test('a cursor whose values its column cannot have asks for a full pass, and a full pass for its beginning', async () => {
    const connector = connectorOf(kind, { changes: { strategy: 'timestamp', column: 'changed_at', ...kind.overlap } });
    const cursor = JSON.stringify({ v: 1, since: "2999-01-01' or '1'='1", waited: null, recent: [], walk: null });
    expect(await connector.changes('Customer', { cursor, limit: 5 }, aCall())).toMatchObject({ gap: 'cursor-expired' });
    const numbered = connectorOf(kind, { id: 'row_version' });
    const after = JSON.stringify({ v: 1, after: "1 or '1'='1'" });
    const again = await numbered.list('Customer', { cursor: after, limit: 5 }, aCall());
    expect(again).toMatchObject({ changes: [], more: true });
    expect((await numbered.list('Customer', { cursor: again.next, limit: 5 }, aCall())).changes).not.toHaveLength(0);
  });
});
