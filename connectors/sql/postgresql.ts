/** PostgreSQL, by `pg`. Every value travels as text and is cast by the server; nothing is turned into a JavaScript number. */
import pg from 'pg';
import type { Answer, Cell, Column, Dialect, Kind, OpenOptions, Session, Tls } from './dialect.ts';
import { POSTGRESQL_MEANINGS } from './meanings.ts';
import { boundText } from './value.ts';

const KINDS: Readonly<Record<number, readonly [Kind, string]>> = {
  16: ['boolean', 'boolean'],
  17: ['binary', 'bytea'],
  20: ['integer', 'bigint'],
  21: ['integer', 'smallint'],
  23: ['integer', 'integer'],
  25: ['text', 'text'],
  26: ['integer', 'oid'],
  28: ['integer', 'xid'],
  114: ['json', 'json'],
  700: ['decimal', 'real'],
  701: ['decimal', 'double precision'],
  1042: ['text', 'character'],
  1043: ['text', 'character varying'],
  1082: ['date', 'date'],
  1083: ['time', 'time'],
  1114: ['local', 'timestamp'],
  1184: ['instant', 'timestamp with time zone'],
  1700: ['decimal', 'numeric'],
  2950: ['uuid', 'uuid'],
  3802: ['json', 'jsonb'],
  5069: ['integer', 'xid8'],
};
const BITS: Readonly<Record<number, number>> = { 20: 63, 21: 15, 23: 31, 26: 32, 28: 32, 5069: 64 };
/** Lengths of these types count four bytes of header. */
const SIZED = new Set([1042, 1043]);

const columnOf = ({ name, dataTypeID, dataTypeModifier }: pg.FieldDef): Column => {
  const [kind, type] = KINDS[dataTypeID] ?? ['unknown', `type ${dataTypeID}`];
  const max = SIZED.has(dataTypeID) && dataTypeModifier > 4 ? dataTypeModifier - 4 : undefined;
  const bits = BITS[dataTypeID];
  return { name, kind, type, ...(max === undefined ? {} : { max }), ...(bits === undefined ? {} : { bits }) };
};

/** `pg` knows this option; its types do not yet. */
type Asked = pg.QueryArrayConfig & { readonly queryMode?: 'extended' };
/** What `pg` answers when rows are arrays and nothing is parsed. */
type Raw = pg.QueryArrayResult<Cell[]>;

const answerOf = (result: Raw): Answer => ({
  columns: result.fields.map(columnOf),
  rows: result.rows,
  affected: result.rowCount ?? 0,
  rolledBack: result.command === 'ROLLBACK',
});

const asText = { getTypeParser: () => (text: string | Buffer) => text } as unknown as pg.CustomTypesConfig;

const sslOf = (tls: Tls | undefined) =>
  tls === undefined ? false : { rejectUnauthorized: true, minVersion: 'TLSv1.2' as const, ...tls };

/** Times in UTC, exact numbers, no open transaction left behind, and no wait without an end. */
const settingsOf = ({ statementMs, readOnly }: OpenOptions): string =>
  [
    `SET statement_timeout = ${statementMs}`,
    `SET lock_timeout = ${statementMs}`,
    `SET idle_in_transaction_session_timeout = ${statementMs}`,
    `SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`,
    `SET default_transaction_isolation = 'read committed'`,
    `SET TimeZone = 'UTC'`,
    `SET DateStyle = 'ISO, YMD'`,
    `SET bytea_output = 'hex'`,
    `SET extra_float_digits = 1`,
    `SET standard_conforming_strings = on`,
  ].join('; ');

const open = async (options: OpenOptions): Promise<Session> => {
  const { host, port, database, user, password, tls } = options;
  const socket = await options.socket();
  // The driver would dial by itself; this socket stands already, and only says so.
  const connect = (): typeof socket => {
    process.nextTick(() => socket.emit('connect'));
    return socket;
  };
  const client = new pg.Client({
    ...{ host, port, database, user, password, application_name: 'tallystick' },
    ssl: sslOf(tls),
    types: asText,
    stream: () => Object.assign(socket, { connect }),
  });
  const gone: (() => void)[] = [];
  // Without a listener a lost connection would end the process.
  client.on('error', () => {
    for (const then of gone) then();
  });
  client.on('end', () => {
    for (const then of gone) then();
  });
  const destroy = (): void => {
    socket.destroy();
  };
  try {
    await client.connect();
    await client.query(settingsOf(options));
  } catch (error) {
    destroy();
    throw error;
  }
  const ask = async (query: Asked): Promise<Answer> => answerOf((await client.query<Cell[]>(query)) as Raw);
  return {
    // Even without values: in this way of asking one text is one statement.
    run: (text, values) => ask({ text, values: [...values], rowMode: 'array', queryMode: 'extended' }),
    say: (text) => ask({ text, rowMode: 'array' }),
    watch: (arrived) => {
      // Behind TLS the driver reads from another stream than the socket.
      const { stream } = client.connection as unknown as { stream: NodeJS.ReadableStream };
      stream.on('data', (chunk: Buffer) => arrived(chunk.length));
    },
    lost: (then) => gone.push(then),
    end: () => client.end(),
    destroy,
  };
};

const spoken = (error: unknown) => {
  const { code, message = '' } = error as { code?: string; message?: string };
  // SQLSTATEs have five characters; what Node calls its own errors does not.
  const isState = error instanceof pg.DatabaseError && code !== undefined && /^[0-9A-Z]{5}$/.test(code);
  return { code: isState ? code : undefined, message };
};

/**
 * Every transaction holds a lock on its own virtual id from its first moment, whether or not it has written yet, and
 * anybody may see these locks. A prepared one holds its own id. On a standby the writers are elsewhere and cannot be seen.
 */
const IN_FLIGHT = `SELECT l.virtualtransaction || ':' || coalesce(l.transactionid::text, '') FROM pg_locks l
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.granted AND l.mode = 'ExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid()
    AND (l.locktype = 'virtualxid' OR (l.locktype = 'transactionid' AND l.pid IS NULL))
    AND (a.datid IS NULL OR a.datid = (SELECT oid FROM pg_database WHERE datname = current_database()))`;

const inFlight = async (session: Session): Promise<readonly string[] | undefined> => {
  const { rows: where } = await session.run('SELECT pg_is_in_recovery()', []);
  if (where[0]?.[0] !== 'f') return undefined;
  const { rows } = await session.run(IN_FLIGHT, []);
  return rows.map(([id]) => String(id));
};

/** The dialect of PostgreSQL. */
export const postgresql: Dialect = {
  name: 'postgresql',
  schemes: ['postgresql', 'postgres'],
  port: 5432,
  quote: (identifier) => `"${identifier.replaceAll('"', '""')}"`,
  place: (number) => `$${number}`,
  limited: (select, rows) => `${select} LIMIT ${rows}`,
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  savepoint: 'SAVEPOINT item',
  rollbackTo: 'ROLLBACK TO SAVEPOINT item',
  hello: 'SELECT current_user',
  clock: 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint',
  inFlight,
  insert: (table, columns, places, id) =>
    columns.length === 0
      ? `INSERT INTO ${table} DEFAULT VALUES RETURNING ${id}`
      : `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')}) RETURNING ${id}`,
  bind: (value, kind) => (typeof value === 'boolean' && kind === 'integer' ? (value ? '1' : '0') : boundText(value)),
  spoken,
  meanings: POSTGRESQL_MEANINGS,
  undone: ['40001', '40002', '40P01'],
  open,
};
