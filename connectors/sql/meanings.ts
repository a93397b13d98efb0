/** What the codes of each database mean to us: a class that decides the recovery, and a sentence for people. */
import type { Meaning } from './dialect.ts';

const SCHEMA = 'the connection file does not fit the database: correct it, or restore what it names';
const LOGIN = 'the database refuses the login: correct user, password or database, then resume the connection';
const RIGHT = 'the user has no right to this: grant it in the database, then resume the connection';
const DEADLOCK = 'two transactions waited for each other and this one gave way; nothing was done and it is sent again';
const LOCKED = 'another transaction held the row for too long; nothing was done and it is sent again';
const BUSY = 'the database has no room for more connections or statements; it is asked again later';
const DOWN = 'the database is shutting down, starting or recovering; it is asked again later';
const SLOW = 'the statement took longer than the connection’s time limit; raise call_ms, or add an index for it';
const FULL = 'the database has run out of disk or memory; its administrator must make room';
const UNIQUE = 'the database already has a row with this value; link the two records';
const RULE = 'a rule of the database refuses the row; correct the record';
const VALUE = 'a value does not fit its column; correct it at its source';
const LONG = 'a text is longer than its column; shorten it at its source';
const READ_ONLY = 'the database or the session is read-only; point the connection at one that takes writes';
const TEXT = 'a character cannot be kept in the database’s character set; remove it at its source';

/** SQLSTATEs of PostgreSQL. A row ending in `*` stands for the rest of its class. */
export const POSTGRESQL_MEANINGS: readonly Meaning[] = [
  { codes: ['28P01', '28000', '3D000'], class: 'auth', say: LOGIN, scope: 'connection' },
  { codes: ['42501'], class: 'auth', say: RIGHT, scope: 'connection' },
  { codes: ['42P01', '42703', '3F000', '42883', '42704'], class: 'permanent', say: SCHEMA, about: 'schema' },
  { codes: ['42804', '42846', '42P18', '42725'], class: 'permanent', say: SCHEMA, about: 'schema' },
  { codes: ['42601', '42*'], class: 'permanent', say: SCHEMA, about: 'schema' },
  { codes: ['40P01', '40001'], class: 'transient', say: DEADLOCK, scope: 'item', about: 'aborts' },
  { codes: ['55P03'], class: 'transient', say: LOCKED, scope: 'item' },
  { codes: ['57014'], class: 'transient', say: SLOW, scope: 'item', about: 'slow' },
  { codes: ['53300', '53400'], class: 'rate-limited', say: BUSY },
  { codes: ['53*', '58*'], class: 'transient', say: FULL },
  { codes: ['57P01', '57P02', '57P05', '25P03'], class: 'transient', say: DOWN, about: 'leaves' },
  { codes: ['57*', '08*', 'XX*'], class: 'transient', say: DOWN },
  { codes: ['23505', '23P01'], class: 'duplicate', say: UNIQUE, about: 'unique' },
  { codes: ['23*', '44*', 'P0001'], class: 'validation', say: RULE },
  { codes: ['22001'], class: 'validation', say: LONG },
  { codes: ['22021', '22P05'], class: 'validation', say: TEXT },
  { codes: ['22*'], class: 'validation', say: VALUE },
  { codes: ['25006'], class: 'auth', say: READ_ONLY, scope: 'connection' },
];

/** Error numbers of MySQL and MariaDB. */
export const MYSQL_MEANINGS: readonly Meaning[] = [
  { codes: ['1044', '1045', '1049', '1130', '1698', '1820', '1862'], class: 'auth', say: LOGIN, scope: 'connection' },
  { codes: ['1142', '1143', '1227', '1370', '1410'], class: 'auth', say: RIGHT, scope: 'connection' },
  { codes: ['1146', '1054', '1064', '1305', '1318', '1136', '1052'], class: 'permanent', say: SCHEMA, about: 'schema' },
  { codes: ['1213', '1020'], class: 'transient', say: DEADLOCK, scope: 'item', about: 'aborts' },
  { codes: ['1205', '3572'], class: 'transient', say: LOCKED, scope: 'item' },
  { codes: ['1969', '3024', '1317', '1028'], class: 'transient', say: SLOW, scope: 'item', about: 'slow' },
  { codes: ['1040', '1203', '1226', '1461'], class: 'rate-limited', say: BUSY },
  { codes: ['1021', '1037', '1038', '1041', '1114', '3', '28'], class: 'transient', say: FULL },
  { codes: ['1053', '1077', '1079', '1927', '4031'], class: 'transient', say: DOWN, about: 'leaves' },
  {
    codes: ['1152', '1158', '1159', '1160', '1161', '1180', '1105'],
    class: 'transient',
    say: DOWN,
  },
  { codes: ['1062', '1586', '1169'], class: 'duplicate', say: UNIQUE, about: 'unique' },
  { codes: ['1048', '1364', '1451', '1452', '1216', '1217', '1644', '3819', '4025'], class: 'validation', say: RULE },
  { codes: ['1406'], class: 'validation', say: LONG },
  { codes: ['1366', '1300', '3854'], class: 'validation', say: TEXT },
  { codes: ['1264', '1265', '1292', '1411', '1425', '1690', '3140', '4038'], class: 'validation', say: VALUE },
  { codes: ['1290', '1792', '1836'], class: 'auth', say: READ_ONLY, scope: 'connection' },
];

/** Error numbers of SQL Server. */
export const SQLSERVER_MEANINGS: readonly Meaning[] = [
  { codes: ['18456', '18452', '4060', '18486', '18488'], class: 'auth', say: LOGIN, scope: 'connection' },
  { codes: ['229', '230', '262', '297', '300', '916'], class: 'auth', say: RIGHT, scope: 'connection' },
  {
    codes: ['208', '207', '102', '156', '201', '2812', '8144', '8145'],
    class: 'permanent',
    say: SCHEMA,
    about: 'schema',
  },
  { codes: ['1205', '3960'], class: 'transient', say: DEADLOCK, scope: 'item', about: 'aborts' },
  { codes: ['1222'], class: 'transient', say: LOCKED, scope: 'item' },
  { codes: ['10928', '10929', '40501', '49918', '49919', '49920'], class: 'rate-limited', say: BUSY },
  { codes: ['1105', '9002', '701', '802'], class: 'transient', say: FULL },
  { codes: ['6005', '17142', '40197', '40613', '3980'], class: 'transient', say: DOWN },
  { codes: ['2627', '2601'], class: 'duplicate', say: UNIQUE, about: 'unique' },
  { codes: ['515', '547', '50000'], class: 'validation', say: RULE },
  { codes: ['8152', '2628'], class: 'validation', say: LONG },
  { codes: ['220', '241', '242', '245', '248', '8114', '8115', '8169'], class: 'validation', say: VALUE },
  { codes: ['3906'], class: 'auth', say: READ_ONLY, scope: 'connection' },
];

/** Error numbers of Oracle, without their `ORA-` and leading zeros. */
export const ORACLE_MEANINGS: readonly Meaning[] = [
  { codes: ['1017', '28000', '28001', '1045', '12514', '12505'], class: 'auth', say: LOGIN, scope: 'connection' },
  { codes: ['1031', '41900'], class: 'auth', say: RIGHT, scope: 'connection' },
  { codes: ['942', '904', '900', '933', '936', '6550', '4043'], class: 'permanent', say: SCHEMA, about: 'schema' },
  { codes: ['60', '8177'], class: 'transient', say: DEADLOCK, scope: 'item', about: 'aborts' },
  { codes: ['54', '30006', '4021'], class: 'transient', say: LOCKED, scope: 'item' },
  { codes: ['1013', '3136'], class: 'transient', say: SLOW, scope: 'item', about: 'slow' },
  { codes: ['18', '20', '2391', '12519', '12520'], class: 'rate-limited', say: BUSY },
  { codes: ['1652', '1653', '1654', '4031', '257'], class: 'transient', say: FULL },
  {
    codes: ['1033', '1034', '1089', '1090', '1092', '3113', '3114', '3135', '12528', '12541'],
    class: 'transient',
    say: DOWN,
  },
  { codes: ['1'], class: 'duplicate', say: UNIQUE, about: 'unique' },
  { codes: ['1400', '1407', '2290', '2291', '2292', '20*'], class: 'validation', say: RULE },
  { codes: ['12899', '1461'], class: 'validation', say: LONG },
  {
    codes: ['1438', '1722', '1830', '1839', '1840', '1841', '1843', '1847', '1858', '1861', '6502'],
    class: 'validation',
    say: VALUE,
  },
  { codes: ['16000', '1456'], class: 'auth', say: READ_ONLY, scope: 'connection' },
];
