/** What becomes of a pair that lost a half: deleted, taken out of use, or merged into another record by people. */
import { otherSide, SIDES, type Side } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import { asText, objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Context, mappingsOf, slotOf } from './context.ts';
import { feedbackWrite } from './feedback.ts';
import { planGone } from './gone.ts';
import { type LinkRow, loadLinks, type Member } from './load.ts';
import { merge } from './merge.ts';
import { type Park, recordPark } from './park.ts';
import { type Draft, settleParks } from './take.ts';

// Somebody who merged the same thing over and over is followed so far.
const LONGEST_CHAIN = 20;

/** Is a member of the link no longer to be had: deleted, or taken out of use, or merged into another record? */
export const isLost = (mapping: Mapping, member: Member | undefined): boolean =>
  member !== undefined &&
  (member.state === 'gone' ||
    mapping.retired(member.side, member.observed.body) ||
    mapping.mergedInto(member.side, member.observed.body) !== undefined);

/**
 * Settles the links of a round that lost a half, and answers those that are still to be planned: links that lost none, and
 * links in which another record has taken the lost one's place. Comes before all else, because a link that was taken in is no more.
 */
export const settleLost = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  segment: string,
  rows: readonly LinkRow[],
  draft: Draft,
): Promise<readonly LinkRow[]> => {
  const left = new Map(rows.map((row) => [row.link, row]));
  for (const row of rows) {
    if (!left.has(row.link) || Object.keys(row.members).length < 2) continue;
    const settled = await planLost(context, db, mapping, segment, row, draft);
    if (settled === undefined) continue;
    left.delete(row.link);
    if (settled === 'planned') continue;
    left.delete(settled.taken);
    forget(draft, settled.taken);
    left.set(row.link, settled.row);
  }
  return [...left.values()];
};

/** What was drafted for a link that is no more. */
const forget = (draft: Draft, link: string): void => {
  for (const list of [draft.stated, draft.parks, draft.unparks, draft.baselines, draft.waits] as { link: string }[][])
    list.splice(0, list.length, ...list.filter((each) => each.link !== link));
};

interface Joined {
  readonly row: LinkRow;
  /** The link that the record which takes the place stood in. */
  readonly taken: string;
}

/** What becomes of a pair that lost one half or both: undefined when it lost none, `planned` when all is drafted. */
const planLost = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  segment: string,
  row: LinkRow,
  draft: Draft,
): Promise<'planned' | Joined | undefined> => {
  const [side, ...more] = SIDES.filter((each) => isLost(mapping, row.members[each]));
  if (side === undefined) return undefined;
  const [lost, left] = [row.members[side], row.members[otherSide(side)]];
  const into = lost?.state === 'gone' ? undefined : lost && mapping.mergedInto(side, lost.observed.body);
  if (more.length > 0 || lost === undefined || left === undefined) {
    settleParks(row, [], draft, 'gone on both sides');
    return 'planned';
  }
  if (into === undefined) {
    await planGone(context, db, mapping, row, side, draft);
    return 'planned';
  }
  const found = await survivorOf(db, mapping, lost, into);
  const question = asked(lost, left, found, into);
  if (question === undefined && found !== undefined) {
    const joined = await join(context, db, mapping, segment, row, lost, found, draft);
    if (joined === undefined) return 'planned';
    return { row: row.told === true ? { ...joined, told: true } : joined, taken: found.link };
  }
  const park: Park = recordPark(mapping.name, row.link, 'MERGE_DECISION', question ?? '', {
    candidates: [
      { slot: lost.slot, id: found?.id ?? into },
      ...(found?.mate === undefined ? [] : [{ slot: left.slot, id: found.mate }]),
    ],
  });
  settleParks(row, [park], draft, 'decided');
  feedbackWrite(mapping, row, [park], undefined, draft);
  return 'planned';
};

interface Survivor {
  readonly id: string;
  readonly link: string;
  /** May it take the lost record's place: is it there, in use, and inside `include`? */
  readonly usable: boolean;
  /** The record on the other side that it is linked to, and whether that is gone. */
  readonly mate: string | undefined;
  readonly mateGone: boolean;
}

/** The record that is left of a merge, through merges that followed it; undefined when the ledger does not know it. */
const survivorOf = async (
  db: Database,
  mapping: Mapping,
  lost: Member,
  first: string,
): Promise<Survivor | undefined> => {
  for (let id = first, steps = 0; steps < LONGEST_CHAIN; steps += 1) {
    const [row] = await db.query<{
      link: string;
      state: string;
      body: Stored;
      mate: string | null;
      mate_state: string | null;
    }>(
      `select r.link, r.state, ${asText('r.body')} as body, o.id as mate, o.state as mate_state
       from record r left join record o on o.link = r.link and o.slot <> r.slot and o.active and o.slot = $3
       where r.slot = $1 and r.id = $2 and r.active`,
      [lost.slot, id, otherSlot(mapping, lost.side)],
    );
    if (row === undefined) return undefined;
    const body = objectFrom(row.body);
    const next = row.state === 'gone' ? undefined : mapping.mergedInto(lost.side, body);
    if (next === undefined)
      return {
        id,
        link: row.link,
        usable: row.state === 'present' && !mapping.retired(lost.side, body) && mapping.included(lost.side, body),
        mate: row.mate ?? undefined,
        mateGone: row.mate_state === 'gone',
      };
    id = next;
  }
  return undefined;
};

/** Rule 1: why a person must say what becomes of the halves of two records that were merged; undefined when nothing is left to ask. */
const asked = (lost: Member, left: Member, found: Survivor | undefined, into: string): string | undefined => {
  const merged = `${lost.slot} merged ${lost.id} into ${found?.id ?? into}`;
  if (found === undefined) return `${merged}, which is not known here; ${left.slot} ${left.id} waits for it`;
  if (!found.usable) return `${merged}, which is out of use or outside \`include\`; ${left.slot} ${left.id} stands`;
  if (found.mate === undefined || found.mateGone || found.mate === left.id) return undefined;
  return `${merged}: ${left.slot} ${left.id} belongs to the one and ${found.mate} to the other; merge these two there, or delete one`;
};

/** The survivor takes the lost record's place in its link, which keeps its id; the lost one stays as an alias. Nothing was agreed on between these two yet. */
const join = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  segment: string,
  row: LinkRow,
  lost: Member,
  found: Survivor,
  draft: Draft,
): Promise<LinkRow | undefined> => {
  const former = [
    { slot: lost.slot, id: lost.id },
    ...(found.mate === undefined ? [] : [{ slot: otherSlot(mapping, lost.side), id: found.mate }]),
  ];
  await setActive(db, former, 'former');
  const rule = `${lost.id} was merged into ${found.id} in its own system`;
  const [refused] = await merge(context, db, mapping, segment, [{ survivor: row.link, loser: found.link, rule }]);
  if (refused !== undefined) {
    await setActive(db, former, 'member');
    draft.waits.push({ link: row.link, reason: 'KEY_RESERVED', detail: refused.why, afterMs: 1_000 });
    return undefined;
  }
  const names = mappingsOf(context, lost.slot).map((each) => each.mapping.name);
  await db.query(`delete from baseline where link = $1 and mapping = any($2)`, [row.link, names]);
  const [joined] = await loadLinks(db, mapping, segment, [row.link]);
  return joined;
};

const setActive = (
  db: Database,
  records: readonly { readonly slot: string; readonly id: string }[],
  as: 'member' | 'former',
): Promise<unknown> =>
  db.query(
    `update record r set active = $3 from unnest($1::text[],$2::text[]) as t(slot,id) where r.slot = t.slot and r.id = t.id`,
    [records.map(({ slot }) => slot), records.map(({ id }) => id), as === 'member'],
  );

const otherSlot = (mapping: Mapping, side: Side): string => slotOf(mapping, otherSide(side));
