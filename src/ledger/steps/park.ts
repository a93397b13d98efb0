import type { ErrorCode } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { ParkedField } from '../../domain/plan.ts';
import { toBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import { newId } from './context.ts';
import { journal } from './journal.ts';

/** Something set aside for a person: a field, or with field '' the whole record. */
export interface Park extends ParkedField {
  readonly mapping: string;
  readonly link: string;
  /** Identity keys whose change makes it worth another look: `fields=key`. */
  readonly keys?: readonly string[];
  /** Hash of the write that the target refused, and the slot it was for. */
  readonly refused?: Buffer;
  readonly refusedBy?: string;
  /** Records that might be the other half. */
  readonly candidates?: readonly { readonly slot: string; readonly id: string }[];
}

interface Known {
  readonly code: string;
  readonly message: string;
  readonly mapping: string;
  readonly link: string;
  readonly field: string;
}

/** Park, or say anew what is parked. Journalled when it is new or its cause is another one. */
export const park = async (db: Database, all: readonly Park[]): Promise<void> => {
  if (all.length === 0) return;
  const sorted = [...all].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  const known = await db.query<Known>(
    `select p.mapping, p.link, p.field, p.code, p.message from parked p join unnest($1::text[],$2::uuid[],$3::text[]) as t(mapping,link,field)
     on p.mapping = t.mapping and p.link = t.link and p.field = t.field`,
    [sorted.map((p) => p.mapping), sorted.map((p) => p.link), sorted.map((p) => p.field)],
  );
  const before = new Map(known.map((row) => [rank(row), row]));
  await db.query(
    `insert into parked (id, mapping, link, field, code, cause, message, detail, keys, since, updated_at, refused, refused_by)
     select id, m, l, f, c, cause, msg, d, case when k = '' then '{}'::text[] else string_to_array(k, E'\\x1f') end, ledger_now(), ledger_now(), r, rb
     from unnest($1::uuid[],$2::text[],$3::uuid[],$4::text[],$5::text[],$6::text[],$7::text[],$8::bytea[],$9::text[],$10::bytea[],$11::text[]) as t(id,m,l,f,c,cause,msg,d,k,r,rb)
     on conflict (mapping, link, field) do update set code = excluded.code, cause = excluded.cause, message = excluded.message, detail = excluded.detail,
       keys = excluded.keys, refused = excluded.refused, refused_by = excluded.refused_by, updated_at = excluded.updated_at, since = case when parked.code = excluded.code then parked.since else excluded.since end,
       decision = null, decided_by = null, decided_at = null`,
    [
      sorted.map(() => newId()),
      sorted.map((p) => p.mapping),
      sorted.map((p) => p.link),
      sorted.map((p) => p.field),
      sorted.map((p) => p.code),
      sorted.map((p) => p.cause),
      sorted.map((p) => safeText(p.message)),
      sorted.map((p) => toBytes(detailOf(p))),
      sorted.map((p) => (p.keys ?? []).map(safeText).join('\x1f')),
      sorted.map((p) => p.refused ?? null),
      sorted.map((p) => p.refusedBy ?? null),
    ],
  );
  await journal(
    db,
    sorted
      .filter((p) => before.get(rank(p))?.code !== p.code || before.get(rank(p))?.message !== p.message)
      .map((p) => ({
        actor: 'tallystick',
        action: 'park',
        mapping: p.mapping,
        link: p.link,
        fields: p.field === '' ? [] : [p.field],
        code: p.code,
        // The sentence quotes values, so it stands with them, where it can be erased.
        reason: `set aside: ${p.code}`,
        values: { message: safeText(p.message), ...(detailOf(p) as JsonObject) },
      })),
  );
};

const rank = (p: { readonly mapping: string; readonly link: string; readonly field: string }): string =>
  `${p.mapping}\x1f${p.link}\x1f${p.field}`;

/** PostgreSQL's text takes neither NUL nor half a character pair; a message that shows such a value says so. */
const safeText = (text: string): string => text.replaceAll('\u0000', '\\u0000').toWellFormed();

export const detailOf = (p: Park): Json => ({
  crm: p.crm,
  erp: p.erp,
  base: p.base,
  ...(p.candidates === undefined ? {} : { candidates: p.candidates as unknown as Json }),
});

/** What is parked no longer: it was decided, mended at its source or overtaken. */
export const unpark = async (
  db: Database,
  all: readonly { readonly mapping: string; readonly link: string; readonly field: string; readonly code: string }[],
  reason: string,
): Promise<void> => {
  if (all.length === 0) return;
  await db.query(
    `delete from parked p using unnest($1::text[],$2::uuid[],$3::text[]) as t(mapping,link,field) where p.mapping = t.mapping and p.link = t.link and p.field = t.field`,
    [all.map((p) => p.mapping), all.map((p) => p.link), all.map((p) => p.field)],
  );
  await journal(
    db,
    all.map((p) => ({
      actor: 'tallystick',
      action: 'unpark',
      mapping: p.mapping,
      link: p.link,
      fields: p.field === '' ? [] : [p.field],
      code: p.code,
      reason,
      values: null,
    })),
  );
};

/** Park a whole record. */
export const parkRecord = (
  db: Database,
  mapping: string,
  link: string,
  code: ErrorCode,
  message: string,
): Promise<void> => park(db, [recordPark(mapping, link, code, message)]);

export const recordPark = (
  mapping: string,
  link: string,
  code: ErrorCode,
  message: string,
  more: Partial<Park> = {},
): Park => ({
  mapping,
  link,
  field: '',
  code,
  message,
  crm: null,
  erp: null,
  base: null,
  cause: code,
  ...more,
});
