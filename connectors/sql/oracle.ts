/**
 * Oracle, by `oracledb` in its thin mode, which is installed besides. Written after its documentation and not tried on a
 * server here. The driver dials by itself: a plain connection goes to the tested address, an encrypted one to the host's
 * name, whose certificate is checked.
 */
import type { Connection, Driver, MetaData } from 'oracledb';
import type { Answer, Bound, Cell, Column, Dialect, Kind, OpenOptions, Session } from './dialect.ts';
import { ORACLE_MEANINGS } from './meanings.ts';
import { driverOf } from './missing.ts';
import { boundText } from './value.ts';

const kindOf = ({ dbTypeName, scale }: MetaData): Kind => {
  if (/^(N?VARCHAR2?|N?CHAR|N?CLOB|LONG|ROWID)$/.test(dbTypeName)) return 'text';
  if (dbTypeName === 'NUMBER') return scale === 0 ? 'integer' : 'decimal';
  if (/^BINARY_(FLOAT|DOUBLE)$|^FLOAT$/.test(dbTypeName)) return 'decimal';
  if (/WITH (LOCAL )?TIME ZONE$/.test(dbTypeName)) return 'instant';
  if (/^(DATE|TIMESTAMP)/.test(dbTypeName)) return 'local';
  if (/^(BLOB|RAW|LONG RAW)$/.test(dbTypeName)) return 'binary';
  return dbTypeName === 'JSON' ? 'json' : 'unknown';
};

const columnOf = (described: MetaData): Column => {
  const kind = kindOf(described);
  const sized = kind === 'text' && described.byteSize !== undefined && described.byteSize > 0;
  return {
    name: described.name,
    kind,
    type: described.dbTypeName.toLowerCase(),
    ...(sized ? { max: described.byteSize } : {}),
  };
};

const cellOf = (value: unknown): Cell => {
  if (value === null || value === undefined) return null;
  return Buffer.isBuffer(value) || typeof value === 'boolean' ? value : String(value);
};

/** Numbers and long texts as text, long bytes as bytes: nothing as a JavaScript number, nothing as a stream. */
const handlerOf = (driver: Driver) => (described: { readonly dbType: unknown }) => {
  const { dbType } = described;
  if (dbType === driver.DB_TYPE_NUMBER || dbType === driver.DB_TYPE_CLOB || dbType === driver.DB_TYPE_NCLOB)
    return { type: driver.STRING };
  return dbType === driver.DB_TYPE_BLOB ? { type: driver.BUFFER } : undefined;
};

const connectString = ({ host, port, database, tls }: OpenOptions, address: string): string => {
  const [protocol, where] = tls === undefined ? ['tcp', address] : ['tcps', host];
  const security = tls === undefined ? '' : '(SECURITY=(SSL_SERVER_DN_MATCH=ON))';
  return `(DESCRIPTION=(TRANSPORT_CONNECT_TIMEOUT=5)(ADDRESS=(PROTOCOL=${protocol})(HOST=${where})(PORT=${port}))(CONNECT_DATA=(SERVICE_NAME=${database}))${security})`;
};

/** A session says UTC and a point, whatever the machine's own habits. */
const SETTINGS = `ALTER SESSION SET TIME_ZONE = '+00:00' NLS_NUMERIC_CHARACTERS = '.,'`;

const open = async (options: OpenOptions): Promise<Session> => {
  const { default: driver } = await driverOf('Oracle', 'oracledb', '26.0.0', () => import('oracledb'));
  const { user, password, tls, statementMs, database } = options;
  if (/[()=\s]/.test(database)) throw new TypeError('the name of the service has a character that cannot stand there');
  const wallet =
    tls === undefined ? undefined : [tls.key, tls.cert, tls.ca].filter((each) => each !== undefined).join('\n');
  const connection: Connection = await driver.getConnection({
    ...{ user, password, connectString: connectString(options, await options.address()) },
    ...(wallet === undefined || wallet === '' ? {} : { walletContent: wallet }),
  });
  connection.callTimeout = statementMs;
  const fetchTypeHandler = handlerOf(driver);
  const run = async (text: string, values: readonly Bound[]): Promise<Answer> => {
    const {
      metaData = [],
      rows = [],
      rowsAffected = 0,
    } = await connection.execute(text, [...values], { fetchTypeHandler });
    return { columns: metaData.map(columnOf), rows: rows.map((row) => row.map(cellOf)), affected: rowsAffected };
  };
  const destroy = (): void => {
    connection.close({ drop: true }).catch(() => undefined);
  };
  await run(SETTINGS, []);
  return {
    run,
    say: (text) => run(text, []),
    // The driver keeps its socket to itself: pages are limited by their rows alone.
    watch: () => undefined,
    lost: () => undefined,
    end: () => connection.close(),
    destroy,
  };
};

const MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.FF9';

const shown = (column: string, kind: Kind): string => {
  if (kind === 'instant') return `TO_CHAR(SYS_EXTRACT_UTC(${column}), '${MOMENT}') || 'Z'`;
  return kind === 'local' ? `TO_CHAR(CAST(${column} AS TIMESTAMP), '${MOMENT}')` : column;
};

const place = (number: number, kind: Kind): string => {
  if (kind === 'instant') return `TO_TIMESTAMP_TZ(:${number}, '${MOMENT} TZH:TZM')`;
  if (kind === 'local') return `TO_TIMESTAMP(:${number}, '${MOMENT}')`;
  return kind === 'integer' || kind === 'decimal' ? `TO_NUMBER(:${number})` : `:${number}`;
};

const bind = (value: Parameters<Dialect['bind']>[0], kind: Kind): Bound => {
  if (typeof value === 'boolean') return value ? '1' : '0';
  const text = boundText(value);
  if (kind !== 'instant' && kind !== 'local') return text;
  const [, whole = text, fraction = '0'] = /^([^.]*?)(?:\.(\d+))?Z?$/.exec(text) ?? [];
  return `${whole}.${fraction}${kind === 'instant' ? ' +00:00' : ''}`;
};

/** The dialect of Oracle. */
export const oracle: Dialect = {
  name: 'oracle',
  schemes: ['oracle'],
  port: 1521,
  quote: (identifier) => `"${identifier.replaceAll('"', '')}"`,
  place,
  limited: (select, rows) => `${select} FETCH FIRST ${rows} ROWS ONLY`,
  shown,
  begin: 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  savepoint: 'SAVEPOINT item',
  rollbackTo: 'ROLLBACK TO SAVEPOINT item',
  hello: 'SELECT USER FROM DUAL',
  clock: `SELECT TO_CHAR(FLOOR((CAST(SYS_EXTRACT_UTC(SYSTIMESTAMP) AS DATE) - DATE '1970-01-01') * 86400) * 1000) FROM DUAL`,
  insert: (table, columns, places) => `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places.join(', ')})`,
  bind,
  spoken: (error) => {
    const { errorNum, message = '' } = error as { errorNum?: number; message?: string };
    return { code: errorNum === undefined || errorNum === 0 ? undefined : String(errorNum), message };
  },
  meanings: ORACLE_MEANINGS,
  undone: ['8177', '60'],
  open,
};
