/** Constants, filters and the rules of `validate`. */
import { ExactNumber, type Json, type JsonObject } from '../domain/json.ts';
import { otherSide, SIDES, type Side } from '../domain/record.ts';
import { compareDecimals, plainDecimal } from './codec-number.ts';
import { Fault } from './fault.ts';
import { type Field, nativeOf } from './field.ts';
import { getPath, type Path } from './path.ts';
import type { Draft } from './planner-draft.ts';
import { look } from './planner-look.ts';

/** A value that always stands at one side, or only from its creation. */
export interface Constant {
  readonly side: Side;
  readonly text: string;
  readonly path: Path;
  readonly value: Json;
  readonly createOnly: boolean;
}

/** A test of one path. */
export interface Filter {
  readonly text: string;
  readonly path: Path;
  readonly allowed: ReadonlySet<string>;
}

/** A rule that must hold before anything is written at `to`. */
export interface Rule {
  readonly field: Field;
  readonly to: Side;
  readonly when: Readonly<Record<Side, readonly Filter[]>>;
  readonly holds: (value: Json) => boolean;
  readonly say: string;
}

/** A scalar as filters compare it; empty and missing are one. */
export const filterText = (value: Json | undefined): string => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'object' && !(value instanceof ExactNumber)) return '\u0000';
  return String(value).trim();
};

/** Do all filters let the body pass? `read` says what stands at a path. */
export const passes = (filters: readonly Filter[], read: (filter: Filter) => Json | undefined): boolean =>
  filters.every((filter) => filter.allowed.has(filterText(read(filter))));

/** Do all filters let a body pass as it stands? */
export const bodyPasses = (filters: readonly Filter[], body: JsonObject): boolean =>
  passes(filters, ({ path }) => getPath(body, path));

/** Order of two canonical values: as numbers when both are, else as text. */
export const compareValues = (a: Json, b: Json): number => {
  const left = plainDecimal(String(a));
  const right = plainDecimal(String(b));
  if (left !== undefined && right !== undefined) return compareDecimals(left, right);
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
};

/** The value that stands once the plan is done: what was decided, else what the source says. */
const standing = ({ field, to }: Rule, draft: Draft): Json | Fault => {
  const decided = draft.decisions.find((made) => made?.field === field.name)?.value;
  if (decided !== undefined) return decided;
  const from = otherSide(to);
  const body = draft.bodies[from];
  if (body === undefined) return null;
  return look(field[from], nativeOf(field[from], body, draft.values[from]), draft.state.baseline[field.name]).value;
};

const applies = ({ when }: Rule, draft: Draft): boolean =>
  SIDES.every((side) => {
    const body = draft.bodies[side] ?? {};
    const pending = draft.values[side];
    return passes(when[side], ({ text, path }) => (Object.hasOwn(pending, text) ? pending[text] : getPath(body, path)));
  });

/** Does the rule apply and not hold? */
export const missedRule = (rule: Rule, draft: Draft): boolean => {
  if (!applies(rule, draft)) return false;
  const value = standing(rule, draft);
  return value instanceof Fault || !rule.holds(value);
};
