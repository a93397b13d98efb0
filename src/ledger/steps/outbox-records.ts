/** The records of a system that cannot be called, as it posts them and as its acknowledgements make them. */
import type { JsonObject } from '../../domain/json.ts';
import { asText, objectFrom, toBytes } from '../codec.ts';
import type { Database } from '../database.ts';

/** A record as it was posted. Without a body it is deleted. */
export interface Posted {
  readonly id: string;
  readonly body?: JsonObject;
  readonly version?: string;
  readonly modifiedAt?: string;
  readonly reference?: string;
}

// Any number that nobody else uses; with the connection's own beside it.
const LOCK = 7402019;

/** One at a time for each connection: a number of the feed must not become visible after a higher one was read. */
export const lockOutbox = async (tx: Database, connection: string): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock($1, hashtext($2))`, [LOCK, connection]);
};

/** Stores one record and moves it to the end of the feed; false when it is what is known. Under the lock. */
export const storeHeld = async (
  tx: Database,
  connection: string,
  record: string,
  { id, body, version, modifiedAt, reference }: Posted,
): Promise<boolean> => {
  const changed = await tx.execute(
    `insert into outbox_record as h (connection, record, id, version, modified_at, reference, body, at) values ($1,$2,$3,$4,$5,$6,$7,ledger_now())
     on conflict (connection, record, id) do update set seq = nextval('outbox_seq'), version = excluded.version,
       modified_at = coalesce(excluded.modified_at, h.modified_at), reference = coalesce(excluded.reference, h.reference), body = excluded.body, at = excluded.at
     where h.body is distinct from excluded.body or h.version is distinct from excluded.version
       or (excluded.modified_at is not null and h.modified_at is distinct from excluded.modified_at)
       or (excluded.reference is not null and h.reference is distinct from excluded.reference)`,
    [
      connection,
      record,
      id,
      version ?? null,
      modifiedAt ?? null,
      reference ?? null,
      body === undefined ? null : toBytes(body),
    ],
  );
  return changed > 0;
};

/** What was posted: whole records, parts of records, and deletions. */
export interface Post {
  readonly record: string;
  readonly records: readonly (Posted & { readonly part: boolean })[];
  /** These, with those posted before, are all there are. */
  readonly complete: boolean;
}

/** Stores what a system posts of its records. Answers how many were new to us. */
export const postOutbox = (db: Database, connection: string, { record, records, complete }: Post): Promise<number> =>
  db.transaction(async (tx) => {
    await lockOutbox(tx, connection);
    let changed = 0;
    for (const { part, ...posted } of records) {
      const whole =
        part && posted.body !== undefined
          ? { ...posted, body: { ...(await bodyOf(tx, connection, record, posted.id)), ...posted.body } }
          : posted;
      if (await storeHeld(tx, connection, record, whole)) changed += 1;
    }
    if (complete)
      await tx.query(
        `insert into outbox_complete (connection, record, at) values ($1,$2,ledger_now()) on conflict do nothing`,
        [connection, record],
      );
    return changed;
  });

const bodyOf = async (tx: Database, connection: string, record: string, id: string): Promise<JsonObject> => {
  const [row] = await tx.query<{ body: string | null }>(
    `select ${asText('body')} as body from outbox_record where connection = $1 and record = $2 and id = $3`,
    [connection, record, id],
  );
  return row?.body == null ? {} : objectFrom(row.body);
};
