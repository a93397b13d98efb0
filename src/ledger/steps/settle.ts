import type { Change } from '../../../connectors/sdk/seam.ts';
import { isObject, type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import type { Baseline } from '../../domain/plan.ts';
import type { NativeRecord } from '../../domain/record.ts';
import { withValues } from '../../mapping/path.ts';
import { asText, cut, decodeBaseline, encodeBaseline, objectFrom, packed, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import { endIntents, type OpenIntent } from './intents.ts';
import { interleavedEntries } from './interleaved.ts';
import { type Entry, journal } from './journal.ts';
import { lookAgain } from './look-again.ts';
import { storeObservations } from './observations.ts';
import { enqueue } from './queue.ts';
import { freeKeys } from './reservations.ts';
import { watch } from './watch.ts';

/** A write that took effect. */
export interface Settled {
  readonly intent: OpenIntent;
  readonly id: string;
  readonly status: 'created' | 'updated' | 'unchanged' | 'deleted';
  readonly record?: NativeRecord;
  readonly version?: string;
  /** True when a reading, not the reply, said so. */
  readonly confirmed?: boolean;
  /** True when somebody edited what we had written before we saw it: our values were agreed on, theirs are a change. */
  readonly overtaken?: boolean;
}

type Seen = Extract<Change, { op: 'upsert' | 'delete' }>;

/** Remember: observation, versions, baseline, journal and the end of the intents, in the caller's transaction. All of one slot. */
export const settled = async (
  context: Context,
  db: Database,
  slot: string,
  from: string,
  all: readonly Settled[],
): Promise<void> => {
  if (all.length === 0) return;
  const before = await bodiesOf(
    db,
    slot,
    all.flatMap(({ intent }) => intent.record_id ?? []),
  );
  const records = all.map((one) => ({ ...one, record: one.record ?? assumed(one, before.get(one.id)) }));
  await Promise.all([
    watch(
      context,
      db,
      all.map(({ intent }) => ({ intent, answered: 1 })),
    ),
    endIntents(
      db,
      all.map(({ intent, status }) => ({ ...intent, outcome: status })),
    ),
    replaceGone(db, slot, all),
  ]);
  const own = new Map(all.map(({ id, intent }) => [id, { link: intent.link, sent: intent.body.values }]));
  const changes = records.map(
    ({ id, status, record }): Seen => (status === 'deleted' ? { op: 'delete', id } : { op: 'upsert', record }),
  );
  const observe = async (): Promise<void> => {
    for (const mapping of new Set(all.map(({ intent }) => intent.mapping))) {
      const mine = new Set(records.flatMap(({ intent, id }) => (intent.mapping === mapping ? [id] : [])));
      await storeObservations(
        context,
        db,
        { slot, from, pass: null, cause: 'echo', except: mapping, own },
        changes.filter((change) => mine.has(change.op === 'delete' ? change.id : change.record.id)),
      );
    }
    const unseen = all.filter(({ record, status }) => record === undefined && status !== 'deleted').map(({ id }) => id);
    if (unseen.length > 0)
      await db.query(`update record set assumed = true where slot = $1 and id = any($2)`, [slot, unseen.sort()]);
  };
  const creates = all.flatMap(({ intent }) => (intent.op === 'create' ? [intent] : []));
  await Promise.all([observe(), freeKeys(db, creates), unparkWrites(db, all)]);
  // Rule 6: what that made due is locked before the links are.
  const { open, baselines } = await agree(context, db, records);
  await Promise.all([
    storeBaselines(db, baselines),
    journal(db, [...all.map((one) => entryOf(context, one)), ...interleavedEntries(context, slot, all)]),
    enqueue(db, lookAgain(context, records, before, open), 'settled'),
  ]);
};

/** A record created in the place of one that is gone becomes the active member; the old one stays as a former one. */
const replaceGone = async (db: Database, slot: string, all: readonly Settled[]): Promise<void> => {
  const created = all.filter(({ intent }) => intent.op === 'create');
  if (created.length === 0) return;
  // Each link is looked up by itself, as in `surveyed`: a join reads the whole slot for every batch.
  const former = await db.query<{ id: string }>(
    `select r.id from unnest($2::uuid[],$3::text[]) as t(link,id)
     cross join lateral (select id from record where link = t.link and slot = $1 and active offset 0) r where r.id <> t.id`,
    [slot, created.map(({ intent }) => intent.link), created.map(({ id }) => id)],
  );
  if (former.length === 0) return;
  await db.query(`update record set active = false where slot = $1 and id = any($2)`, [
    slot,
    former.map(({ id }) => id).sort(),
  ]);
};

/** Without a reply that shows the record: the record as it was with our values in it. */
const assumed = ({ intent, id, version }: Settled, before: JsonObject | undefined): NativeRecord => ({
  id,
  body: withValues(before ?? {}, intent.body.values),
  ...(version === undefined ? {} : { version }),
});

const bodiesOf = async (
  db: Database,
  slot: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, JsonObject>> => {
  if (ids.length === 0) return new Map();
  const rows = await db.query<{ id: string; body: Stored }>(
    `select id, ${asText('body')} as body from record where slot = $1 and id = any($2)`,
    [slot, ids],
  );
  return new Map(rows.map((row) => [row.id, objectFrom(row.body)]));
};

/** Rule 10: the target's own rendering, from the record as it now is, becomes the baseline. Says what the baselines become, and which links have fields that the target made something else of. */
const agree = async (
  context: Context,
  db: Database,
  all: readonly (Settled & { readonly record: NativeRecord })[],
): Promise<{ readonly open: ReadonlySet<string>; readonly baselines: readonly BaselineRow[] }> => {
  const open = new Set<string>();
  const keys = all.map(({ intent }) => intent);
  // Both halves of a link may be remembered at once, each under its own slot's lock: one merges the baseline after the other.
  const [, rows] = await Promise.all([
    db.query(`select id from link where id = any($1::uuid[]) order by id for update`, [
      [...new Set(keys.map((key) => key.link))].sort(),
    ]),
    db.query<{ link: string; mapping: string; body: Stored }>(
      `select b.link, b.mapping, ${asText('b.body')} as body from baseline b join unnest($1::uuid[],$2::text[]) as t(link,mapping) on t.link = b.link and t.mapping = b.mapping`,
      [keys.map((k) => k.link), keys.map((k) => k.mapping)],
    ),
  ]);
  const known = new Map(rows.map((row) => [`${row.link} ${row.mapping}`, decodeBaseline(row.body)]));
  const baselines: BaselineRow[] = [];
  for (const { intent, record, overtaken } of all) {
    const mapping = context.mappings().get(intent.mapping);
    if (mapping === undefined) continue;
    const { side, intended } = intent.body;
    let agreed = mapping.agreedAfter(side, intended, record.body);
    const odd = Object.keys(intended).filter((field) => !Object.hasOwn(agreed, field));
    // What a target makes of a value twice is its way of writing it, not somebody's edit.
    if (odd.length > 0 && (await sentBefore(db, intent, odd)))
      agreed = mapping.agreedAfter(side, intended, record.body, 'again');
    if (odd.some((field) => !Object.hasOwn(agreed, field))) open.add(intent.link);
    if (overtaken === true) agreed = { ...mapping.agreedAfter(side, intended, undefined), ...agreed };
    baselines.push({
      link: intent.link,
      mapping: intent.mapping,
      body: { ...known.get(`${intent.link} ${intent.mapping}`), ...agreed },
    });
  }
  return { open, baselines };
};

/** What a link's sides agree on, for one mapping. */
interface BaselineRow {
  readonly link: string;
  readonly mapping: string;
  readonly body: Baseline;
}

/** Did the last effect there carry the same values of these fields? */
const sentBefore = async (
  db: Database,
  { link, slot, mapping, body }: OpenIntent,
  fields: readonly string[],
): Promise<boolean> => {
  const [last] = await db.query<{ body: Buffer }>(
    `select v.body from journal j join journal_value v on v.journal = j.id where j.link = $1 and j.slot = $2 and j.mapping = $3 and j.action in ('create', 'update') order by j.id desc limit 1`,
    [link, slot, mapping],
  );
  const sent = last === undefined ? null : (objectFrom(last.body)['agreed'] ?? null);
  return isObject(sent) && fields.every((field) => sameJson(sent[field], body.intended[field]?.value));
};

export const storeBaselines = async (db: Database, rows: readonly BaselineRow[]): Promise<void> => {
  if (rows.length === 0) return;
  const sorted = [...rows].sort((a, b) => (a.link < b.link ? -1 : 1));
  await db.query(
    `insert into baseline (link, mapping, body, at) select l, m, ${cut(3, 'f', 'n')}, ledger_now() from unnest($1::uuid[],$2::text[],$4::int[],$5::int[]) as t(l,m,f,n)
     on conflict (link, mapping) do update set body = excluded.body, at = excluded.at where baseline.body <> excluded.body`,
    [sorted.map((r) => r.link), sorted.map((r) => r.mapping), ...packed(sorted.map((r) => encodeBaseline(r.body)))],
  );
};

/** What a refused write had parked is over once a write to the same side took effect. */
const unparkWrites = async (db: Database, all: readonly Settled[]): Promise<void> => {
  await db.query(
    `delete from parked p using unnest($1::uuid[],$2::text[],$3::text[]) as t(link,mapping,slot)
     where p.link = t.link and p.mapping = t.mapping and p.refused is not null and p.refused_by = t.slot`,
    [
      all.map(({ intent }) => intent.link),
      all.map(({ intent }) => intent.mapping),
      all.map(({ intent }) => intent.slot),
    ],
  );
};

const entryOf = (context: Context, { intent, id, status, confirmed }: Settled): Entry => {
  const reasons = Object.entries(intent.body.reasons).map(([field, reason]) => `${field}: ${reason}`);
  const mapping = context.mappings().get(intent.mapping);
  return {
    actor: 'tallystick',
    action: status === 'created' || intent.op === 'create' ? 'create' : intent.op,
    mapping: intent.mapping,
    link: intent.link,
    slot: intent.slot,
    record: id,
    fields: intent.body.fields,
    key: intent.key,
    reason: `${confirmed === true ? 'confirmed by reading; ' : ''}${reasons.join('; ')}`,
    values: {
      before: intent.body.before,
      sent: intent.body.values,
      agreed: Object.fromEntries(Object.entries(intent.body.intended).map(([field, { value }]) => [field, value])),
    } as unknown as Json,
    ...(mapping === undefined ? {} : { config: mapping.revision }),
  };
};
