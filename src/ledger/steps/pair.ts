import { otherSide } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import { objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { askedElsewhere, asks, heldBack } from './ambiguous.ts';
import { type Context, slotOf } from './context.ts';
import { feedbackWrite } from './feedback.ts';
import { withParents } from './kin.ts';
import { type LinkRow, loadLinks, type Member } from './load.ts';
import { type Match, matched } from './match.ts';
import { merge, type Pairing } from './merge.ts';
import { type Owner, ownersOf } from './ours.ts';
import { recordPark } from './park.ts';
import type { Stated } from './state.ts';
import { keysOf, type Reserved, surveyed } from './survey.ts';
import { type Draft, settleParks } from './take.ts';

export interface Single {
  readonly row: LinkRow;
  readonly member: Member;
  readonly create: Stated['keys'] | undefined;
}

const alone = (row: LinkRow): Member | undefined => {
  const members = Object.values(row.members);
  return members.length === 1 ? members[0] : undefined;
};

/** Sort the links of a round into pairs, some of them just matched, and records alone that are to be created; the rest waits, parks or is left. */
export const pairUp = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  segment: string,
  rows: readonly LinkRow[],
  draft: Draft,
): Promise<{ readonly pairs: readonly LinkRow[]; readonly singles: readonly Single[] }> => {
  const pairs = rows.filter((row) => Object.keys(row.members).length === 2);
  const lone = rows.flatMap((row) => {
    const member = alone(row);
    return member === undefined ? [] : [{ row, member }];
  });
  const [asked, held] = await Promise.all([
    askedElsewhere(
      db,
      mapping,
      lone.map(({ row }) => row.link),
    ),
    heldBack(context, db, mapping, lone),
  ]);
  const live = lone.filter(({ row, member }) => {
    // A create that may have taken effect is a person's question; until they answer nothing is sent, by no mapping.
    if (row.parked.some((each) => asks(each) && each.record === undefined)) return false;
    if (member.state === 'present' && held.has(row.link)) return false;
    if (member.state === 'present' && asked.has(row.link) && row.parked.every((each) => each.record === undefined)) {
      settleParks(row, [recordPark(mapping.name, row.link, 'AMBIGUOUS', ASKED)], draft, 'set aside');
      return false;
    }
    const { side, observed } = member;
    const gone = member.state === 'gone' || mapping.retired(side, observed.body);
    if (!gone && member.state === 'present' && mapping.included(side, observed.body)) return true;
    settleParks(row, [], draft, gone ? 'gone before it was linked' : 'outside `include`');
    return false;
  });
  const [survey, feeds, awaited, owners] = await Promise.all([
    surveyed(
      context,
      db,
      mapping,
      live.map(({ row, member }) => ({
        link: row.link,
        slot: member.slot,
        id: member.id,
        keys: keysOf(mapping.identityKeys(member.side, member.observed.body)),
      })),
      (side, bytes) => {
        const body = objectFrom(bytes);
        const included = mapping.included(side, body) && !mapping.retired(side, body);
        return { included, keys: mapping.identityKeys(side, body), parents: mapping.referencesIn(side, body) };
      },
    ),
    feedTimes(db, mapping),
    createsUnderWay(
      db,
      live.flatMap(({ member }) => member.observed.reference ?? []),
    ),
    ownersOf(db, mapping, live),
  ]);
  const field = await withParents(db, mapping, live, survey);
  const singles: Single[] = [];
  const pairings: Pairing[] = [];
  const taken = new Set<string>();
  for (const { row, member } of live) {
    if (taken.has(row.link)) continue;
    const reference = member.observed.reference ?? '';
    if (awaited.has(reference)) {
      draft.waits.push({ link: row.link, reason: 'KEY_RESERVED', detail: reference, afterMs: 2_000 });
      continue;
    }
    const owner = owners.get(row.link);
    const rules = () => ourOwn(mapping, row, member, owner, matched(context, mapping, row, member, field));
    const match = await decidedOr(db, row, rules, mapping, member);
    if ('pair' in match) {
      pairings.push(match.pair);
      for (const link of [match.pair.survivor, match.pair.loser]) {
        taken.add(link);
        field.pairedNow.add(link);
      }
    } else resolveAlone(mapping, row, member, match, feeds, draft, singles);
  }
  const refusals = await merge(context, db, mapping, segment, pairings);
  const refused = new Map(refusals.map((refusal) => [refusal.survivor, refusal]));
  for (const { survivor, wait, why } of refusals) {
    if (wait) draft.waits.push({ link: survivor, reason: 'KEY_RESERVED', detail: why, afterMs: 1_000 });
    else draft.parks.push(recordPark(mapping.name, survivor, 'MERGE_DECISION', why));
  }
  const merged = pairings.filter((pair) => !refused.has(pair.survivor)).map((pair) => pair.survivor);
  return { pairs: [...pairs, ...(await loadLinks(db, mapping, segment, merged))], singles };
};

const ASKED = 'another mapping sent the create once, its answer was lost, and the system cannot be asked by our key';

/** References of creates whose outcome is not known yet: a record that shows one is ours, whatever its keys say by now. */
const createsUnderWay = async (db: Database, references: readonly string[]): Promise<ReadonlySet<string>> => {
  if (references.length === 0) return new Set();
  const rows = await db.query<{ key: string }>(
    `select key from intent where key = any($1) and op = 'create' and ended_at is null`,
    [references],
  );
  return new Set(rows.map((row) => row.key));
};

/** What becomes of a record alone: it is one half of a pair, or what matching says of it. */
type Found = { readonly pair: Pairing } | Exclude<Match, { readonly link: unknown }>;

const found = (row: LinkRow, match: Match): Found =>
  'link' in match ? { pair: { survivor: row.link, loser: match.link.link, rule: match.rule } } : match;

/** A record that carries our key goes to the link that sent it, which keeps its id; where that has one already a person is asked. */
const ourOwn = (mapping: Mapping, row: LinkRow, member: Member, owner: Owner | undefined, match: Match): Found => {
  if (owner === undefined) return found(row, match);
  if (!owner.filled) return { pair: { survivor: owner.link, loser: row.link, rule: 'our own key' } };
  if (!('link' in match || 'create' in match)) return match;
  const why = `${member.slot} ${member.id} carries our key, and the record it was made from has another half`;
  return { park: recordPark(mapping.name, row.link, 'POSSIBLE_DUPLICATE', why) };
};

const resolveAlone = (
  mapping: Mapping,
  row: LinkRow,
  member: Member,
  match: Exclude<Found, { pair: unknown }>,
  feeds: ReadonlyMap<string, string>,
  draft: Draft,
  singles: Single[],
): void => {
  if ('park' in match) {
    settleParks(row, [match.park], draft, 'decided');
    feedbackWrite(mapping, row, [match.park], undefined, draft);
    return;
  }
  if ('wait' in match) {
    draft.waits.push({ link: row.link, reason: match.wait, detail: match.detail, afterMs: 2_000 });
    return;
  }
  if ('leave' in match) {
    settleParks(row, [], draft, match.leave);
    return;
  }
  // What the other side got just before this record was seen may not have been read yet: it could be the same thing.
  const target = slotOf(mapping, otherSide(member.side));
  if ((feeds.get(target) ?? '') < member.seen_from) {
    draft.waits.push({ link: row.link, reason: 'WAITING_FOR_FEED', detail: target, afterMs: 2_000 });
    return;
  }
  singles.push({ row, member, create: match.keys });
};

/** What it reserves by a person's word, whoever it belongs to. */
const unrelated = (mapping: Mapping, { side, observed }: Member): readonly Reserved[] =>
  keysOf(mapping.identityKeys(side, observed.body)).map((key) => ({ ...key, parents: '' }));

/** A person's word on a record stands above the rules. */
const decidedOr = async (
  db: Database,
  row: LinkRow,
  rules: () => Found,
  mapping: Mapping,
  member: Member,
): Promise<Found> => {
  const said = row.parked.find((each) => each.record !== undefined)?.record;
  if (said === undefined) return rules();
  if (said.action === 'create') return { create: true, keys: unrelated(mapping, member) };
  const [other] = await db.query<{ link: string }>(
    `select link from record where slot = $1 and id = $2 and active and state = 'present'`,
    [said.with.slot, said.with.id],
  );
  if (other === undefined)
    return {
      park: recordPark(
        mapping.name,
        row.link,
        'POSSIBLE_DUPLICATE',
        `${said.with.slot} ${said.with.id}, chosen as the other half, does not exist`,
      ),
    };
  return { pair: { survivor: row.link, loser: other.link, rule: 'a person’s decision' } };
};

const feedTimes = async (db: Database, mapping: Mapping): Promise<ReadonlyMap<string, string>> => {
  const rows = await db.query<{ name: string; at: string | null }>(
    `select name, to_char(feed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from slot where name = any($1)`,
    [[slotOf(mapping, 'crm'), slotOf(mapping, 'erp')]],
  );
  return new Map(rows.flatMap((row) => (row.at === null ? [] : [[row.name, row.at]])));
};
