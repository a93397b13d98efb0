import type { JsonObject } from '../../domain/json.ts';
import { isObject } from '../../domain/json.ts';
import type { Baseline, Decision } from '../../domain/plan.ts';
import { type Observed, SIDES, type Side } from '../../domain/record.ts';
import type { LinkState, Mapping } from '../../mapping/port.ts';
import type { References } from '../../mapping/reference.ts';
import { asText, decodeBaseline, objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { slotOf } from './context.ts';
import { withReferences } from './references.ts';
import { withRollups } from './rolled-up.ts';
import { type Late, lateOf } from './watch.ts';

/** One member of a link, as the ledger last saw it. */
export interface Member {
  readonly side: Side;
  readonly slot: string;
  readonly id: string;
  readonly state: 'present' | 'suspect' | 'gone';
  readonly tombstone: boolean;
  readonly stale: boolean;
  /** It was emptied within the brake's day. */
  readonly blanked: boolean;
  readonly seen_from: string;
  /** Seen since the segment was claimed. */
  readonly fresh: boolean;
  readonly first_seen: string;
  readonly observed: Observed;
}

/** What a person decided about a whole record. */
export type RecordDecision =
  | { readonly action: 'create' }
  | { readonly action: 'link'; readonly with: { readonly slot: string; readonly id: string } };

export interface ParkedRow {
  readonly mapping: string;
  readonly link: string;
  readonly field: string;
  readonly code: string;
  readonly message: string;
  readonly detail: Buffer;
  readonly refused: Buffer | null;
  readonly refused_by: string | null;
  readonly decision?: Decision | undefined;
  readonly record?: RecordDecision | undefined;
}

/** All that is known of one link, for one mapping. */
export interface LinkRow {
  readonly link: string;
  readonly members: Readonly<Partial<Record<Side, Member>>>;
  readonly baseline: Baseline;
  readonly parked: readonly ParkedRow[];
  /** People were told that it waits. */
  readonly told?: true;
  /** Per side the fields where a late write of ours stands. */
  readonly late: NonNullable<LinkState['late']>;
  /** Slots with an open intent, whoever stated it. */
  readonly open: ReadonlySet<string>;
  /** Per slot: the number of its last intent and the generation of its next create. */
  readonly last: ReadonlyMap<string, { readonly no: number; readonly generation: number }>;
  /** What its process says to people: it waits for this, or the last word about what they proposed. */
  readonly word?: { readonly waiting?: string; readonly said?: string };
  /** By field: owners who hand over. */
  readonly handovers?: LinkState['handovers'];
  /** Fields whose roll-ups cannot be shown yet, with the reason. */
  readonly unread?: LinkState['held'];
  /** When its roll-ups change by themselves, ISO. */
  readonly turns?: string;
  /** What the references of the round lead to. */
  readonly references: References;
}

interface RecordRow {
  readonly link: string;
  readonly slot: string;
  readonly id: string;
  readonly state: Member['state'];
  readonly tombstone: boolean;
  readonly stale: boolean;
  readonly blanked: boolean;
  readonly seen_from: string;
  readonly fresh: boolean;
  readonly first_seen: string;
  readonly version: string | null;
  readonly modified_at: string | null;
  readonly reference: string | null;
  readonly body: Stored;
  readonly times: Stored | null;
}

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

/** Now, as the ledger sees it, ISO. */
export const ledgerNow = async (db: Database): Promise<string> => {
  const [row] = await db.query<{ now: string }>(`select to_char(ledger_now() at time zone 'UTC', ${ISO}) as now`);
  return row?.now ?? '';
};

/** The links of a segment, or those named, with everything the plan looks at. */
export const loadLinks = async (
  db: Database,
  mapping: Mapping,
  segment: string,
  links: readonly string[],
): Promise<readonly LinkRow[]> => {
  const slots = SIDES.map((side) => slotOf(mapping, side));
  const [records, baselines, parked, intents, late] = await Promise.all([
    db.query<RecordRow>(
      `select r.link, r.slot, r.id, r.state, r.tombstone, r.stale, coalesce(r.blanked_at > ledger_now() - interval '24 h', false) as blanked, r.seen_from >= (select claimed_at from segment where id = $3) as fresh, to_char(r.seen_from at time zone 'UTC', ${ISO}) as seen_from,
              to_char(r.first_seen at time zone 'UTC', ${ISO}) as first_seen, r.version, to_char(r.modified_at at time zone 'UTC', ${ISO}) as modified_at, r.reference, ${asText('r.body')} as body, ${asText('r.times')} as times
       from record r where r.link = any($1::uuid[]) and r.slot = any($2) and r.active`,
      [links, slots, segment],
    ),
    db.query<{ link: string; body: Stored }>(
      `select link, ${asText('body')} as body from baseline where mapping = $1 and link = any($2::uuid[])`,
      [mapping.name, links],
    ),
    db.query<{
      link: string;
      field: string;
      code: string;
      message: string;
      detail: Buffer;
      refused: Buffer | null;
      refused_by: string | null;
      decision: Buffer | null;
      decided_by: string | null;
    }>(
      `select link, field, code, message, detail, refused, refused_by, decision, decided_by from parked where mapping = $1 and link = any($2::uuid[])`,
      [mapping.name, links],
    ),
    db.query<{ link: string; slot: string; no: number; generation: number; open: boolean; raise: boolean }>(
      `select link, slot, max(no) as no, max(case when op = 'create' then generation + case when outcome in ('refused', 'created', 'confirmed') then 1 else 0 end else 0 end) as generation,
              bool_or(ended_at is null) as open from intent where link = any($1::uuid[]) group by link, slot`,
      [links],
    ),
    lateOf(db, links),
  ]);
  const baselineOf = new Map(baselines.map((row) => [row.link, decodeBaseline(row.body)]));
  const membersOf = grouped(records);
  const parkedOf = grouped(parked);
  const intentsOf = grouped(intents);
  const rows = links.map((link): LinkRow => {
    const members = membersFrom(mapping, membersOf.get(link) ?? []);
    return {
      late: lateFields(mapping, members, late.get(link)),
      link,
      members,
      baseline: baselineOf.get(link) ?? {},
      parked: (parkedOf.get(link) ?? []).map((row) => ({
        mapping: mapping.name,
        link,
        field: row.field,
        code: row.code,
        message: row.message,
        detail: row.detail,
        refused: row.refused,
        refused_by: row.refused_by,
        ...decided(row),
      })),
      open: new Set((intentsOf.get(link) ?? []).flatMap((row) => (row.open ? [row.slot] : []))),
      last: new Map((intentsOf.get(link) ?? []).map((row) => [row.slot, { no: row.no, generation: row.generation }])),
      references: NONE,
    };
  });
  return withRollups(db, mapping, await withReferences(db, mapping, rows));
};

const lateFields = (mapping: Mapping, members: LinkRow['members'], late: Late | undefined): LinkRow['late'] =>
  Object.fromEntries(
    SIDES.flatMap((side) => {
      const member = members[side];
      const sent = member === undefined ? undefined : late?.get(member.slot);
      return member === undefined || sent === undefined
        ? []
        : [[side, new Set(Object.keys(mapping.standing(side, sent, member.observed.body)))]];
    }),
  );

const NONE: References = new Map();

const grouped = <Row extends { readonly link: string }>(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> =>
  Map.groupBy(rows, (row) => row.link);

const membersFrom = (mapping: Mapping, rows: readonly RecordRow[]): LinkRow['members'] => {
  const members: Partial<Record<Side, Member>> = {};
  for (const side of SIDES) {
    const row = rows.find((each) => each.slot === slotOf(mapping, side));
    if (row !== undefined) members[side] = memberFrom(mapping, side, row);
  }
  return members;
};

export const memberFrom = (mapping: Mapping, side: Side, row: RecordRow): Member => {
  const body = objectFrom(row.body);
  let times: Observed['times'] | undefined;
  return {
    side,
    slot: row.slot,
    id: row.id,
    state: row.state,
    tombstone: row.tombstone,
    stale: row.stale,
    blanked: row.blanked,
    seen_from: row.seen_from,
    fresh: row.fresh,
    first_seen: row.first_seen,
    observed: {
      id: row.id,
      body,
      // Asked for only where the newer of two values wins.
      get times() {
        times ??= timesOf(mapping, side, body, row);
        return times;
      },
      ...(row.version === null ? {} : { version: row.version }),
      ...(row.modified_at === null ? {} : { modifiedAt: row.modified_at }),
      ...(row.reference === null ? {} : { reference: row.reference }),
    },
  };
};

/** Per path the time of its present value; stored as one default and the exceptions. */
const timesOf = (mapping: Mapping, side: Side, body: JsonObject, row: RecordRow): Readonly<Record<string, string>> => {
  const stored = row.times === null ? {} : objectFrom(row.times);
  const usual = String(stored['*'] ?? row.modified_at ?? row.seen_from);
  return Object.fromEntries(
    Object.keys(mapping.paths(side, body)).map((path) => [path, String(stored[path] ?? usual)]),
  );
};

const decided = (row: {
  readonly decision: Buffer | null;
  readonly decided_by: string | null;
}): Pick<ParkedRow, 'decision' | 'record'> => {
  if (row.decision === null) return {};
  const said = objectFrom(row.decision);
  if (typeof said['take'] === 'string')
    return { decision: { ...(said as unknown as Decision), by: row.decided_by ?? '' } };
  if (said['action'] === 'create') return { record: { action: 'create' } };
  const other = said['with'];
  if (said['action'] === 'link' && isObject(other))
    return { record: { action: 'link', with: { slot: String(other['slot']), id: String(other['id']) } } };
  return {};
};
