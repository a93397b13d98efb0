/**
 * Changes that would close a loop along references declared `acyclic`. All plans of a chunk are looked at together, against
 * the edges of all links as they stand after the plans before: planning takes the locks of the slots, so there is no other.
 */
import type { LinkPlan } from '../../domain/plan.ts';
import { withRemedy } from '../../mapping/planner-draft.ts';
import type { LinkState, Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { edgesFrom, edgesHeldBy, edgesOf, makeEdges, replaceEdges } from './edges.ts';
import type { LinkRow } from './load.ts';
import { type Change, settleLoops } from './loop-net.ts';
import { isLost } from './lost.ts';

/** By the name of a reference that may not cross: the links of the loop that it would close, the first one last again. */
export type Loop = ReadonlyMap<string, { readonly path: readonly string[]; readonly said: string }>;

/** A link that may be planned in this round. */
export interface Candidate {
  readonly row: LinkRow;
  readonly state: LinkState;
  /** Its plan if nothing is held back, made when it is first asked for: a bill of thousands of lines is not planned twice. */
  readonly free: () => LinkPlan;
}

export const candidate = (mapping: Mapping, row: LinkRow, state: LinkState): Candidate => {
  let made: LinkPlan | undefined;
  return { row, state, free: () => (made ??= mapping.plan(state)) };
};

/** The plan of a link, without what would close a loop; nobody's decision carries that over. */
export const planned = (mapping: Mapping, { state, free }: Candidate, loop: Loop | undefined): LinkPlan => {
  if (loop === undefined) return free();
  const held = Object.fromEntries([...loop.keys()].map((name) => [name, 'REFERENCE_LOOP' as const]));
  const decisions = state.decisions.filter(({ field }) => !loop.has(field));
  const plan = mapping.plan({ ...state, decisions, held: { ...state.held, ...held } });
  return {
    ...plan,
    parked: plan.parked.map((each) => {
      const found = loop.get(each.field);
      if (found === undefined || each.code !== 'REFERENCE_LOOP') return each;
      const message = withRemedy('REFERENCE_LOOP', `it would close a loop: ${found.said}`);
      return { ...each, message, cause: `loop: ${found.said}`, loop: found.path };
    }),
  };
};

/** Ids of the CRM to the links they stand for, as the references of a round tell. */
const thingsOf = ({ references }: LinkRow) => {
  const things = new Map<string, string>();
  for (const [key, found] of references)
    if (found.state === 'linked') things.set(`${key.split('\x1f')[0]}\x1f${found.crm}`, found.thing);
  return (mapping: string, crm: string): string | undefined => things.get(`${mapping}\x1f${crm}`);
};

/** What links people know under which name. */
const namesOf = async (db: Database, links: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const rows = await db.query<{ link: string; label: string }>(
    `select distinct on (link) link, coalesce(nullif(label, ''), id) as label from record where link = any($1::uuid[]) and active order by link, label = '', slot`,
    [links],
  );
  return new Map(rows.map(({ link, label }) => [link, label]));
};

const asLoop = (held: ReadonlyMap<string, readonly string[]>, names: ReadonlyMap<string, string>): Loop =>
  new Map(
    [...held].map(([name, path]) => [name, { path, said: path.map((link) => names.get(link) ?? link).join(' → ') }]),
  );

/** By link, the references of a chunk that may not cross, and whether others that were set aside are due again. */
export const loopsAmong = async (
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
  all: readonly Candidate[],
): Promise<{ readonly loops: ReadonlyMap<string, Loop>; readonly freed: boolean }> => {
  if (mapping.acyclic.length === 0) return { loops: new Map(), freed: false };
  await makeEdges(db, mapping);
  const lost = (row: LinkRow): boolean => Object.values(row.members).some((member) => isLost(mapping, member));
  const seen = (row: LinkRow): boolean =>
    Object.values(row.members).every(({ side, observed }) => mapping.included(side, observed.body));
  const candidates = all
    .filter(({ row }) => !lost(row) && seen(row))
    .toSorted((a, b) => (a.row.link < b.row.link ? -1 : 1));
  const mine = [...candidates.map(({ row }) => row.link), ...rows.filter(lost).map(({ link }) => link)];
  const before = await edgesHeldBy(db, mapping, mine);
  const beforeOf = Map.groupBy(before, ({ link }) => link);
  const changes = candidates.map((each): Change => {
    const { row } = each;
    const thingOf = thingsOf(row);
    return {
      link: row.link,
      before: (beforeOf.get(row.link) ?? []).filter(({ held }) => !held),
      after: (held) => {
        const { agreed, intended } = planned(mapping, each, held.size === 0 ? undefined : asLoop(held, new Map()));
        return edgesOf(mapping, row.link, { ...row.baseline, ...agreed, ...intended }, thingOf);
      },
    };
  });
  const own = new Set(mine);
  const { held: found, after } = await settleLoops(changes, async (links) =>
    (await edgesFrom(db, mapping, links)).filter(({ link }) => !own.has(link)),
  );
  const names = await namesOf(
    db,
    [...found.values()].flatMap((held) => [...held.values()].flat()),
  );
  const freed = await replaceEdges(db, mapping, before, after);
  return { loops: new Map([...found].map(([link, held]) => [link, asLoop(held, names)])), freed };
};
