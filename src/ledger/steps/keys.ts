import { createHash, randomBytes, randomInt } from 'node:crypto';
import { SyncError } from '../../domain/errors.ts';
import type { Database } from '../database.ts';
import { ROLES, type Role } from '../queries/keys.ts';
import { newId } from './context.ts';
import { journal } from './journal.ts';

/** What a new key shall be. */
export interface NewKey {
  readonly name: string;
  readonly role: Role;
  readonly days: number;
  readonly scopes: readonly string[];
  readonly mappings: readonly string[] | null;
  /** Of an approver: the levels that are his; null: all. */
  readonly levels?: readonly string[] | null;
  /** Of a system: the connections that are its own. */
  readonly connections?: readonly string[] | null;
}
/** A key just made. It is shown once: the ledger keeps only its hash. */
export interface MadeKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly key: string;
}

/** A year is the longest a key may live. */
export const LONGEST_DAYS = 365;
/** What the service key of a first start may do. */
const FIRST_SCOPES = ['status.read', 'act'];
// The product's own name in the journal; no key may pass for it.
const OURSELVES = 'tallystick';
// Authors that are no key: keys made in the ledger itself, and configuration files of a single machine.
const OTHERS = ['command line', 'files'];
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';
// Any number that nobody else uses: one process makes the first keys.
const LOCK = 7402006;

/** `tally_<10 letters>_<256 bits>`: the part before the secret finds the key, and lets scanners find a leaked one. */
export const KEY_SHAPE = /^(tally_[a-z0-9]{10})_[\w-]{43}$/;

/** What the ledger keeps of a key. */
export const keyHash = (key: string): Buffer => createHash('sha256').update(key).digest();

/** Makes a key and journals that it was made, by whom and for which role. */
export const createKey = (db: Database, by: string, wanted: NewKey): Promise<MadeKey> =>
  db.transaction(async (tx) => {
    if ([OURSELVES, ...OTHERS].includes(wanted.name.toLowerCase()))
      throw new SyncError('BAD_REQUEST', `a key cannot be named ${wanted.name}: the journal knows others by it`);
    if (wanted.days < 1 || wanted.days > LONGEST_DAYS)
      throw new SyncError('BAD_REQUEST', `a key lives 1 to ${LONGEST_DAYS} days`);
    const prefix = `tally_${Array.from({ length: 10 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;
    const key = `${prefix}_${randomBytes(32).toString('base64url')}`;
    const id = newId();
    const rows = await tx.query(
      `insert into api_key (id, name, role, hash, prefix, scopes, mappings, levels, created_at, expires_at, connections)
       values ($1,$2,$3,$4,$5,$6,$7,$8,ledger_now(),ledger_now() + $9 * interval '1 day',$10) on conflict (lower(name)) do nothing returning id`,
      [
        id,
        wanted.name,
        wanted.role,
        keyHash(key),
        prefix,
        wanted.scopes,
        wanted.mappings,
        wanted.levels ?? null,
        wanted.days,
        wanted.connections ?? null,
      ],
    );
    if (rows.length === 0)
      throw new SyncError(
        'BAD_REQUEST',
        `a key named "${wanted.name}" was made before: choose another name, the journal knows people by it`,
      );
    await journal(tx, [
      { actor: by, action: 'create-key', key: prefix, reason: `${wanted.name}: ${wanted.role}`, values: null },
    ]);
    return { id, name: wanted.name, role: wanted.role, key };
  });

/** Ends a key for good, in every process at its next request. The last one that can make keys stays. */
export const revokeKey = (db: Database, by: string, id: string): Promise<void> =>
  db.transaction(async (tx) => {
    const usable = await tx.query<{ id: string; name: string; prefix: string; role: Role }>(
      `select id, name, prefix, role from api_key where revoked_at is null and expires_at > ledger_now() order by id for update`,
    );
    const key = usable.find((each) => each.id === id) ?? usable.find((each) => each.name === id);
    if (key === undefined) throw new SyncError('NOT_FOUND', `no key "${id}" is in use`);
    if (key.role === 'it-admin' && usable.filter(({ role }) => role === 'it-admin').length === 1)
      throw new SyncError('BAD_REQUEST', `"${key.name}" is the last key that can make keys: make another one first`);
    await tx.query(`update api_key set revoked_at = ledger_now() where id = $1`, [key.id]);
    await journal(tx, [{ actor: by, action: 'revoke-key', key: key.prefix, reason: key.name, values: null }]);
  });

/** One key per role on the first start; none when there are keys already. A system's key names its connections, so a person makes it. */
export const createFirstKeys = (db: Database): Promise<readonly MadeKey[]> =>
  db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    if ((await tx.query('select id from api_key limit 1')).length > 0) return [];
    const made: MadeKey[] = [];
    for (const role of ROLES.filter((each) => each !== 'system'))
      made.push(
        await createKey(tx, OURSELVES, {
          name: role,
          role,
          days: LONGEST_DAYS,
          scopes: role === 'service' ? FIRST_SCOPES : [],
          mappings: null,
        }),
      );
    return made;
  });
