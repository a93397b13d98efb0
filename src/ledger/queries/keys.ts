import type { Database } from '../database.ts';
import { iso, type Stamp } from './values.ts';

/** What a key's holder is. A service key may do what its scopes name, an approver decides for its levels, a system pulls from its outbox. */
export const ROLES = ['it-admin', 'operator', 'steward', 'auditor', 'service', 'approver', 'system'] as const;
export type Role = (typeof ROLES)[number];

/** An API key as it is listed: never the key itself. */
export interface KeySummary {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly mappings: readonly string[] | null;
  readonly levels: readonly string[] | null;
  readonly connections: readonly string[] | null;
  readonly createdAt: string | null;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}
/** A key that may be used now, with the hash to compare. */
export interface UsableKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: Buffer;
  readonly scopes: readonly string[];
  readonly mappings: readonly string[] | null;
  readonly levels: readonly string[] | null;
  readonly connections: readonly string[] | null;
  /** Its last use was noted less than a minute ago. */
  readonly noted: boolean;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly prefix: string;
  readonly scopes: string[];
  readonly mappings: string[] | null;
  readonly levels: string[] | null;
  readonly connections: string[] | null;
  readonly created_at: Stamp;
  readonly expires_at: Stamp;
  readonly last_used_at: Stamp;
  readonly revoked_at: Stamp;
}

/** All keys, those in use first. */
export const keys = async (db: Database): Promise<readonly KeySummary[]> => {
  const rows = await db.query<Row>(
    `select id, name, role, prefix, scopes, mappings, levels, connections, created_at, expires_at, last_used_at, revoked_at from api_key order by revoked_at nulls first, name`,
  );
  return rows.map(({ created_at, expires_at, last_used_at, revoked_at, ...rest }) => ({
    ...rest,
    createdAt: iso(created_at),
    expiresAt: iso(expires_at),
    lastUsedAt: iso(last_used_at),
    revokedAt: iso(revoked_at),
  }));
};

/** The keys of these prefixes, by prefix, unless they are revoked or expired. */
export const usableKeys = async (
  db: Database,
  prefixes: readonly string[],
): Promise<ReadonlyMap<string, UsableKey>> => {
  const rows = await db.query<UsableKey & { readonly prefix: string }>(
    `select prefix, id, name, role, hash, scopes, mappings, levels, connections, coalesce(last_used_at > ledger_now() - interval '1 minute', false) as noted
     from api_key where prefix = any($1) and revoked_at is null and expires_at > ledger_now()`,
    [prefixes],
  );
  return new Map(rows.map(({ prefix, ...key }) => [prefix, key]));
};

/** The key was used: noted at most once a minute. */
export const noteUse = async (db: Database, id: string): Promise<void> => {
  await db.execute(
    `update api_key set last_used_at = ledger_now() where id = $1 and (last_used_at is null or last_used_at < ledger_now() - interval '1 minute')`,
    [id],
  );
};
