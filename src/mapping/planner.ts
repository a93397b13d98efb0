/**
 * Plan one link: three states in (CRM, ERP, what they last agreed), the smallest set of writes out. Two-way fields come
 * first; one-way fields follow, against the record as it is about to be, so that a derived field settles in one round.
 */
import { ERRORS, type ErrorCode } from '../domain/errors.ts';
import { type Json, sameJson } from '../domain/json.ts';
import type { Decision, LinkPlan } from '../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../domain/record.ts';
import { type Field, nativeOf } from './field.ts';
import { handedOver } from './handover.ts';
import type { Lines } from './lines.ts';
import { getPath } from './path.ts';
import { decideCreate, decideOneWay, decideTwoWay, type Question, writeAgain } from './planner-decide.ts';
import { type Asked, apply, type Draft, finished, newDraft, withhold } from './planner-draft.ts';
import { planLines } from './planner-lines.ts';
import { type Look, look, type Mutation, type Outcome, THE, unseen, vanished } from './planner-look.ts';
import { planningOrder } from './planner-order.ts';
import { type Constant, missedRule, type Rule } from './planner-rules.ts';
import type { LinkState } from './port.ts';
import { translated } from './reference.ts';

/** What the planner needs of a compiled mapping. */
export interface Plannable {
  readonly fields: readonly Field[];
  readonly lines: readonly Lines[];
  readonly constants: readonly Constant[];
  readonly rules: readonly Rule[];
  /** Two times this close, ms, do not tell which is newer. */
  readonly skewMs: number;
  readonly mutation?: Mutation;
}

const timeOf = (state: LinkState, field: Field, side: Side): number => {
  const seen = state[side];
  if (seen === undefined) return Number.NaN;
  const times = field[side].texts.map((text) => Date.parse(seen.times[text] ?? seen.modifiedAt ?? ''));
  return Math.max(...times);
};

const newerSide = (state: LinkState, field: Field, skewMs: number): Side | undefined => {
  const ahead = timeOf(state, field, 'crm') - timeOf(state, field, 'erp');
  if (Number.isNaN(ahead) || Math.abs(ahead) <= skewMs) return undefined;
  return ahead > 0 ? 'crm' : 'erp';
};

const pickOf = (state: LinkState, field: string, crm: Json, erp: Json): Decision | undefined =>
  state.decisions.findLast(
    (decision) => decision.field === field && sameJson(decision.seen.crm, crm) && sameJson(decision.seen.erp, erp),
  );

/** What follows for a field that may not be planned now, or undefined when it may. */
const heldBack = (code: ErrorCode | undefined, picked: boolean): Outcome | undefined => {
  if (code === undefined) return undefined;
  if (ERRORS[code].recovery !== 'park') return { kind: 'none', reason: `not planned now (${code})` };
  if (picked) return undefined;
  return {
    kind: 'park',
    code,
    reason: 'set aside for a person',
    message: `it is set aside (${code})`,
    cause: `set aside (${code})`,
  };
};

/** Does our own late write stand there, where something else was agreed? */
const isLate = ({ late, baseline }: LinkState, { name }: Field, { side, changed }: Look): boolean =>
  changed && baseline[name] !== undefined && late?.[side]?.has(name) === true;

const decide = (mapping: Plannable, draft: Draft, { index, field, crm, erp }: Asked): Outcome => {
  const { state, bodies } = draft;
  const picked = state.decisions.length === 0 ? undefined : pickOf(state, field.name, crm.native, erp.native);
  const pick = picked?.take;
  const held = heldBack(state.held[field.name], pick !== undefined);
  if (held !== undefined) return held;
  const missing = SIDES.find((side) => bodies[side] === undefined);
  if (missing !== undefined) return decideBeside({ index, field, crm, erp }, missing);
  if (field.createOnly) return { kind: 'none', reason: 'written only when the record is created' };
  const newer = (): Side | undefined => newerSide(state, field, mapping.skewMs);
  const question: Question = {
    field,
    base: state.baseline[field.name],
    crm,
    erp,
    pick,
    back: picked?.back === true,
    newer,
  };
  const late = pick === undefined ? SIDES.find((side) => isLate(state, field, question[side])) : undefined;
  if (late !== undefined) return writeAgain(question, late);
  return field.flow === 'both' ? decideTwoWay(question) : decideOneWay(question, field.flow);
};

/** A field of a record that is about to be created: what flows back from it may already stand where it comes from. */
const decideBeside = ({ field, crm, erp }: Asked, missing: Side): Outcome => {
  const back = otherSide(missing);
  if (flowsBack(field, missing)) {
    const outcome = decideOneWay(
      { field, base: undefined, crm, erp, pick: undefined, back: false, newer: () => undefined },
      back,
    );
    if (outcome.kind === 'agree') return outcome;
  }
  return decideCreate(field, missing === 'erp' ? crm : erp, missing);
};
const flowsBack = (field: Field, missing: Side): boolean => field.flow === otherSide(missing) && !field.createOnly;

const planField = (mapping: Plannable, draft: Draft, index: number, field: Field): void => {
  const base = draft.state.baseline[field.name];
  const seen = (side: Side): Look => {
    const body = draft.bodies[side];
    if (body === undefined && !flowsBack(field, side)) return { side, native: null, changed: false, value: null };
    const lost = draft.state.whole?.has(side) === true ? vanished(field[side], body ?? {}, base) : undefined;
    if (lost !== undefined && base !== undefined) return unseen(field, side, base, lost);
    return look(field[side], nativeOf(field[side], body ?? {}, draft.values[side]), base, mapping.mutation);
  };
  const at: Asked = { index, field, crm: seen('crm'), erp: seen('erp') };
  const outcome = decide(mapping, draft, at);
  const whole = SIDES.every((side) => draft.bodies[side] !== undefined);
  apply(draft, at, whole ? handedOver(draft.state.handovers?.[field.name], at, outcome) : outcome);
};

const addConstants = (mapping: Plannable, draft: Draft): void => {
  for (const { side, text, path, value, createOnly } of mapping.constants) {
    const body = draft.bodies[side];
    if (body === undefined) draft.values[side][text] = value;
    else if (!createOnly && !sameJson(getPath(body, path), value)) draft.values[side][text] = value;
  }
};

const checkRules = (mapping: Plannable, draft: Draft): void => {
  for (const to of SIDES) {
    if (Object.keys(draft.values[to]).length === 0 || draft.withheld.has(to)) continue;
    const missed = mapping.rules.find((rule) => rule.to === to && missedRule(rule, draft));
    if (missed === undefined) continue;
    withhold(draft, to, missed.say);
    draft.parked.push({
      field: '',
      code: 'RULE_FAILED',
      message: missed.say,
      crm: null,
      erp: null,
      base: null,
      cause: missed.say,
    });
  }
};

/** The elements of a collection, each planned as a record of its own. */
const planCollection = (mapping: Plannable, draft: Draft, lines: Lines): void => {
  const { state } = draft;
  planLines(
    {
      draft,
      planFields: (fields, part) => planLink({ ...mapping, fields, lines: [], constants: [], rules: [] }, part),
      heldBack: (field, picked) => heldBack(state.held[field.name], picked),
      pick: (field, crm, erp) => pickOf(state, field, crm, erp)?.take,
    },
    lines,
  );
};

/** Plan a link; with `only`, just these fields and collections, and no constants. */
export const planLink = (mapping: Plannable, state: LinkState, only?: ReadonlySet<string>): LinkPlan => {
  const draft = newDraft(state);
  if (draft.bodies.crm === undefined && draft.bodies.erp === undefined) return finished(draft);
  for (const index of planningOrder(mapping.fields)) {
    const field = mapping.fields[index];
    if (field !== undefined && (only === undefined || only.has(field.name)))
      planField(mapping, draft, index, translated(field, state.references));
  }
  for (const lines of mapping.lines)
    if (only === undefined || only.has(lines.name)) planCollection(mapping, draft, lines);
  for (const [to, name] of Object.entries(draft.blockers) as [Side, string][])
    withhold(draft, to, `the record cannot be created in ${THE[to]} without ${name}`);
  if (only === undefined) addConstants(mapping, draft);
  checkRules(mapping, draft);
  return finished(draft);
};
