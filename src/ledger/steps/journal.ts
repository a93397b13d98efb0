import { createHash, hash as digestOf, randomBytes } from 'node:crypto';
import type { Json } from '../../domain/json.ts';
import { cut, packed, toBytes } from '../codec.ts';
import type { Database } from '../database.ts';

/** One line of the journal: what was done, to what, by whom and why. `values` stand apart, so that they can be erased. */
export interface Entry {
  readonly actor: string;
  readonly action: string;
  readonly mapping?: string;
  readonly config?: number;
  readonly link?: string;
  readonly slot?: string;
  readonly record?: string;
  readonly fields?: readonly string[];
  readonly code?: string;
  readonly reason?: string;
  readonly key?: string;
  readonly values: Json;
}

// Bytes of a salt.
const SALT = 16;
/** What an entry commits itself to: its values, and a salt so that nobody can try values until one fits. */
const committed = (salt: Buffer, body: Buffer): Buffer => digestOf('sha256', Buffer.concat([salt, body]), 'buffer');

/** Append entries in one statement; part of the caller's transaction, so an effect and its entry stand or fall together. */
export const journal = async (db: Database, entries: readonly Entry[]): Promise<void> => {
  if (entries.length === 0) return;
  const salts = randomBytes(SALT * entries.length);
  const bodies = entries.map((entry) => toBytes(entry.values));
  const digests = bodies.map((body, i) => committed(salts.subarray(i * SALT, (i + 1) * SALT), body));
  const column = (pick: (entry: Entry) => string | undefined) => entries.map((entry) => pick(entry) ?? null);
  await db.query(
    `with given as (
       select * from unnest($1::text[],$2::text[],$3::text[],$4::int[],$5::uuid[],$6::text[],$7::text[],$8::text[],$9::text[],$10::text[],$11::text[],$15::int[],$16::int[])
         with ordinality as g(actor,action,mapping,config,link,slot,record,fields,code,reason,key,start,length,n)
     ), numbered as materialized (
       select nextval((select pg_get_serial_sequence('tally.journal','id')::regclass)) as id, g.* from given g order by n
     ), entered as (
       insert into journal (id, at, actor, action, mapping, config, link, slot, record_id, fields, code, reason, key, digest)
       overriding system value
       select id, ledger_now(), actor, action, mapping, config, link, slot, record,
              case when fields = '' then '{}'::text[] else string_to_array(fields, E'\\x1f') end, code, coalesce(reason, ''), key, ${cut(12, '(n::int - 1) * 32 + 1', '32')}
       from numbered
     )
     insert into journal_value (journal, salt, body) select id, ${cut(13, `(n::int - 1) * ${SALT} + 1`, `${SALT}`)}, ${cut(14, 'start', 'length')} from numbered`,
    [
      column((e) => e.actor),
      column((e) => e.action),
      column((e) => e.mapping),
      entries.map((e) => e.config ?? null),
      column((e) => e.link),
      column((e) => e.slot),
      column((e) => e.record),
      entries.map((e) => (e.fields ?? []).join('\x1f')),
      column((e) => e.code),
      column((e) => e.reason),
      column((e) => e.key),
      Buffer.concat(digests),
      salts,
      ...packed(bodies),
    ],
  );
};

/** An entry as its hash sees it: every column but the values, which the digest stands for. JSON, so that no value passes for its neighbour's. */
export const LINE = `json_build_array(j.id, to_char(j.at at time zone 'UTC','YYYY-MM-DD"T"HH24:MI:SS.US'), j.actor, j.action, j.mapping, j.config, j.link, j.slot, j.record_id, j.fields, j.code, j.reason, j.key)::text`;
/** What the first entry's hash rests on. */
export const ORIGIN: Buffer = Buffer.alloc(32);
export const hashAfter = (before: Buffer, entry: { readonly digest: Buffer; readonly line: string }): Buffer =>
  createHash('sha256').update(before).update(entry.digest).update(entry.line).digest();

/** So many entries are chained in one transaction. */
export const CHAINED_AT_ONCE = 5_000;

/** Give journal entries above an id their number and hash, in order, by one sequencer at a time. Returns how many were chained. */
export const chain = (db: Database, above = '0'): Promise<number> =>
  db.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(7402001)`);
    const [last] = await tx.query<{ number: string; hash: Buffer }>(
      `select number, hash from journal_chain order by number desc limit 1`,
    );
    const rows = await tx.query<{ id: string; line: string; digest: Buffer }>(
      `select j.id, ${LINE} as line, j.digest
       from journal j left join journal_chain c on c.journal = j.id where j.id > $1 and c.journal is null order by j.id limit ${CHAINED_AT_ONCE}`,
      [above],
    );
    let hash = last?.hash ?? ORIGIN;
    const hashes = rows.map((row) => {
      hash = hashAfter(hash, row);
      return hash;
    });
    await tx.query(
      `insert into journal_chain (number, journal, hash) select $1::bigint + n, id, hash from unnest($2::bigint[],$3::bytea[]) with ordinality as t(id,hash,n)`,
      [last?.number ?? 0, rows.map((row) => row.id), hashes],
    );
    return rows.length;
  });

/** The highest journal entry that is chained; '0' while none is. */
export const chainedUpTo = async (db: Database): Promise<string> => {
  const [row] = await db.query<{ id: string }>(`select coalesce(max(journal), 0)::text as id from journal_chain`);
  return row?.id ?? '0';
};
