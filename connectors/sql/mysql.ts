/** MySQL and MariaDB, by `mysql2`: statements are prepared by the server, so that a value never stands in a text. */
import { isIP } from 'node:net';
import mysql from 'mysql2';
import { SyncError } from '../../src/domain/errors.ts';
import type { Answer, Bound, Cell, Column, Dialect, Kind, OpenOptions, Session, Spoken, Tls } from './dialect.ts';
import { MYSQL_MEANINGS } from './meanings.ts';
import { boundText } from './value.ts';

/** Field types of the protocol. */
const KINDS: Readonly<Record<number, readonly [Kind, string]>> = {
  0: ['decimal', 'decimal'],
  1: ['integer', 'tinyint'],
  2: ['integer', 'smallint'],
  3: ['integer', 'int'],
  4: ['decimal', 'float'],
  5: ['decimal', 'double'],
  7: ['instant', 'timestamp'],
  8: ['integer', 'bigint'],
  9: ['integer', 'mediumint'],
  10: ['date', 'date'],
  11: ['time', 'time'],
  12: ['local', 'datetime'],
  13: ['integer', 'year'],
  15: ['text', 'varchar'],
  16: ['binary', 'bit'],
  245: ['json', 'json'],
  246: ['decimal', 'decimal'],
  247: ['text', 'enum'],
  248: ['text', 'set'],
  249: ['text', 'tinytext'],
  250: ['text', 'mediumtext'],
  251: ['text', 'longtext'],
  252: ['text', 'text'],
  253: ['text', 'varchar'],
  254: ['text', 'char'],
};
const FLOAT = 4;
/** The character set of what is no text. */
const BINARY = 63;
/** Texts are announced in bytes of utf8mb4. */
const BYTES_PER_CHARACTER = 4;

const columnOf = ({ name, columnType = -1, characterSet, columnLength = 0 }: mysql.FieldPacket): Column => {
  const [kind, type] = KINDS[columnType] ?? ['unknown', `type ${columnType}`];
  if (kind !== 'text') return { name, kind, type };
  if (characterSet === BINARY)
    return { name, kind: 'binary', type: type.replace('text', 'blob').replace('char', 'binary') };
  return { name, kind, type, max: Math.floor(columnLength / BYTES_PER_CHARACTER) };
};

/** A single-precision number arrives as the double nearest to it; these are the digits that the server itself would print. */
const single = (value: number): string => {
  for (let digits = 6; digits < 9; digits += 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(value);
};

type RawCell = string | number | bigint | Buffer | null;
const cellOf = (cell: RawCell, type: number | undefined): Cell => {
  if (typeof cell === 'bigint') return String(cell);
  return typeof cell === 'number' && type === FLOAT ? single(cell) : cell;
};

const isRows = (value: unknown): value is readonly (readonly RawCell[])[] =>
  Array.isArray(value) && (value.length === 0 || Array.isArray(value[0]));

/** A CALL answers several results; the first that has rows counts. */
const answerOf = (result: unknown, fields: unknown): Answer => {
  const list = Array.isArray(fields) ? (fields as readonly unknown[]) : [];
  const several =
    Array.isArray(result) && list.some((each) => Array.isArray(each) || each === undefined) && list.length > 0;
  if (several) {
    const at = list.findIndex((each) => Array.isArray(each));
    return at < 0
      ? answerOf((result as readonly unknown[]).at(-1), undefined)
      : answerOf((result as readonly unknown[])[at], list[at]);
  }
  const described = list as readonly mysql.FieldPacket[];
  if (isRows(result)) {
    const rows = result.map((row) => row.map((cell, at) => cellOf(cell, described[at]?.columnType)));
    return { columns: described.map(columnOf), rows, affected: rows.length };
  }
  const { affectedRows = 0, insertId = 0 } = (result ?? {}) as { affectedRows?: number; insertId?: number | string };
  const given = String(insertId);
  return { columns: [], rows: [], affected: affectedRows, ...(given === '0' ? {} : { insertId: given }) };
};

const sslOf = (tls: Tls | undefined) =>
  tls === undefined ? {} : { ssl: { rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2', ...tls } };

/** Times in UTC, nothing cut or rounded in silence, and no wait without an end. */
const settingsOf = ({ readOnly, statementMs }: OpenOptions, isMariaDb: boolean): readonly string[] => {
  const seconds = Math.max(1, Math.ceil(statementMs / 1000));
  return [
    `SET SESSION time_zone = '+00:00', sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO'), innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`,
    isMariaDb
      ? `SET SESSION max_statement_time = ${statementMs / 1000}`
      : `SET SESSION max_execution_time = ${statementMs}`,
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
    `SET SESSION TRANSACTION READ ${readOnly ? 'ONLY' : 'WRITE'}`,
  ];
};

type Done = (error: unknown, result?: unknown, fields?: unknown) => void;
const promised = (start: (done: Done) => void): Promise<Answer> =>
  new Promise((resolve, reject) => {
    start((error, result, fields) =>
      error === null || error === undefined ? resolve(answerOf(result, fields)) : reject(error),
    );
  });

const connected = (connection: mysql.Connection): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.connect((error) => (error === null ? resolve() : reject(error)));
  });

const sessionOf = (connection: mysql.Connection, stream: NodeJS.ReadableStream, destroy: () => void): Session => {
  const gone: (() => void)[] = [];
  connection.on('error', () => {
    for (const then of gone) then();
  });
  return {
    run: (text, values) =>
      promised((done) => connection.execute({ sql: text, values: [...values], rowsAsArray: true }, done)),
    say: (text) => promised((done) => connection.query({ sql: text, rowsAsArray: true }, done)),
    watch: (arrived) => {
      stream.on('data', (chunk: Buffer) => arrived(chunk.length));
    },
    lost: (then) => {
      gone.push(then);
      stream.on('close', then);
    },
    end: () => new Promise((resolve) => connection.end(() => resolve())),
    destroy,
  };
};

const open = async (options: OpenOptions): Promise<Session> => {
  const { host, database, user, password, tls } = options;
  // The driver compares the certificate of an address with the name "localhost".
  if (tls !== undefined && isIP(host) !== 0)
    throw new SyncError('CONFIG_INVALID', `${host} is an address; name the host as its certificate does`, {
      unsent: true,
    });
  const socket = await options.socket();
  const destroy = (): void => {
    socket.destroy();
  };
  const connection = mysql.createConnection({
    ...{ host, database, user, password, charset: 'utf8mb4', stream: () => socket, ...sslOf(tls) },
    ...{ dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, jsonStrings: true },
    ...{ flags: ['-LOCAL_FILES', '+FOUND_ROWS'], maxPreparedStatements: 100, disableEval: true },
  });
  // Without a listener a lost connection would end the process.
  connection.on('error', () => undefined);
  try {
    await connected(connection);
    // Behind TLS the driver reads from another stream than the socket.
    const { stream } = connection as unknown as { stream: NodeJS.ReadableStream };
    const session = sessionOf(connection, stream, destroy);
    const version = await session.say('SELECT VERSION()');
    for (const setting of settingsOf(options, /mariadb/i.test(String(version.rows[0]?.[0]))))
      await session.say(setting);
    return session;
  } catch (error) {
    destroy();
    throw error;
  }
};

/** Error numbers from 2000 on are the driver's own. */
const spoken = (error: unknown): Spoken => {
  const { errno, sqlMessage, sqlState } = error as { errno?: number; sqlMessage?: string; sqlState?: string };
  const fromServer = errno !== undefined && errno > 0 && sqlState !== undefined && (errno < 2000 || errno >= 3000);
  // What a procedure raises by itself has a number that says nothing; its state is what it chose.
  const own = errno === 1644 && sqlState !== '45000' ? sqlState : String(errno);
  return { code: fromServer ? own : undefined, message: sqlMessage ?? '' };
};

const bind = (value: Parameters<Dialect['bind']>[0], kind: Kind): Bound => {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  const text = boundText(value);
  if (kind === 'integer' && /^-?\d{1,20}$/.test(text)) return BigInt(text);
  if (kind === 'boolean' && /^[01]$/.test(text)) return BigInt(text);
  if (kind === 'instant' || kind === 'local') return text.replace('T', ' ').replace(/Z$/, '');
  return text;
};

/** The dialect of MySQL and MariaDB. */
export const mysqlDialect: Dialect = {
  name: 'mysql',
  schemes: ['mysql', 'mariadb'],
  port: 3306,
  quote: (identifier) => `\`${identifier.replaceAll('`', '``')}\``,
  place: () => '?',
  limited: (select, rows) => `${select} LIMIT ${rows}`,
  begin: 'START TRANSACTION',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  savepoint: 'SAVEPOINT item',
  rollbackTo: 'ROLLBACK TO SAVEPOINT item',
  hello: 'SELECT CURRENT_USER()',
  clock: 'SELECT CAST(FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000) AS CHAR)',
  insert: (table, columns, places) => `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`,
  bind,
  spoken,
  meanings: MYSQL_MEANINGS,
  undone: ['1213'],
  open,
};
