/** Where a database is, as `url` says it: `postgresql://host:5432/database`. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Dialect } from './dialect.ts';

/** Host and port. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Reads an address, or CONFIG_INVALID with what is wrong with it. Never shows what may be a password. */
export const readAddress = (url: string, dialect: Dialect): { readonly place: Place; readonly database: string } => {
  const [scheme = ''] = dialect.schemes;
  const example = `write ${scheme}://host:${dialect.port}/database`;
  const wrong = (why: string): SyncError => new SyncError('CONFIG_INVALID', `the address ${why}; ${example}`);
  const parsed = /^[a-z]+:\/\/[^/\\?#\s]/i.test(url) ? URL.parse(url) : null;
  if (parsed === null || !dialect.schemes.includes(parsed.protocol.slice(0, -1)))
    throw wrong(`is not one of a ${dialect.name} database`);
  if (parsed.username !== '' || parsed.password !== '')
    throw wrong(`of ${parsed.hostname} carries credentials, which belong under settings`);
  if (parsed.search !== '' || parsed.hash !== '') throw wrong(`of ${parsed.hostname} must end with the database`);
  const database = decodeURIComponent(parsed.pathname.slice(1));
  if (database === '' || database.includes('/')) throw wrong(`of ${parsed.hostname} names no database`);
  const host = parsed.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return { place: { host, port: parsed.port === '' ? dialect.port : Number(parsed.port) }, database };
};
