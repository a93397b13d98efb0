/** People see in their own system that a record waits, and for what; only once it has lasted, so that short waits write nothing. */
import type { ErrorCode } from '../../domain/errors.ts';
import { SIDES, type Side } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { connectionOf, slotOf } from './context.ts';
import { feedbackWrite } from './feedback.ts';
import type { LinkRow } from './load.ts';
import type { Draft } from './take.ts';
import type { Wait } from './wait.ts';

/** Records told of at once. */
const AT_ONCE = 200;

/** Sides of a mapping at which people are told, and the shortest wait that is worth it; undefined: nowhere. */
const tellingOf = ({
  waitingAfterMs,
}: Mapping): { readonly sides: readonly Side[]; readonly ms: number } | undefined => {
  const sides = SIDES.filter((side) => waitingAfterMs[side] !== undefined);
  const ms = Math.min(...Object.values(waitingAfterMs));
  return sides.length === 0 ? undefined : { sides, ms };
};

/** Records that have waited long while nothing may be planned, and why. `next` (ISO): when to look again. */
export interface Tell {
  readonly due: readonly { readonly slot: string; readonly id: string; readonly link: string }[];
  readonly reason: string;
  readonly next: string | null;
}

interface State {
  readonly gate: boolean;
  readonly look: boolean;
  readonly shut: readonly string[];
  readonly code: string | null;
}

/** Whom to tell now. Looked for twice in the time of a wait at most: while much waits, the look itself is work. */
export const toTell = async (db: Database, mapping: Mapping): Promise<Tell | undefined> => {
  const telling = tellingOf(mapping);
  if (telling === undefined) return undefined;
  const connections = SIDES.map((side) => connectionOf(slotOf(mapping, side)));
  const [state] = await db.query<State>(
    `select m.gate_open as gate, coalesce(m.tell_at <= ledger_now(), true) as look,
            array(select c.name from connection c where c.name = any($2) and (c.paused_code is not null or c.closed_until > ledger_now())) as shut,
            (select case when c.paused_code is not null then 'CONNECTION_PAUSED' else c.last_error_code end from connection c
             where c.name = any($2) and (c.paused_code is not null or c.closed_until > ledger_now()) order by c.paused_code is null, c.name limit 1) as code
     from mapping m where m.name = $1 and m.paused_reason is null`,
    [mapping.name, connections],
  );
  if (state === undefined) return undefined;
  const slots = telling.sides
    .map((side) => slotOf(mapping, side))
    .filter((slot) => !state.shut.includes(connectionOf(slot)));
  if (slots.length === 0) return undefined;
  const due = state.look ? await waitingLong(db, mapping, slots, telling.ms, state.gate) : [];
  const [at] = await db.query<{ at: string | null }>(
    `update mapping set tell_at = case when not $3 then tell_at when $2 then null else ledger_now() + $4 * interval '1 ms' end where name = $1
     returning to_char(tell_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
    [mapping.name, due.length === AT_ONCE, state.look, telling.ms / 2],
  );
  const reason = state.gate ? `${codeOf(state.code)} ${state.shut.join(', ')}` : 'WAITING_FOR_FIRST_PASS ';
  return { due, reason, next: at?.at ?? null };
};

const codeOf = (code: string | null): ErrorCode =>
  code === 'CONNECTION_PAUSED' || code === 'RATE_LIMITED' ? code : 'TARGET_UNAVAILABLE';

/** Before both sides were read only what somebody edited since is news: all else is the first load, which shows itself when it is done. */
const waitingLong = (
  db: Database,
  mapping: Mapping,
  slots: readonly string[],
  ms: number,
  gate: boolean,
): Promise<Tell['due']> =>
  db.query(
    `select p.slot, p.id, r.link from pending p join record r on r.slot = p.slot and r.id = p.id join mapping m on m.name = p.mapping
     where p.mapping = $1 and p.told is null and p.state in ('due', 'waiting') and p.reason is distinct from 'NOT_YET_EFFECTIVE' and p.since <= ledger_now() - $3 * interval '1 ms'
       and exists (select from record t where t.link = r.link and t.slot = any($2) and t.active and t.state = 'present' and ($4 or t.modified_at > m.since))
     order by p.since, p.slot, p.id limit ${AT_ONCE} for update of p skip locked`,
    [mapping.name, slots, ms, gate],
  );

/** What people are told; the same words as long as it is the same reason, so that it is written once. */
const sentence = (reason: string, where: string): string => {
  switch (reason) {
    case 'WAITING_FOR_FIRST_PASS':
      return 'Both sides are being read completely for the first time.';
    case 'CONNECTION_PAUSED':
      return `${where} is paused until somebody resumes it.`;
    case 'RATE_LIMITED':
      return `${where} allows no more requests for now. We wait as long as it asks.`;
    case 'APPROVAL':
      return where;
    case 'KEY_RESERVED':
      return 'Another record with the same key is being created.';
    case 'WAITING_FOR_FEED':
      return 'The other side is read once more before a record is created there.';
    case 'TARGET_UNAVAILABLE':
    case 'UNREACHABLE':
      return where === '' ? 'A system does not answer. We keep trying.' : `${where} does not answer. We keep trying.`;
    default:
      return `It waits: ${reason}.`;
  }
};

const tellOf = (mapping: Mapping, row: LinkRow, said: string, draft: Draft): void => {
  if (row.parked.length === 0) feedbackWrite(mapping, row, [], undefined, draft, said);
};

/** State the intents that tell of a segment's records. `telling`: reason and place, as the claim noted them. */
export const tellWaiting = (mapping: Mapping, rows: readonly LinkRow[], telling: string, draft: Draft): void => {
  const [reason = '', ...where] = telling.split(' ');
  for (const row of rows) tellOf(mapping, row, sentence(reason, where.join(' ')), draft);
};

/** Their queue rows are due as they were: what they wait for is not over. */
export const toldAndDue = (db: Database, segment: string): Promise<unknown> =>
  db.query(
    `with held as materialized (select mapping, slot, id from pending where segment = $1 order by mapping, slot, id for update)
     update pending p set told = ledger_now(), state = 'due', segment = null, claimed_seq = null from held h
     where p.mapping = h.mapping and p.slot = h.slot and p.id = h.id`,
    [segment],
  );

// What is in doubt ends by itself, and its row may not be touched meanwhile. Of a day that lies ahead nobody is told before it comes.
const UNTOLD: ReadonlySet<ErrorCode> = new Set(['IN_DOUBT', 'NOT_YET_EFFECTIVE']);

/** Of what this round has to put off, what has been waiting for long already is told of. */
export const tellPutOff = async (
  db: Database,
  mapping: Mapping,
  segment: string,
  rows: readonly LinkRow[],
  draft: Draft,
): Promise<void> => {
  const telling = tellingOf(mapping);
  const waits = new Map<string, Wait>(
    draft.waits.filter(({ reason }) => !UNTOLD.has(reason)).map((each) => [each.link, each]),
  );
  if (telling === undefined || waits.size === 0) return;
  const long = await db.query<{ link: string }>(
    `with held as materialized (
       select p.mapping, p.slot, p.id, r.link from pending p join record r on r.slot = p.slot and r.id = p.id
       where p.segment = $1 and r.link = any($2::uuid[]) and p.claimed_since <= ledger_now() - $3 * interval '1 ms' order by p.mapping, p.slot, p.id for update of p
     ), told as (
       update pending p set told = coalesce(p.told, ledger_now()) from held h where p.mapping = h.mapping and p.slot = h.slot and p.id = h.id
     ) select distinct link from held`,
    [segment, [...waits.keys()], telling.ms],
  );
  const links = new Set(long.map(({ link }) => link));
  for (const row of rows) {
    const wait = links.has(row.link) ? waits.get(row.link) : undefined;
    if (wait !== undefined)
      tellOf(mapping, row, sentence(wait.reason, wait.reason === 'APPROVAL' ? wait.detail : ''), draft);
  }
};

/** Links of a segment that people were told of: they are said to agree only once their writes have taken effect. */
export const toldLinks = async (db: Database, mapping: Mapping, segment: string): Promise<ReadonlySet<string>> => {
  if (tellingOf(mapping) === undefined) return new Set();
  const rows = await db.query<{ link: string }>(
    `select distinct r.link from pending p join record r on r.slot = p.slot and r.id = p.id where p.segment = $1 and p.told is not null`,
    [segment],
  );
  return new Set(rows.map(({ link }) => link));
};
