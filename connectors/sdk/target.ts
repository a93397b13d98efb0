/** The address that a request goes to, once it is known to be allowed. */
import { SyncError } from '../../src/domain/errors.ts';
import { literalAddress, type Mode, readAllowList, testAddress } from './address.ts';

/** Where a connection may go. */
export interface TargetSettings {
  readonly baseUrl: string;
  /** More hosts (`host` or `host:port`) and private networks (CIDR) than the base address's own host. */
  readonly allow: readonly string[];
  readonly mode: Mode;
  /** Plain http outside local mode, where an administrator said so. */
  readonly insecure?: boolean;
}

/** Ports of services that speak something else and could be made to act on what looks like a request. */
const OTHER_SERVICES = new Set(['22', '23', '25', '110', '143', '445', '465', '587', '3306', '5432', '6379', '11211']);

const denied = (why: string): SyncError => new SyncError('EGRESS_DENIED', why, { unsent: true });

/** The base address, or CONFIG_INVALID with what is wrong with it. */
export const readBase = (baseUrl: string): URL => {
  const wrong = (why: string): SyncError => new SyncError('CONFIG_INVALID', `the address ${why}`);
  if (!/^https?:\/\/[^/\\?#\s]/i.test(baseUrl) || /[\s\\\p{Cc}]/u.test(baseUrl))
    throw wrong('is not an http address; write https://host/path');
  const base = URL.parse(baseUrl);
  if (base === null) throw wrong('is not an http address; write https://host/path');
  if (base.username !== '' || base.password !== '')
    throw wrong(`of ${base.host} carries credentials; put them under settings`);
  if (base.search !== '' || base.hash !== '') throw wrong(`of ${base.host} must end with its path, without ? or #`);
  if (OTHER_SERVICES.has(base.port)) throw wrong(`of ${base.host} names the port of another service`);
  return base;
};

/** Makes the address of a request below `base`, or of an allowed host; throws EGRESS_DENIED before anything is dialled. */
export const createTargets = (
  settings: TargetSettings,
  base: URL,
): ((path: string, query: Readonly<Record<string, string>> | undefined) => URL) => {
  const { hosts, cidrs } = readAllowList(settings.allow);
  const prefix = base.pathname.replace(/\/$/, '');
  const parsed = (path: string): URL => {
    const absolute = /^[a-z][a-z0-9+.-]*:/i.test(path);
    if (!absolute && !/^\/(?![/\\])/.test(path)) throw denied(`a path of ${base.host} must start with one slash`);
    const url = /[\s\\]/.test(path) ? null : URL.parse(absolute ? path : `${base.origin}${prefix}${path}`);
    if (url === null) throw denied(`a path of ${base.host} is not an address`);
    if (!absolute && !url.pathname.startsWith(`${prefix}/`)) throw denied(`a path leaves the address of ${base.host}`);
    return url;
  };
  return (path, query) => {
    const url = parsed(path);
    if (url.username !== '' || url.password !== '')
      throw denied(`the address of ${url.host} must not carry credentials`);
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw denied(`${url.protocol} addresses are not reached`);
    const plain = base.protocol === 'http:' && (settings.mode === 'local' || settings.insecure === true);
    if (url.protocol === 'http:' && !plain) throw denied(`${url.host} must be reached by https`);
    const listed =
      url.host === base.host || hosts.includes(url.host) || (url.port === '' && hosts.includes(url.hostname));
    if (!listed) throw denied(`"${url.host}" is not on the allow-list of ${base.host}`);
    const literal = literalAddress(url.hostname);
    if (literal !== undefined) testAddress(url.hostname, literal, settings.mode, cidrs);
    for (const name in query) url.searchParams.set(name, query[name] ?? '');
    return url;
  };
};
