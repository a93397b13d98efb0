import { Socket } from 'node:net';
import pg from 'pg';
import { SyncError } from '../domain/errors.ts';

/** What the ledger asks of PostgreSQL. Inside `transaction` the database given is that transaction. */
export interface Database {
  query<Row = Record<string, unknown>>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Rows a statement touched, for those that return none. */
  execute(sql: string, params?: readonly unknown[]): Promise<number>;
  /** Runs work in one transaction; run again from the start after a deadlock or a serialisation failure. A nested one joins the outer. */
  transaction<T>(work: (db: Database) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Connections at once, default 8. */
  readonly size?: number;
  /** Run every statement as this role, so that the journal stays insert-only for us too. */
  readonly role?: string;
  /** The time the ledger shall believe in; for simulation only. */
  readonly now?: () => string;
}

// Serialisation failure and deadlock: PostgreSQL rolled the work back and says "again".
// A statement that was prepared before a table got another column is refused too: a new connection prepares it anew.
const OUTDATED = '0A000';
const AGAIN = new Set(['40001', '40P01', OUTDATED]);
/** Thrown in a transaction that met what it did not see when it began: it is rolled back and done again. */
export const onceMore = (): Error =>
  Object.assign(new Error('met what another transaction had just stored'), { code: '40001' });
const ATTEMPTS = 8;
// Connection lost, server starting or stopping, no more connections: the ledger is down, not wrong.
const DOWN = /^(08...|57P0.|53300|ECONN.*|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)$/;

// It answers, and does not let us in: said by itself, because it is mended elsewhere than a server that is down.
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^28(000|P01)$/, 'PostgreSQL refuses the user or password of DATABASE_URL'],
  [/^3D000$/, 'the database that DATABASE_URL names does not exist at this PostgreSQL'],
  [
    /^(ERR_TLS_.*|.*_CERT.*|CERT_.*|UNABLE_TO_.*)$/,
    'PostgreSQL’s certificate is not trusted: name the file of its authority with sslrootcert in DATABASE_URL',
  ],
];

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

const down = (error: unknown): SyncError => new SyncError('LEDGER_DOWN', 'PostgreSQL cannot be reached', {}, error);

/** A failure of the way to PostgreSQL becomes LEDGER_DOWN; any other stays what it is. */
const translated = (error: unknown): unknown => {
  if (error instanceof SyncError) return error;
  const code = codeOf(error);
  const refused = REFUSED.find(([codes]) => codes.test(code));
  if (refused !== undefined) return new SyncError('LEDGER_DOWN', refused[1], {}, error);
  return DOWN.test(code) ? down(error) : error;
};

/** Sees how a server answers the demand for TLS: with this one byte it says that it has none. The driver's error has no code. */
const NO_TLS = 'N'.charCodeAt(0);
const watched = (refused: () => void): Socket => {
  const socket = new Socket();
  socket.once('data', (first) => {
    if (first.length === 1 && first[0] === NO_TLS) refused();
  });
  return socket;
};

const quoted = (text: string): string =>
  `"${text.includes('\\') || text.includes('"') ? text.replace(/["\\]/g, '\\$&') : text}"`;

/** A list as PostgreSQL reads it. The driver makes the same text letter by letter: most of what a batch left to be collected. */
const listed = (items: readonly unknown[]): unknown =>
  items.every((item) => item === null || typeof item === 'string' || typeof item === 'number')
    ? `{${items.map((item) => (typeof item === 'string' ? quoted(item) : String(item))).join(',')}}`
    : items;

const plain = (params: readonly unknown[] | undefined): unknown[] | undefined =>
  params?.map((param) => (Array.isArray(param) ? listed(param) : param));

// So many statements are kept parsed in a connection; ours are a few hundred, whoever makes more has the rest parsed anew.
const KEPT_STATEMENTS = 1_000;
const names = new Map<string, string>();
const nameOf = (sql: string): string | undefined => {
  const known = names.get(sql);
  if (known !== undefined || names.size >= KEPT_STATEMENTS) return known;
  const name = `tally_${names.size}`;
  names.set(sql, name);
  return name;
};

/** A statement with parameters is parsed once in each connection, and known there by its name from then on. */
const prepared = (sql: string, params: readonly unknown[] | undefined): pg.QueryConfig => {
  const values = plain(params);
  const name = values === undefined ? undefined : nameOf(sql);
  return { text: sql, ...(values === undefined ? {} : { values }), ...(name === undefined ? {} : { name }) };
};

/** A transaction under way. What comes after its end is refused: it would stand outside, and alone. */
const inClient = (client: pg.PoolClient) => {
  let ended = false;
  const asked = async (sql: string, params?: readonly unknown[]): Promise<pg.QueryResult> => {
    if (ended) throw new TypeError('a statement came after its transaction had ended');
    return client.query(prepared(sql, params));
  };
  const db: Database = {
    query: async (sql, params) => (await asked(sql, params)).rows as never,
    execute: async (sql, params) => (await asked(sql, params)).rowCount ?? 0,
    transaction: (work) => work(db),
    close: async () => {},
  };
  const end = (): void => {
    ended = true;
  };
  return { db, end };
};

/** Sent together with the first statement of the work, which follows in the same order. */
const begin = async (client: pg.PoolClient, options: DatabaseOptions): Promise<void> => {
  const now = options.now?.();
  await Promise.all([
    client.query('begin'),
    ...(now === undefined ? [] : [client.query(`select set_config('tally.now', $1, true)`, [now])]),
  ]);
};

/** A connection for as long as the work takes. */
type Lease = <T>(work: (client: pg.PoolClient) => Promise<T>) => Promise<T>;

const leasing =
  (pool: pg.Pool, lacksTls: () => boolean): Lease =>
  async (work) => {
    const client = await pool.connect().catch((error: unknown) => {
      if (codeOf(error) !== '') throw error;
      // Without a code it is the driver's own word that nothing came of the connection.
      if (lacksTls())
        throw new SyncError('LEDGER_DOWN', 'DATABASE_URL demands TLS, and this PostgreSQL has no TLS', {}, error);
      throw down(error);
    });
    let broken = false;
    let outdated = false;
    // A connection that dies says so here; without a listener that would end the process.
    const died = (): void => {
      broken = true;
    };
    client.on('error', died);
    try {
      return await work(client);
    } catch (error) {
      if (codeOf(error) === OUTDATED) outdated = true;
      // What fails for the death of its connection comes without a code.
      throw broken && codeOf(error) === '' ? down(error) : error;
    } finally {
      client.off('error', died);
      client.release(broken || outdated);
    }
  };

const once = <T>(lease: Lease, options: DatabaseOptions, work: (db: Database) => Promise<T>): Promise<T> =>
  lease(async (client) => {
    const begun = begin(client, options);
    const { db, end } = inClient(client);
    try {
      const [result] = await Promise.all([work(db), begun]);
      end();
      await client.query('commit');
      return result;
    } catch (error) {
      end();
      // Where it cannot roll back its connection is dead, and the server rolls back by itself.
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  });

/** Opens a pool on PostgreSQL. Every statement sees schema `tally` first. */
export const openDatabase = (url: string, options: DatabaseOptions = {}): Database => {
  const role = options.role === undefined ? '' : ` -c role=${options.role}`;
  let lacksTls = false;
  const pool = new pg.Pool({
    connectionString: url,
    stream: () =>
      watched(() => {
        lacksTls = true;
      }),
    max: options.size ?? 8,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    // Statements of one transaction that need not know each other's results are sent together: each waiting for the other's
    // turn costs more, on a busy machine, than the work itself. They run in the order in which they were asked for.
    pipeline: true,
    options: `-c search_path=tally,public -c timezone=UTC -c jit=off${role}`,
  });
  // An idle connection that dies is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => undefined);
  const lease = leasing(pool, () => lacksTls);
  const transaction = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(lease, options, work);
      } catch (error) {
        if (!AGAIN.has(codeOf(error)) || attempt >= ATTEMPTS) throw translated(error);
      }
    }
  };
  // A single statement runs in a transaction of its own only where a simulated clock must be set for it.
  const alone = async <T>(run: (db: Database) => Promise<T>, direct: () => Promise<T>): Promise<T> => {
    if (options.now !== undefined) return transaction(run);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await direct();
      } catch (error) {
        if (!AGAIN.has(codeOf(error)) || attempt >= ATTEMPTS) throw translated(error);
      }
    }
  };
  return {
    query: <Row>(sql: string, params?: readonly unknown[]) =>
      alone<Row[]>(
        (db) => db.query<Row>(sql, params),
        () => lease(async (client) => (await client.query(prepared(sql, params))).rows),
      ),
    execute: (sql, params) =>
      alone(
        (db) => db.execute(sql, params),
        () => lease(async (client) => (await client.query(prepared(sql, params))).rowCount ?? 0),
      ),
    transaction,
    close: () => pool.end(),
  };
};
