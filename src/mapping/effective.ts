/**
 * Days from which a record holds what it says, and days after which it counts as something else. A plan sees each record
 * as it is at its own moment: what lies ahead is held back, what is over has happened. Nothing else knows of days.
 */
import { dayAfter, dayIn, isNoDay, startOfDay } from '../domain/days.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { type Json, type JsonObject, sameJson } from '../domain/json.ts';
import type { Again, LinkPlan, ParkedField } from '../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../domain/record.ts';
import { type Field, nativeOf } from './field.ts';
import { getPath, type Path, pathOf, withValues } from './path.ts';
import { filterText } from './planner-rules.ts';
import type { LinkState } from './port.ts';
import type { MappingFile } from './schema.ts';

/** The days of one side's records. */
export interface Days {
  readonly from: readonly { readonly text: string; readonly path: Path }[];
  readonly until?: { readonly text: string; readonly path: Path };
  readonly after: Readonly<Record<string, Json>>;
  readonly zone: string;
}
/** Per side; a side without days holds at once. */
export type DaysBySide = Readonly<Partial<Record<Side, Days>>>;

const placed = (text: string) => ({ text, path: pathOf(text) });

/** Compile `effective:` of a file that passed lint. */
export const daysOf = ({ effective }: MappingFile): DaysBySide =>
  Object.fromEntries(
    SIDES.flatMap((side) => {
      const said = effective?.[side];
      if (said === undefined) return [];
      const { from = [], until, after = {}, zone } = said;
      const days: Days = {
        from: [from].flat().map(placed),
        ...(until === undefined ? {} : { until: placed(until) }),
        after: after as Readonly<Record<string, Json>>,
        zone,
      };
      return [[side, days]];
    }),
  );

/** Every path that `effective` reads at a side. */
export const dayPaths = (days: DaysBySide, side: Side): readonly string[] => {
  const { from = [], until, after = {} } = days[side] ?? {};
  return [...from.map(({ text }) => text), ...(until === undefined ? [] : [until.text]), ...Object.keys(after)];
};

/** One record at a moment. */
interface AsOf {
  readonly body: JsonObject;
  readonly again?: Again;
  /** A day that cannot be read, as it stands there. */
  readonly unreadable?: { readonly text: string; readonly value: Json };
}

const asOf = ({ from, until, after, zone }: Days, body: JsonObject, now: number): AsOf => {
  const ahead: string[] = [];
  for (const each of [...from, ...(until === undefined ? [] : [until])]) {
    const value = getPath(body, each.path) ?? null;
    const said = filterText(value);
    const day = isNoDay(said) ? undefined : dayIn(said, zone);
    if (!isNoDay(said) && day === undefined) return { body, unreadable: { text: each.text, value } };
    if (day !== undefined && each !== until && startOfDay(day, zone) > now) ahead.push(day);
  }
  const first = ahead.toSorted().at(-1);
  if (first !== undefined) return { body, again: againOn(first, zone, true) };
  const said = until === undefined ? '' : filterText(getPath(body, until.path));
  const last = isNoDay(said) ? undefined : dayIn(said, zone);
  const over = last === undefined ? undefined : dayAfter(last);
  if (over === undefined) return { body };
  return startOfDay(over, zone) <= now
    ? { body: withValues(body, after) }
    : { body, again: againOn(over, zone, false) };
};

const againOn = (day: string, zone: string, ahead: boolean): Again => ({
  at: new Date(startOfDay(day, zone)).toISOString(),
  day,
  ahead,
});

/** Fields that may not cross from a side yet: all that flow from there and that it says otherwise than was agreed. */
const heldFrom = (fields: readonly Field[], side: Side, state: LinkState): Record<string, ErrorCode> => {
  const body = state[side]?.body;
  const news = (field: Field): boolean => {
    const base = state.baseline[field.name];
    if (field.flow === side) return false;
    return base === undefined || body === undefined || !sameJson(nativeOf(field[side], body), base[side]);
  };
  return Object.fromEntries(
    fields.filter(news).map(({ name }) => [name, state.held[name] ?? ('NOT_YET_EFFECTIVE' as const)]),
  );
};

/** What a plan is made from, and what it must carry besides. */
export interface View {
  readonly state: LinkState;
  readonly again?: Again;
  readonly parked: readonly ParkedField[];
  /** Sides whose records may not make one on the other side. */
  readonly idle: ReadonlySet<Side>;
}

/** A link as it is at its moment. */
export const viewOf = (days: DaysBySide, fields: readonly Field[], state: LinkState): View => {
  const now = state.now === undefined ? Number.NaN : Date.parse(state.now);
  const again: Again[] = [];
  const parked: ParkedField[] = [];
  const idle = new Set<Side>();
  let view = state;
  for (const side of SIDES) {
    const { [side]: own } = days;
    const seen = state[side];
    if (own === undefined || seen === undefined || Number.isNaN(now)) continue;
    const { body, again: later, unreadable } = asOf(own, seen.body, now);
    if (later !== undefined) again.push(later);
    if (unreadable !== undefined) parked.push(unreadableDay(side, unreadable));
    if (later?.ahead === true || unreadable !== undefined) {
      idle.add(side);
      view = { ...view, held: { ...view.held, ...heldFrom(fields, side, view) } };
    } else if (body !== seen.body) view = { ...view, [side]: { ...seen, body } };
  }
  const [first] = again.toSorted((a, b) => (a.at < b.at ? -1 : 1));
  return { state: view, parked, idle, ...(first === undefined ? {} : { again: first }) };
};

const unreadableDay = (side: Side, { text, value }: NonNullable<AsOf['unreadable']>): ParkedField => ({
  field: '',
  code: 'BAD_VALUE',
  message: `"${text}" of the ${side.toUpperCase()} holds no day (YYYY-MM-DD), so nobody can say from when the record holds. Correct the value at its source.`,
  crm: side === 'crm' ? value : null,
  erp: side === 'erp' ? value : null,
  base: null,
  cause: `${text}: no day`,
});

const NOTHING: LinkPlan = { writes: {}, fields: [], parked: [], agreed: {}, intended: {} };

/** Plan a view: a record that may not make another one waits whole. */
export const planView = (view: View, plan: (state: LinkState) => LinkPlan): LinkPlan => {
  const lone = SIDES.find((side) => view.state[otherSide(side)] === undefined && view.state[side] !== undefined);
  const made = lone !== undefined && view.idle.has(lone) ? NOTHING : plan(view.state);
  return {
    ...made,
    ...(view.parked.length === 0 ? {} : { parked: [...view.parked, ...made.parked] }),
    ...(view.again === undefined ? {} : { again: view.again }),
  };
};
