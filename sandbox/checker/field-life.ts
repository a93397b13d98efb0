/**
 * The life of one field of one pair, told from both ledgers. A people's edit is *pending* until both sides say the
 * same. Whatever the integration writes must be a value the other side had, and may put a pending edit aside only where
 * the field's rule says so.
 */
import type { Mark } from './trace.ts';
import { type FieldRule, other, type Rules, type Side } from './words.ts';

/** How long a value stood, by the record's own dates. */
interface Period {
  readonly value: string | null;
  readonly from: number;
  to: number;
}

interface Pending {
  readonly period: Period;
  /** Has arrived, but whoever carried it cannot know that. */
  shadow: boolean;
}

interface Life {
  exists: boolean;
  value: string | null;
  pending: Pending | undefined;
  readonly periods: Period[];
  /** Index into the other side's periods: what was last carried here. */
  carried: number;
}

/** What went wrong at one moment. */
export interface Fault {
  readonly kind: 'lost' | 'unexplained';
  readonly values: Readonly<Record<string, string | null>>;
  readonly reason: string;
}

/** Where the field stands at the end. */
export interface FieldEnd {
  readonly faults: readonly Fault[];
  readonly value: Readonly<Record<Side, string | null>>;
  /** An edit on this side that has not arrived on the other. */
  readonly pending: Readonly<Record<Side, boolean>>;
  /** Both sides were edited at times that do not tell which is newer. */
  readonly tie: boolean;
  /** How often the field returned to the value before the last. */
  readonly returns: number;
}

/** One moment in the pair's life. */
export interface Moment {
  readonly side: Side;
  readonly mark: Mark;
  /** Whoever wrote may not have learned that it worked. */
  readonly unsure: boolean;
}

const newLife = (): Life => ({ exists: false, value: null, pending: undefined, periods: [], carried: 0 });
const definitelyNewer = (a: Period, b: Period, skewMs: number): boolean => a.from > b.to + skewMs;

/** Follow one field through the moments of a pair, in order of time. */
export const fieldLife = (
  rules: Rules,
  index: number,
  field: FieldRule,
  moments: readonly Moment[],
  decided: boolean,
): FieldEnd => {
  const lives: Record<Side, Life> = { crm: newLife(), erp: newLife() };
  const faults: Fault[] = [];
  const derived = new Set<string>();
  let agreed: string | null | undefined;
  const source = field.flow === 'both' ? undefined : field.flow === 'to_erp' ? 'crm' : 'erp';

  const stand = (life: Life, value: string | null, stamp: number): Period => {
    const period = { value, from: stamp, to: stamp };
    life.periods.push(period);
    life.value = value;
    return period;
  };
  const edit = (side: Side, value: string | null, stamp: number, first: boolean): void => {
    const [here, there] = [lives[side], lives[other(side)]];
    const period = stand(here, value, stamp);
    const opinion = value !== null || (!first && field.empty === 'clear');
    here.pending = opinion ? { period, shadow: false } : undefined;
    if (there.exists && there.value === value) {
      here.pending = undefined;
      there.pending = undefined;
      agreed = value;
    }
  };
  const fault = (kind: Fault['kind'], values: Fault['values'], reason: string): void =>
    void faults.push({ kind, values, reason });

  const explain = (side: Side, value: string | null, first: boolean): void => {
    const [here, there] = [lives[side], lives[other(side)]];
    const values = { was: here.value, became: value, other: there.value };
    if (field.createOnly === true && !first)
      fault('unexplained', values, 'changed after creation, though it is set only then');
    if (value === null && !first && field.empty !== 'clear')
      fault('lost', values, 'emptied, though empty is no opinion');
    const carried = there.periods.findIndex((period, at) => at >= here.carried && period.value === value);
    if (carried >= 0) here.carried = carried;
    else if (value !== null && derived.has(value)) return;
    else if (first && value === field.standard?.[side] && there.periods.some((period) => period.value === null)) return;
    else if (there.periods.some((period) => period.value === value))
      fault('unexplained', values, 'an older value was written after a newer one');
    else fault('unexplained', values, 'written, though the other side never said so');
  };
  const whyNotOverwrite = (side: Side, edited: Pending): string | undefined => {
    const rival = lives[other(side)].pending;
    if (source !== undefined) {
      return field.drift === 'restore' || rival !== undefined
        ? undefined
        : `an edit at the target was put back, though the rule is ${field.drift}`;
    }
    if (decided) return undefined;
    if (rival === undefined) return 'an edit was overwritten, though the other side was not edited since';
    if (field.conflict === side) return `an edit was overwritten, though the ${side.toUpperCase()} wins`;
    if (field.conflict === 'newest' && definitelyNewer(edited.period, rival.period, rules.skewMs))
      return 'a newer edit was overwritten by an older one';
    return undefined;
  };
  const write = (side: Side, value: string | null, moment: Moment, first: boolean): void => {
    const [here, there] = [lives[side], lives[other(side)]];
    if (!first || value !== null) explain(side, value, first);
    const edited = here.pending;
    // Back at the value last agreed on, an edit may pass for no change at all.
    if (edited !== undefined && edited.period.value !== agreed && !edited.shadow) {
      const why = whyNotOverwrite(side, edited);
      if (why !== undefined) fault('lost', { edit: edited.period.value, became: value, other: there.value }, why);
    }
    stand(here, value, moment.mark.stamp);
    here.pending = undefined;
    agreed = value;
    if (there.value !== value || there.pending === undefined) return;
    if (moment.unsure) there.pending.shadow = true;
    else there.pending = undefined;
  };
  const origin = (side: Side, mark: Mark): void => {
    const value = mark.origins[index]?.value;
    if (value === undefined || value === null || derived.has(value)) return;
    derived.add(value);
    const from = lives[other(side)];
    from.pending ??= { period: { value, from: mark.stamp, to: mark.stamp }, shadow: false };
  };

  for (const moment of moments) {
    const { side, mark } = moment;
    const life = lives[side];
    if (mark.op === 'delete') {
      life.exists = false;
      continue;
    }
    origin(side, mark);
    const value = mark.readings[index]?.value ?? null;
    const first = !life.exists;
    life.exists = true;
    const period = life.periods.at(-1);
    if (period !== undefined && value === life.value) {
      period.to = Math.max(period.to, mark.stamp);
      continue;
    }
    if (mark.actor === rules.actor && side !== source) write(side, value, moment, first);
    else edit(side, value, mark.stamp, first);
  }

  const { crm, erp } = lives;
  const open = (life: Life): boolean => life.pending !== undefined && !life.pending.shadow;
  const [left, right] = [crm.pending?.period, erp.pending?.period];
  const returns = (life: Life): number =>
    life.periods.filter((period, at) => at >= 2 && period.value === life.periods[at - 2]?.value).length;
  return {
    faults,
    value: { crm: crm.value, erp: erp.value },
    pending: { crm: open(crm), erp: open(erp) },
    tie:
      left !== undefined &&
      right !== undefined &&
      !definitelyNewer(left, right, rules.skewMs) &&
      !definitelyNewer(right, left, rules.skewMs),
    returns: Math.max(returns(crm), returns(erp)),
  };
};
