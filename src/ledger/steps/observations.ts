import type { Change } from '../../../connectors/sdk/seam.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { NativeRecord } from '../../domain/record.ts';
import { hashOf } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Context, mappingsOf, newId } from './context.ts';
import { tellLife } from './feed.ts';
import { addKeys, wakeKeys } from './identity-keys.ts';
import { type Glimpsed, glimpse } from './interleaved.ts';
import { isOlder, journalBack, type WentBack } from './older.ts';
import { projected } from './projection.ts';
import { type Due, enqueue } from './queue.ts';
import { type Changed, isLeft, writeRows } from './record-rows.ts';
import { noteParts } from './rollups.ts';
import { type Stored, stored } from './stored.ts';
import { arrivals } from './watch.ts';

/** How an observation came about; decides what may be stored and who must look at it. */
export interface Seeing {
  readonly slot: string;
  /** Ledger time before the request began. */
  readonly from: string;
  readonly pass: number | null;
  readonly cause: string;
  /** The mapping whose own read this is: it plans next anyway. */
  readonly except?: string;
  /** Our write's reply: native id → link and the values sent. Stored although the intent is still open. */
  readonly own?: ReadonlyMap<string, { readonly link: string; readonly sent: Readonly<Record<string, Json>> }>;
}

/** Rule 11, second half: one writer at a time stores observations of a slot, so that comparing and storing are one step. */
export const lockSlot = (db: Database, slot: string): Promise<unknown> =>
  db.query(`select pg_advisory_xact_lock(7402002, hashtext($1))`, [slot]);
/**
 * The same lock, held together with others who only remember what they wrote: each touches its own links and their records,
 * which nobody else leases. Who reads or plans the slot waits for all of them, and they for him.
 */
export const shareSlot = (db: Database, slot: string): Promise<unknown> =>
  db.query(`select pg_advisory_xact_lock_shared(7402002, hashtext($1))`, [slot]);

/**
 * Store what was seen of a slot's records. An observation older than our last write, or than what is stored, or of a record
 * with an open intent is not stored: its record is read again (a stale page would undo our write). Nor is one that shows an
 * older state of a record than was seen a moment ago: a copy may lag. Returns the ids whose stored state changed.
 */
export const storeObservations = async (
  context: Context,
  db: Database,
  seeing: Seeing,
  changes: readonly Change[],
): Promise<readonly string[]> => {
  const last = new Map<string, Extract<Change, { op: 'upsert' | 'delete' }>>();
  for (const change of changes) {
    if (change.op === 'upsert') last.set(change.record.id, change);
    else if (change.op === 'delete') last.set(change.id, change);
  }
  if (last.size === 0) return [];
  const known = await stored(context, db, seeing, [...last.keys()]);
  const places = mappingsOf(context, seeing.slot);
  // A feed shows what it has shown before, and every write of ours. Where the version moves with every mapped field, an
  // equal one says so without a look at the body; a full pass looks, because mappings may name other fields since.
  const traits = context.traits(seeing.slot);
  const vouched = seeing.cause === 'change' && seeing.pass === null && !traits.fresh;
  const write: Changed[] = [];
  const same: string[] = [];
  const moved: { id: string; version: string | null; modifiedAt: string | null }[] = [];
  const late: string[] = [];
  const older: string[] = [];
  const behind: string[] = [];
  const back: WentBack[] = [];
  const gone: string[] = [];
  const changed: string[] = [];
  const met: Glimpsed[] = [];
  const unstored: { id: string; body: JsonObject }[] = [];
  for (const [id, change] of last) {
    const before = known.get(id);
    const own = seeing.own?.get(id);
    const blocked =
      before !== undefined &&
      own === undefined &&
      context.mutation !== 'no-stale-check' &&
      (before.open || before.late);
    if (change.op === 'delete') {
      if (before === undefined || before.state === 'gone') continue;
      (blocked ? late : gone).push(id);
      continue;
    }
    if (vouched && before !== undefined && own === undefined && unmoved(before, change.record.version)) {
      same.push(id);
      continue;
    }
    const body = projected(context, seeing.slot, change.record.body);
    const hash = hashOf(body);
    const equal = before?.hash.equals(hash) === true && before.state === 'present';
    if (equal && !before.stale && own === undefined && isSame(before, change.record)) {
      same.push(id);
      continue;
    }
    const shownOlder =
      before !== undefined && own === undefined && !(equal && before.assumed) && isOlder(traits, before, change.record);
    if (blocked) {
      late.push(id);
      if (!equal) unstored.push({ id, body });
      if (!equal && before.open && !before.late && !shownOlder && traits.fresh)
        met.push({ id, version: change.record.version, body });
      continue;
    }
    if (shownOlder && before.recent) {
      older.push(id);
      if (!equal && !before.stale) behind.push(id);
      continue;
    }
    if (shownOlder && !equal) back.push({ id, link: before.link, before, record: change.record });
    if (equal && own === undefined && !before.stale) {
      moved.push({ id, version: change.record.version ?? null, modifiedAt: change.record.modifiedAt ?? null });
      continue;
    }
    // A former member that is in use again stands for itself.
    const revived = before?.active === false && !places.some((place) => isLeft(place, body));
    write.push({
      id,
      link: own?.link ?? (revived ? undefined : before?.link) ?? newId(),
      record: change.record,
      body,
      hash,
    });
    if (!equal) changed.push(id);
  }
  await arrivals(
    context,
    db,
    seeing.slot,
    write.map(({ id, body }) => ({ id, body, sent: seeing.own?.get(id)?.sent })),
  );
  await writeRows(context, db, seeing, write, known);
  if (seeing.pass !== null && same.length + moved.length + older.length > 0) {
    await db.query(`update record set pass_no = $3 where slot = $1 and id = any($2) and pass_no <> $3`, [
      seeing.slot,
      [...same, ...moved.map((m) => m.id), ...older],
      seeing.pass,
    ]);
  }
  // A reading afresh vouches for what it found unchanged.
  if (seeing.cause === 'read' && same.length > 0) {
    await db.query(
      `update record set seen_from = greatest(seen_from, $3::timestamptz) where slot = $1 and id = any($2)`,
      [seeing.slot, same.sort(), seeing.from],
    );
  }
  if (moved.length > 0) {
    await db.query(
      `update record r set version = t.version, assumed = false, modified_at = coalesce(t.modified::timestamptz, r.modified_at), seen_from = greatest(r.seen_from, $5::timestamptz)
       from unnest($2::text[],$3::text[],$4::text[]) as t(id,version,modified) where r.slot = $1 and r.id = t.id`,
      [seeing.slot, moved.map((m) => m.id), moved.map((m) => m.version), moved.map((m) => m.modifiedAt), seeing.from],
    );
  }
  if (gone.length > 0) {
    await db.query(
      `update record set state = 'gone', tombstone = true, stale = false, gone_at = ledger_now(), seen_from = $3, written_at = case when $4 then ledger_now() else written_at end where slot = $1 and id = any($2)`,
      [seeing.slot, gone, seeing.from, seeing.own !== undefined],
    );
    await wakeKeys(
      db,
      await db.query<{ fields: string; key: string }>(
        `delete from record_key where slot = $1 and id = any($2) returning fields, key`,
        [seeing.slot, gone],
      ),
    );
    changed.push(...gone);
  }
  await glimpse(db, seeing.slot, met);
  await addKeys(context, db, seeing.slot, unstored);
  // What is shown older was seen newer: nothing may be planned with it until it is seen so again. Once is enough to say so.
  if (late.length + behind.length > 0)
    await db.query(`update record set stale = true where slot = $1 and id = any($2)`, [
      seeing.slot,
      [...late, ...behind].sort(),
    ]);
  await noteParts(context, db, seeing.slot, changed);
  const returned = write.flatMap(({ id }) => (known.get(id)?.state === 'gone' ? [id] : []));
  await tellLife(context, db, seeing.slot, gone, 'gone');
  await tellLife(context, db, seeing.slot, returned, 'back');
  await journalBack(db, seeing.slot, back);
  const due = (ids: readonly string[], except?: string): Due[] =>
    places.flatMap(({ mapping }) =>
      mapping.name === except ? [] : ids.map((id) => ({ mapping: mapping.name, slot: seeing.slot, id })),
    );
  await enqueue(db, due(changed, seeing.except), seeing.cause);
  // A reading that met an open intent is repeated once that ends: whoever reads again at once would read without end.
  const barred = new Set(seeing.cause === 'read' ? late.filter((id) => known.get(id)?.open === true) : []);
  await enqueue(db, due(late.filter((id) => !barred.has(id))), 'reread');
  await enqueue(
    db,
    due([...[...barred].filter((id) => known.get(id)?.stale === false), ...behind], seeing.except),
    'reread',
  );
  return changed;
};

const unmoved = (before: Stored, version: string | undefined): boolean =>
  version !== undefined && before.version === version && before.state === 'present' && !before.stale && !before.assumed;

/** Where there is no version the time of the last change tells of a write that is seen for the first time. */
const isSame = (before: Stored, { version, modifiedAt }: NativeRecord): boolean =>
  before.version === (version ?? null) &&
  (version !== undefined || modifiedAt === undefined || before.modified === Date.parse(modifiedAt));

/** Rule 12: absent where a control record is seen is gone; whoever maps the slot looks at it. Not while an intent is open there. */
export const storeGone = async (
  context: Context,
  db: Database,
  slot: string,
  ids: readonly string[],
  from: string,
): Promise<void> => {
  if (ids.length === 0) return;
  const rows = await db.query<{ id: string }>(
    `update record r set state = 'gone', gone_at = ledger_now(), stale = false, seen_from = greatest(r.seen_from, $3::timestamptz)
     where r.slot = $1 and r.id = any($2) and r.state <> 'gone' and (r.written_at is null or r.written_at < $3::timestamptz)
       and not exists (select from intent i where i.link = r.link and i.slot = r.slot and i.ended_at is null) returning id`,
    [slot, [...ids].sort(), from],
  );
  const keys = await db.query<{ fields: string; key: string }>(
    `delete from record_key where slot = $1 and id = any($2) returning fields, key`,
    [slot, rows.map((row) => row.id)],
  );
  await enqueue(
    db,
    mappingsOf(context, slot).flatMap(({ mapping }) => rows.map(({ id }) => ({ mapping: mapping.name, slot, id }))),
    'gone',
  );
  await wakeKeys(db, keys);
  const changed = rows.map(({ id }) => id);
  await noteParts(context, db, slot, changed);
  await tellLife(context, db, slot, changed, 'gone');
};
