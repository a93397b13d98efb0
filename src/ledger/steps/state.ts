import { cut, packed } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Context, createKey } from './context.ts';
import { encodeIntent, endIntents, type IntentBody, openIntents } from './intents.ts';
import { freeKeys } from './reservations.ts';
import type { Reserved } from './survey.ts';

/** A write about to be stated. */
export interface Stated {
  readonly mapping: string;
  readonly link: string;
  readonly slot: string;
  readonly connection: string;
  readonly op: 'create' | 'update' | 'delete';
  readonly no: number;
  readonly generation: number;
  readonly record: string | undefined;
  readonly version: string | undefined;
  /** Identity keys that a create reserves at the target. */
  readonly keys: readonly Reserved[] | undefined;
  readonly body: IntentBody;
}

/** Rule 3: a create reserves all its keys at the target, in one sorted statement. Returns links that lost to another create. */
export const reserve = async (context: Context, db: Database, all: readonly Stated[]): Promise<ReadonlySet<string>> => {
  if (context.mutation === 'no-reservation') return new Set();
  const wanted = all.flatMap((each) =>
    each.op === 'create' ? (each.keys ?? []).map((key) => ({ ...key, slot: each.slot, link: each.link })) : [],
  );
  if (wanted.length === 0) return new Set();
  const columns = [
    wanted.map((k) => k.slot),
    wanted.map((k) => k.fields),
    wanted.map((k) => k.key),
    wanted.map((k) => k.link),
    wanted.map((k) => k.parents),
  ];
  const reserving = db.query(
    `insert into link_key (slot, fields, key, link, parents) select distinct on (s, f, k, p) s, f, k, l, p from unnest($1::text[],$2::text[],$3::text[],$4::uuid[],$5::text[]) as t(s,f,k,l,p) order by s, f, k, p, l on conflict do nothing`,
    columns,
  );
  const asking = db.query<{ link: string }>(
    `select distinct t.l as link from unnest($1::text[],$2::text[],$3::text[],$4::uuid[],$5::text[]) as t(s,f,k,l,p) join link_key h on h.slot = t.s and h.fields = t.f and h.key = t.k and h.parents = t.p and h.link <> t.l`,
    columns,
  );
  const [, lost] = await Promise.all([reserving, asking]);
  await freeKeys(
    db,
    wanted.filter((key) => lost.some((row) => row.link === key.link)),
  );
  return new Set(lost.map((row) => row.link));
};

/** Rule 8: state intents. One open intent per link and slot: another's is left alone and ours is planned again later. */
export const state = async (context: Context, db: Database, segment: string, all: readonly Stated[]): Promise<void> => {
  if (all.length === 0) return;
  if (context.mutation === 'blind-plan-in-doubt') await forgetOpen(db, all);
  const sorted = [...all].sort((a, b) => (a.link + a.slot < b.link + b.slot ? -1 : 1));
  await db.query(
    `insert into intent (link, slot, no, mapping, segment, connection, op, generation, key, record_id, expect_version, body, stated_at)
     select l, s, n, m, $1, c, o, g, k, r, v, ${cut(12, 'b', 'z')}, ledger_now()
     from unnest($2::uuid[],$3::text[],$4::int[],$5::text[],$6::text[],$7::text[],$8::int[],$9::text[],$10::text[],$11::text[],$13::int[],$14::int[]) as t(l,s,n,m,c,o,g,k,r,v,b,z)`,
    [
      segment,
      sorted.map((x) => x.link),
      sorted.map((x) => x.slot),
      sorted.map((x) => x.no),
      sorted.map((x) => x.mapping),
      sorted.map((x) => x.connection),
      sorted.map((x) => x.op),
      sorted.map((x) => x.generation),
      sorted.map((x) => keyOf(x)),
      sorted.map((x) => x.record ?? null),
      sorted.map((x) => x.version ?? null),
      ...packed(sorted.map((x) => encodeIntent(x.body))),
    ],
  );
};

/** A create's key is link, slot and generation, so that a repeat is the same create; an update's is link, slot and intent number. */
const keyOf = ({ op, link, generation, slot, no }: Stated): string =>
  op === 'create' ? createKey(link, generation) : `tu-${link}-${slot}-${no}`;

/** The fault that plans while in doubt: it forgets what it does not know. */
const forgetOpen = async (db: Database, all: readonly Stated[]): Promise<void> => {
  const open = await openIntents(db, `(link, slot) in (select * from unnest($1::uuid[],$2::text[]))`, [
    all.map((x) => x.link),
    all.map((x) => x.slot),
  ]);
  await endIntents(
    db,
    open.map((intent) => ({ ...intent, outcome: 'forgotten' })),
  );
};
