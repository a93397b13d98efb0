/**
 * The life of one field of one pair, told from both ledgers. A people's edit is *pending* until both sides say the
 * same. Whatever the integration writes must be a value the other side had, and may put a pending edit aside only where
 * the field's rule says so.
 */
import { explainWrite, whyNotOverwrite } from './field-rules.ts';
import type { Mark } from './trace.ts';
import { type FieldRule, other, type Rules, type Side } from './words.ts';

/** How long a value stood, by the record's own dates. */
export interface Period {
  readonly value: string | null;
  readonly from: number;
  to: number;
}

/** An opinion that one side has and the other has not heard of, as far as the ledgers can tell. */
export interface Pending {
  readonly period: Period;
  /**
   * It may count or not: the sides were alike before anybody linked them, the value is a default, or it has arrived
   * and whoever carried it cannot know that. Putting it aside is no loss; it may still beat another edit.
   */
  weak: boolean;
  /** It has arrived, and whoever carried it cannot know: for them it is an opinion still, though both sides agree. */
  unheard?: true;
}

/** One side of the field so far. */
export interface Life {
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

/** One moment in the pair's life. */
export interface Moment {
  readonly side: Side;
  readonly mark: Mark;
  /** Whoever wrote may not have learned that it worked. */
  readonly unsure: boolean;
  /** The integration knows by now that the two records are one. */
  readonly linked: boolean;
}

/** A field being followed. */
export interface Course {
  readonly rules: Rules;
  readonly index: number;
  readonly field: FieldRule;
  /** A person settled this field in the product. */
  readonly decided: boolean;
  /** The side from which a one-way field flows. */
  readonly source: Side | undefined;
  readonly lives: Readonly<Record<Side, Life>>;
  readonly faults: Fault[];
  /** Values that follow from what stands at the target itself. */
  readonly derived: Set<string>;
  /** What both sides last agreed on; undefined when they never did. */
  agreed: string | null | undefined;
}

/** Where the field stands at the end. */
export interface FieldEnd {
  readonly faults: readonly Fault[];
  /** An edit on this side that has not arrived on the other. */
  readonly pending: Readonly<Record<Side, boolean>>;
  /** Both sides have an opinion of their own. */
  readonly contested: boolean;
  /** … and the times do not tell which is newer. */
  readonly tie: boolean;
  /** How often the field returned to the value before the last. */
  readonly returns: number;
}

const newLife = (): Life => ({ exists: false, value: null, pending: undefined, periods: [], carried: 0 });

/** Is one value newer than the other by more than the clocks may be apart? */
export const definitelyNewer = (a: Period, b: Period, skewMs: number): boolean => a.from > b.to + skewMs;

const stand = (life: Life, value: string | null, stamp: number): Period => {
  const period = { value, from: stamp, to: stamp };
  life.periods.push(period);
  life.value = value;
  return period;
};

/** Both sides say the same. Before they are linked nobody knows that, so it settles nothing yet. */
const agree = (course: Course, linked: boolean): void => {
  const { crm, erp } = course.lives;
  if (linked) {
    crm.pending = undefined;
    erp.pending = undefined;
    course.agreed = crm.value;
    return;
  }
  for (const { pending } of [crm, erp]) if (pending !== undefined) pending.weak = true;
};

const edit = (course: Course, { side, mark, linked }: Moment, value: string | null, first: boolean): void => {
  const { field, rules } = course;
  const [here, there] = [course.lives[side], course.lives[other(side)]];
  const period = stand(here, value, mark.stamp);
  // Emptying says something only where there was something agreed on to be emptied.
  const something = course.agreed !== undefined && course.agreed !== null;
  const opinion = value !== null || (!first && field.empty === 'clear' && something);
  // What the integration itself put at the source of a one-way field when it made the record is nobody's opinion.
  const weak = first && mark.actor === rules.actor;
  here.pending = opinion ? { period, weak } : undefined;
  if (there.exists && there.value === value) agree(course, linked);
};

const write = (course: Course, moment: Moment, value: string | null, first: boolean): void => {
  const { side, mark, unsure } = moment;
  const [here, there] = [course.lives[side], course.lives[other(side)]];
  const standard = first && value !== null && value === course.field.standard?.[side] && there.value !== value;
  if (!first || value !== null) explainWrite(course, side, value, first);
  const edited = here.pending;
  // Back at the value last agreed on, an edit may pass for no change at all.
  if (edited !== undefined && !edited.weak && edited.period.value !== course.agreed) {
    const reason = whyNotOverwrite(course, side, edited);
    const values = { edit: edited.period.value, became: value, other: there.value };
    if (reason !== undefined) course.faults.push({ kind: 'lost', values, reason });
  }
  const period = stand(here, value, mark.stamp);
  here.pending = standard ? { period, weak: true } : undefined;
  // A default is agreed on only when its source says it too.
  if (!standard) course.agreed = value;
  if (there.value !== value || there.pending === undefined) return;
  if (unsure) Object.assign(there.pending, { weak: true, unheard: true });
  else there.pending = undefined;
};

/** A derived field's origin, as it stands at the target: its value will come by way of the source. */
const noteOrigin = (course: Course, { side, mark }: Moment): void => {
  const value = mark.origins[course.index]?.value;
  if (value === undefined || value === null || course.derived.has(value)) return;
  course.derived.add(value);
  const from = course.lives[other(side)];
  from.pending ??= { period: { value, from: mark.stamp, to: mark.stamp }, weak: true };
};

const live = (course: Course, moment: Moment): void => {
  const { side, mark } = moment;
  const life = course.lives[side];
  if (mark.op === 'delete') {
    life.exists = false;
    return;
  }
  noteOrigin(course, moment);
  const value = mark.readings[course.index]?.value ?? null;
  const first = !life.exists;
  life.exists = true;
  const period = life.periods.at(-1);
  if (period !== undefined && value === life.value) period.to = Math.max(period.to, mark.stamp);
  else if (mark.actor === course.rules.actor && side !== course.source) write(course, moment, value, first);
  else edit(course, moment, value, first);
};

const returnsOf = ({ periods }: Life): number =>
  periods.filter((period, at) => at >= 2 && period.value === periods[at - 2]?.value).length;

const endOf = (course: Course): FieldEnd => {
  const { lives, agreed, faults, rules } = course;
  const { crm, erp } = lives;
  const opinion = ({ pending, value }: Life): boolean =>
    pending !== undefined && (value !== agreed || pending.unheard === true);
  const open = (life: Life): boolean => opinion(life) && life.pending?.weak === false;
  const [left, right] = [crm.pending?.period, erp.pending?.period];
  const told =
    left !== undefined &&
    right !== undefined &&
    (definitelyNewer(left, right, rules.skewMs) || definitelyNewer(right, left, rules.skewMs));
  const contested = opinion(crm) && opinion(erp);
  return {
    faults,
    pending: { crm: open(crm), erp: open(erp) },
    contested,
    tie: contested && !told,
    returns: Math.max(returnsOf(crm), returnsOf(erp)),
  };
};

/** Follow one field through the moments of a pair, in order of time. */
export const fieldLife = (
  rules: Rules,
  index: number,
  field: FieldRule,
  moments: readonly Moment[],
  decided: boolean,
): FieldEnd => {
  const course: Course = {
    rules,
    index,
    field,
    decided,
    source: field.flow === 'both' ? undefined : field.flow === 'to_erp' ? 'crm' : 'erp',
    lives: { crm: newLife(), erp: newLife() },
    faults: [],
    derived: new Set(),
    agreed: undefined,
  };
  let linked = false;
  for (const moment of moments) {
    if (moment.linked && !linked) {
      linked = true;
      const { crm, erp } = course.lives;
      if (crm.exists && erp.exists && crm.value === erp.value) agree(course, true);
    }
    live(course, moment);
  }
  return endOf(course);
};
