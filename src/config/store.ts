/** Revisions of the configuration in the ledger: numbered, whole, never changed. */
import { createHash } from 'node:crypto';
import { SyncError } from '../domain/errors.ts';
import { canonicalJson, isObject, parseJson } from '../domain/json.ts';
import type { Database } from '../ledger/database.ts';
import type { ConfigRevision } from './port.ts';

// Any number that nobody else uses: one revision is stored at a time.
const LOCK = 7402005;

interface Row {
  readonly number: number;
  readonly author: string;
  readonly files: Buffer;
  readonly hash: string;
}

/** Equal files have an equal hash. */
export const filesHash = (files: ConfigRevision['files']): string =>
  createHash('sha256').update(canonicalJson(files)).digest('hex');

/** A revision that stands in the ledger, and whether it came to stand there just now. */
export interface StoredRevision extends ConfigRevision {
  readonly fresh: boolean;
}

/**
 * Store files as the newest revision; files equal to the newest revision's are that revision. With `on`, the number
 * they were compared with, CONFIG_OUTDATED when another one was stored meanwhile.
 */
export const storeRevision = (
  db: Database,
  { author, files, on }: Omit<ConfigRevision, 'number'> & { readonly on?: number },
): Promise<StoredRevision> =>
  db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    const hash = filesHash(files);
    const [newest] = await tx.query<Pick<Row, 'number' | 'author' | 'hash'>>(
      'select number, author, hash from config_revision order by number desc limit 1',
    );
    if (newest?.hash === hash) return { number: newest.number, author: newest.author, files, fresh: false };
    const before = newest?.number ?? 0;
    if (on !== undefined && on !== before)
      throw new SyncError('CONFIG_OUTDATED', `revision ${before} is the newest; this was compared with revision ${on}`);
    const number = before + 1;
    await tx.query(
      'insert into config_revision (number, author, at, files, hash) values ($1, $2, ledger_now(), $3, $4)',
      [number, author, Buffer.from(JSON.stringify(files), 'utf8'), hash],
    );
    return { number, author, files, fresh: true };
  });

/** The number of the newest revision, 0 when there is none: cheap enough to ask every second. */
export const newestNumber = async (db: Database): Promise<number> =>
  (await db.query<{ number: number }>('select coalesce(max(number), 0) as number from config_revision'))[0]?.number ??
  0;

/** The newest revision, or one by its number. */
export const readRevision = async (db: Database, number?: number): Promise<ConfigRevision | undefined> => {
  const [row] = await db.query<Row>(
    'select number, author, files from config_revision where $1::int is null or number = $1 order by number desc limit 1',
    [number ?? null],
  );
  if (row === undefined) return undefined;
  return { number: row.number, author: row.author, files: filesFrom(row.files) };
};

const filesFrom = (bytes: Buffer): ConfigRevision['files'] => {
  const value = parseJson(bytes.toString('utf8'));
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
};
