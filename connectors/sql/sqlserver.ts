/**
 * SQL Server, by `tedious`, which is installed besides. Written after its documentation and not tried on a server here.
 * The driver reads decimals and dates into JavaScript's own; so they are selected as text.
 */
import type { ColumnMetaData, ColumnValue, Connection } from 'tedious';
import type { Answer, Bound, Cell, Column, Dialect, Kind, OpenOptions, Session } from './dialect.ts';
import { SQLSERVER_MEANINGS } from './meanings.ts';
import { driverOf } from './missing.ts';
import { boundText } from './value.ts';

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/^(TinyInt|SmallInt|Int|BigInt|IntN)$/, 'integer'],
  [/^(Decimal|DecimalN|Numeric|NumericN|Money|MoneyN|SmallMoney|Float|FloatN|Real)$/, 'decimal'],
  [/^(Bit|BitN)$/, 'boolean'],
  [/^Date$/, 'date'],
  [/^Time$/, 'time'],
  [/^DateTimeOffset$/, 'instant'],
  [/^(DateTime|DateTime2|DateTimeN|SmallDateTime)$/, 'local'],
  [/^(Binary|VarBinary|Image)$/, 'binary'],
  [/^UniqueIdentifier$/, 'uuid'],
  [/^(N?VarChar|N?Char|N?Text|Xml)$/, 'text'],
];

const columnOf = ({ colName, type, dataLength }: ColumnMetaData): Column => {
  const kind = KINDS.find(([pattern]) => pattern.test(type.name))?.[1] ?? 'unknown';
  const wide = type.name.startsWith('N') ? 2 : 1;
  const sized = kind === 'text' && dataLength !== undefined && dataLength > 0 && dataLength < 8_001;
  return { name: colName, kind, type: type.name.toLowerCase(), ...(sized ? { max: dataLength / wide } : {}) };
};

const cellOf = (value: unknown): Cell => {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value) || typeof value === 'boolean' || typeof value === 'number') return value;
  return String(value);
};

type Driver = typeof import('tedious');

const ask = (driver: Driver, connection: Connection, text: string, values?: readonly Bound[]): Promise<Answer> =>
  new Promise((resolve, reject) => {
    let columns: readonly Column[] = [];
    const rows: Cell[][] = [];
    const request = new driver.Request(text, (error, rowCount = 0) => {
      if (error !== null && error !== undefined) reject(error);
      else resolve({ columns, rows, affected: rowCount });
    });
    request.on('columnMetadata', (found: readonly ColumnMetaData[]) => {
      columns = found.map(columnOf);
    });
    request.on('row', (row: readonly ColumnValue[]) => rows.push(row.map(({ value }) => cellOf(value))));
    values?.forEach((value, at) => {
      const binary = Buffer.isBuffer(value);
      const type = binary ? driver.TYPES.VarBinary : driver.TYPES.NVarChar;
      request.addParameter(`p${at + 1}`, type, value === null || binary ? value : String(value));
    });
    if (values === undefined) connection.execSqlBatch(request);
    else connection.execSql(request);
  });

const open = async (options: OpenOptions): Promise<Session> => {
  const driver = await driverOf('SQL Server', 'tedious', '20.3.9', () => import('tedious'));
  const { host, port, database, user, password, tls, statementMs, readOnly } = options;
  const socket = await options.socket();
  const connection = new driver.Connection({
    server: host,
    authentication: { type: 'default', options: { userName: user, password } },
    options: {
      ...{ port, database, appName: 'tallystick', useUTC: true, readOnlyIntent: readOnly },
      ...{
        encrypt: tls !== undefined,
        trustServerCertificate: false,
        cryptoCredentialsDetails: { minVersion: 'TLSv1.2', ...tls },
      },
      ...{ requestTimeout: statementMs, connectTimeout: statementMs, connector: async () => socket },
    },
  });
  // Without a listener a lost connection would end the process.
  connection.on('error', () => undefined);
  const destroy = (): void => {
    socket.destroy();
  };
  const say: Session['say'] = (text) => ask(driver, connection, text);
  try {
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error === undefined ? resolve() : reject(error)));
    });
    await say(
      `SET LOCK_TIMEOUT ${statementMs}; SET XACT_ABORT OFF; SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET DATEFORMAT ymd`,
    );
  } catch (error) {
    destroy();
    throw error;
  }
  return {
    say,
    run: (text, values) => ask(driver, connection, text, values),
    watch: (arrived) => {
      socket.on('data', (chunk: Buffer) => arrived(chunk.length));
    },
    lost: (then) => {
      connection.on('end', then);
    },
    end: async () => connection.close(),
    destroy,
  };
};

/** What a column is selected as, so that no digit and no second is lost in the driver. */
const shown = (column: string, kind: Kind): string => {
  if (kind === 'decimal') return `CONVERT(varchar(100), ${column})`;
  if (kind === 'date') return `CONVERT(varchar(10), ${column}, 23)`;
  if (kind === 'instant') return `CONVERT(varchar(33), SWITCHOFFSET(${column}, 0), 127)`;
  return kind === 'local' || kind === 'time' ? `CONVERT(varchar(33), ${column}, 126)` : column;
};

/** The dialect of SQL Server. */
export const sqlserver: Dialect = {
  name: 'sqlserver',
  schemes: ['sqlserver', 'mssql'],
  port: 1433,
  quote: (identifier) => `[${identifier.replaceAll(']', ']]')}]`,
  place: (number, kind) => (kind === 'instant' ? `CAST(@p${number} AS datetimeoffset(7))` : `@p${number}`),
  limited: (select, rows) => select.replace(/^SELECT /, `SELECT TOP (${rows}) `),
  shown,
  begin: 'BEGIN TRANSACTION',
  commit: 'COMMIT TRANSACTION',
  rollback: 'ROLLBACK TRANSACTION',
  savepoint: 'SAVE TRANSACTION item',
  rollbackTo: 'ROLLBACK TRANSACTION item',
  hello: 'SELECT SUSER_SNAME()',
  clock: `SELECT CAST(DATEDIFF_BIG(ms, '1970-01-01', SYSUTCDATETIME()) AS varchar(20))`,
  insert: (table, columns, places, id) => {
    const values = columns.length === 0 ? 'DEFAULT VALUES' : `(${columns.join(', ')}) VALUES (${places.join(', ')})`;
    return `INSERT INTO ${table} ${values}; SELECT CAST(SCOPE_IDENTITY() AS varchar(40)) AS ${id}`;
  },
  bind: (value) => (typeof value === 'boolean' ? (value ? '1' : '0') : boundText(value)),
  spoken: (error) => {
    const { number, message = '' } = error as { number?: number; message?: string };
    return { code: number === undefined ? undefined : String(number), message };
  },
  meanings: SQLSERVER_MEANINGS,
  undone: ['1205', '3960'],
  open,
};
