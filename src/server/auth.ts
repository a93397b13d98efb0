import { timingSafeEqual } from 'node:crypto';
import { SyncError } from '../domain/errors.ts';
import type { Database } from '../ledger/database.ts';
import { noteUse, type UsableKey, usableKeys } from '../ledger/queries/keys.ts';
import { KEY_SHAPE, keyHash } from '../ledger/steps/keys.ts';
import type { Caller } from './access.ts';
import { batched } from './batched.ts';

// Compared with when there is no such key, so that both ways take the same time.
const NOBODY = keyHash('nobody');

const unauthenticated = (message: string): SyncError => new SyncError('UNAUTHENTICATED', message);

/** Finds a key that may be used now by its prefix. */
export type Usable = (prefix: string) => Promise<UsableKey | undefined>;

/** Keys as the ledger has them at the moment of each request: those that are asked for at once are looked up together. */
export const createUsable = (db: Database): Usable => batched((prefixes) => usableKeys(db, prefixes));

/** Who sent this request, by its Authorization header. A missing, unknown, expired and revoked key are refused alike. */
export const authenticate = async (db: Database, usable: Usable, request: Request): Promise<Caller> => {
  const header = request.headers.get('authorization');
  if (header === null) throw unauthenticated('this needs an API key');
  const key = /^Bearer ([\w-]+)$/.exec(header)?.[1];
  if (key === undefined) throw unauthenticated('the Authorization header must be `Bearer` and a key');
  const prefix = KEY_SHAPE.exec(key)?.[1] ?? '';
  const found = await usable(prefix);
  const right = timingSafeEqual(keyHash(key), found?.hash ?? NOBODY);
  if (found === undefined || !right) throw unauthenticated('the key is unknown, expired or revoked');
  if (!found.noted) await noteUse(db, found.id);
  const { id, name, role, scopes, mappings, levels, connections, hash } = found;
  return { key: id, name, role, scopes, mappings, levels, connections, seal: hash };
};

const KEY_NAMES = new Set(['key', 'api_key', 'apikey', 'api-key', 'token', 'access_token', 'authorization']);

/** Refuses a key in the address, where proxies and logs would keep it. */
export const assertNoKeyInUrl = (url: URL): void => {
  const named = [...url.searchParams.keys()].some((name) => KEY_NAMES.has(name.toLowerCase()));
  if (named || /tally_[a-z0-9]{10}_/.test(decodeURIComponentSafely(url.href)))
    throw new SyncError('KEY_IN_URL', 'a key stands in the address of this request');
};

const decodeURIComponentSafely = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** Keys of programs do not belong into web pages. */
export const assertNoBrowser = (caller: Caller, request: Request): void => {
  if ((caller.role === 'service' || caller.role === 'system') && request.headers.has('origin'))
    throw new SyncError('FORBIDDEN', `a ${caller.role} key may not be used from a browser`);
};
