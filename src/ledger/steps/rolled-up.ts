/** What the roll-ups of a round's records come to now, shown in their bodies as columns. */
import type { ErrorCode } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Observed } from '../../domain/record.ts';
import type { Mapping, Rollup, RollupAsk } from '../../mapping/port.ts';
import { OTHERS, OWN, ROLLUPS } from '../../mapping/schema-rollup.ts';
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

// Ids that one had before, whom the records refer to, count too: records may still name them.
const TOTALS = `
  with ask as (select * from unnest($2::uuid[],$3::text[],$6::date[],$7::date[]) as t(link,parent,starts,ends)),
  named as (
    select link, parent as id, starts, ends from ask
    union select a.link, o.id, a.starts, a.ends from ask a join record e on e.slot = $8 and e.id = a.parent
      join record o on o.link = e.link and o.slot = e.slot
  ), part as (
    select n.link, p.currency, p.amount, p.value, p.day, (ledger_now() at time zone $4)::date as today,
      (p.day + make_interval(months => $5::int))::date as ends
    from named n join rollup_part p on p.rollup = $1 and p.parent = n.id and (n.starts is null or p.day between n.starts and n.ends)
    join record r on r.slot = p.slot and r.id = p.id and r.state <> 'gone' and r.active
  )
  select link, currency,
    trim_scale(sum(amount) filter (where $5 = 0 or (day <= today and ends > today)))::text as sum,
    max(value) filter (where $5 = 0 or (day <= today and ends > today)) as latest,
    count(*) filter (where $5 = 0 or (day <= today and ends > today))::text as count,
    to_char(min(case when $5 = 0 then null when day > today then day when ends > today then ends end)::timestamp at time zone $4 at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as next
  from part group by link, currency`;

interface Asked extends RollupAsk {
  readonly link: string;
}

const totalsOf = (db: Database, { key, parents, window }: Rollup, asked: readonly Asked[]): Promise<Total[]> =>
  db.query<Total>(TOTALS, [
    key,
    asked.map(({ link }) => link),
    asked.map(({ parent }) => parent),
    window?.zone ?? 'UTC',
    window?.months ?? 0,
    asked.map(({ from }) => from),
    asked.map(({ until }) => until),
    parents,
  ]);

/** Sums that a record must not be measured by, each with its currency; null where there are none. */
const othersThan = (own: string, sums: ReadonlyMap<string, string>): string | null => {
  const others = [...sums].filter(([currency, sum]) => (own === '' || currency !== own) && sum !== '0');
  // ISO 4217: XXX where none is said.
  return others.length === 0
    ? null
    : others
        .map(([currency, sum]) => `${sum} ${currency || 'XXX'}`)
        .sort()
        .join(', ');
};

/** What a record shows: nothing to add up is 0, and no day at all is empty. */
const shown = ({ kind, currencies }: Rollup, totals: readonly Total[], own: string): Json => {
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
  return Object.fromEntries(
    currencies.map((each) => [
      each,
      each === OTHERS ? othersThan(own, sums) : (sums.get(each === OWN ? own || 'XXX' : each) ?? '0'),
    ]),
  );
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
  let filled = rows;
  for (const rollup of mapping.rollups) {
    if (!ready.has(rollup.source)) {
      filled = filled.map((row) => ({ ...row, unread: { ...row.unread, ...unread(rollup) } }));
      continue;
    }
    const asked = new Map(rows.flatMap((row) => askedBy(mapping, rollup, row)).map((each) => [each.link, each]));
    if (asked.size === 0 && rows.every(({ members }) => members[rollup.side] === undefined)) continue;
    const totals = Map.groupBy(await totalsOf(db, rollup, [...asked.values()]), ({ link }) => link);
    filled = filled.map((row) =>
      filledIn(row, rollup, totals.get(row.link) ?? [], asked.get(row.link)?.currency ?? ''),
    );
  }
  return filled;
};

const askedBy = (mapping: Mapping, rollup: Rollup, { link, members }: LinkRow): readonly Asked[] => {
  const member = members[rollup.side];
  const ask = member === undefined ? undefined : rollup.askOf(mapping, member.id, member.observed.body);
  return ask === undefined ? [] : [{ ...ask, link }];
};

const unread = ({ fields }: Rollup): Readonly<Record<string, ErrorCode>> =>
  Object.fromEntries(fields.map((field) => [field, 'WAITING_FOR_FIRST_PASS' as const]));

const filledIn = (row: LinkRow, rollup: Rollup, totals: readonly Total[], own: string): LinkRow => {
  const member = row.members[rollup.side];
  if (member === undefined) return row;
  const { observed } = member;
  const before = observed.body[ROLLUPS] ?? null;
  const body = {
    ...observed.body,
    [ROLLUPS]: { ...(isObject(before) ? before : {}), [rollup.name]: shown(rollup, totals, own) },
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
