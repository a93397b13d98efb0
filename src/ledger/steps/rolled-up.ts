/** What the roll-ups of a round's records come to now, shown in their bodies as columns. */
import type { ErrorCode } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Observed } from '../../domain/record.ts';
import type { Mapping, Rollup } from '../../mapping/port.ts';
import { ROLLUPS } from '../../mapping/schema-rollup.ts';
import type { Database } from '../database.ts';
import type { LinkRow } from './load.ts';
import { turn } from './rollups.ts';

interface Total {
  readonly link: string;
  readonly currency: string;
  readonly sum: string | null;
  readonly latest: string | null;
  readonly count: string;
  readonly next: string | null;
}

// Ids that the link had before count too: records may still name them.
const TOTALS = `
  with part as (
    select m.link, p.currency, p.amount, p.value, p.day, (ledger_now() at time zone $4)::date as today,
      (p.day + make_interval(months => $5::int))::date as ends
    from record m join rollup_part p on p.rollup = $1 and p.parent = m.id
    join record r on r.slot = p.slot and r.id = p.id and r.state <> 'gone' and r.active
    where m.link = any($2::uuid[]) and m.slot = $3
  )
  select link, currency,
    trim_scale(sum(amount) filter (where $5 = 0 or (day <= today and ends > today)))::text as sum,
    max(value) filter (where $5 = 0 or (day <= today and ends > today)) as latest,
    count(*) filter (where $5 = 0 or (day <= today and ends > today))::text as count,
    to_char(min(case when $5 = 0 then null when day > today then day when ends > today then ends end)::timestamp at time zone $4 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as next
  from part group by link, currency`;

const totalsOf = (db: Database, rollup: Rollup, slot: string, links: readonly string[]): Promise<Total[]> =>
  db.query<Total>(TOTALS, [rollup.key, links, slot, rollup.window?.zone ?? 'UTC', rollup.window?.months ?? 0]);

/** What a record shows: nothing to add up is 0, and no day at all is empty. */
const shown = ({ kind, currencies }: Rollup, totals: readonly Total[]): Json => {
  if (kind === 'count') return totals.reduce((sum, { count }) => sum + Number(count), 0);
  if (kind === 'latest')
    return (
      totals
        .map(({ latest }) => latest)
        .toSorted()
        .at(-1) ?? null
    );
  if (currencies === undefined) return totals[0]?.sum ?? '0';
  const sums = new Map(totals.map(({ currency, sum }) => [currency, sum ?? '0']));
  return Object.fromEntries(currencies.map((currency) => [currency, sums.get(currency) ?? '0']));
};

/** Rows with their roll-ups. Until all that is rolled up was read once, nothing is said of it. */
export const withRollups = async (
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
): Promise<readonly LinkRow[]> => {
  if (mapping.rollups.length === 0 || rows.length === 0) return rows;
  const read = await db.query<{ name: string }>(`select name from slot where name = any($1) and passes > 0`, [
    mapping.rollups.map(({ source }) => source),
  ]);
  const ready = new Set(read.map(({ name }) => name));
  const links = rows.map(({ link }) => link);
  let filled = rows;
  for (const rollup of mapping.rollups) {
    const { side } = rollup;
    const slot = rows.find((row) => row.members[side] !== undefined)?.members[side]?.slot;
    if (slot === undefined) continue;
    if (!ready.has(rollup.source)) {
      filled = filled.map((row) => ({ ...row, unread: { ...row.unread, ...unread(rollup) } }));
      continue;
    }
    const totals = Map.groupBy(await totalsOf(db, rollup, slot, links), ({ link }) => link);
    filled = filled.map((row) => filledIn(row, rollup, totals.get(row.link) ?? []));
  }
  return filled;
};

const unread = ({ fields }: Rollup): Readonly<Record<string, ErrorCode>> =>
  Object.fromEntries(fields.map((field) => [field, 'WAITING_FOR_FIRST_PASS' as const]));

const filledIn = (row: LinkRow, rollup: Rollup, totals: readonly Total[]): LinkRow => {
  const member = row.members[rollup.side];
  if (member === undefined) return row;
  const { observed } = member;
  const before = observed.body[ROLLUPS] ?? null;
  const body = {
    ...observed.body,
    [ROLLUPS]: { ...(isObject(before) ? before : {}), [rollup.name]: shown(rollup, totals) },
  };
  const next = totals.flatMap(({ next: at }) => at ?? []).toSorted()[0];
  const turns = [row.turns, next].filter((at) => at !== undefined).toSorted()[0];
  return {
    ...row,
    ...(turns === undefined ? {} : { turns }),
    members: { ...row.members, [rollup.side]: { ...member, observed: withBody(observed, body) } },
  };
};

/** The same record with another body; its times stay something that is worked out when asked for. */
const withBody = (observed: Observed, body: JsonObject): Observed => ({
  ...{ id: observed.id, body },
  get times() {
    return observed.times;
  },
  ...(observed.version === undefined ? {} : { version: observed.version }),
  ...(observed.modifiedAt === undefined ? {} : { modifiedAt: observed.modifiedAt }),
  ...(observed.reference === undefined ? {} : { reference: observed.reference }),
});

/** After a plan: when the records of a round are to be worked out again. */
export const noteTurns = (db: Database, mapping: Mapping, rows: readonly LinkRow[]): Promise<void> =>
  mapping.rollups.length === 0
    ? Promise.resolve()
    : turn(
        db,
        rows.flatMap((row) => {
          const at = row.unread === undefined ? row.turns : 'infinity';
          const { side } = mapping.rollups[0] as Rollup;
          const member = row.members[side];
          return at === undefined || member === undefined
            ? []
            : [{ mapping: mapping.name, slot: member.slot, id: member.id, at }];
        }),
      );
