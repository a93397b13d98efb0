/** A plan in the making: outcomes go in, writes and the lines that explain them come out. */
import type { ErrorCode } from '../domain/errors.ts';
import { ERRORS } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { sameJson } from '../domain/json.ts';
import type { Agreed, FieldDecision, LinkPlan, ParkedField, PlannedWrite } from '../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { type Columns, columnValues, type Field, render } from './field.ts';
import { pathOf, setPath, withValues } from './path.ts';
import { type Look, type Outcome, THE } from './planner-look.ts';
import type { LinkState } from './port.ts';
import { showValue } from './show.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type Values = Record<string, Json>;

/** The plan so far. */
export interface Draft {
  readonly state: LinkState;
  readonly bodies: Readonly<Record<Side, JsonObject | undefined>>;
  /** Paths to be written. */
  readonly values: Readonly<Record<Side, Values>>;
  readonly fields: Readonly<Record<Side, string[]>>;
  /** By the field's place in the mapping. */
  readonly decisions: (Writable<FieldDecision> | undefined)[];
  readonly parked: ParkedField[];
  readonly agreed: Record<string, Agreed>;
  readonly intended: Record<string, Agreed>;
  /** Per side, the field without which the record cannot be created there. */
  readonly blockers: Partial<Record<Side, string>>;
  readonly withheld: Set<Side>;
  /** A body with what is about to be written in a field's columns. */
  pending(side: Side, columns: Columns, body: JsonObject): JsonObject;
}

/** Begin a plan. */
export const newDraft = (state: LinkState): Draft => {
  const values: Record<Side, Values> = { crm: {}, erp: {} };
  return {
    state,
    bodies: { crm: state.crm?.body, erp: state.erp?.body },
    values,
    fields: { crm: [], erp: [] },
    decisions: [],
    parked: [],
    agreed: {},
    intended: {},
    blockers: {},
    withheld: new Set(),
    pending: (side, columns, body) => {
      let overlay: Values | undefined;
      for (const text of columns.texts)
        if (Object.hasOwn(values[side], text)) overlay = { ...overlay, [text]: values[side][text] ?? null };
      return overlay === undefined ? body : withValues(body, overlay);
    },
  };
};

const line = (
  draft: Draft,
  field: Field,
  crm: Look,
  erp: Look,
): Pick<FieldDecision, 'field' | 'crm' | 'erp' | 'base'> => ({
  field: field.name,
  crm: crm.native,
  erp: erp.native,
  base: draft.state.baseline[field.name]?.value ?? null,
});

type Parking = Omit<Extract<Outcome, { kind: 'park' }>, 'kind'>;

const sentence = (field: Field, code: ErrorCode, message: string, crm: Look, erp: Look, base: Json): string => {
  const said =
    code === 'CONFLICT'
      ? `the CRM says ${showValue(crm.native)}, the ERP says ${showValue(erp.native)}${base === null ? '' : `, last agreed ${showValue(base)}`}`
      : message;
  return `${field.name}: ${said}. ${ERRORS[code].fix}`;
};

/** Set a field aside; everything else goes on, unless the record cannot be created without it. */
export const park = (draft: Draft, index: number, field: Field, crm: Look, erp: Look, parking: Parking): void => {
  const facts = line(draft, field, crm, erp);
  const { code, reason, message, cause } = parking;
  draft.decisions[index] = { ...facts, decision: 'park', reason };
  const label = code === 'LOOKUP_MISS' ? cause : `${field.name}: ${cause}`;
  draft.parked.push({ ...facts, code, message: sentence(field, code, message, crm, erp, facts.base), cause: label });
  for (const to of SIDES) if (draft.bodies[to] === undefined && field.required[to]) draft.blockers[to] ??= field.name;
};

const remember = (
  draft: Draft,
  index: number,
  field: Field,
  crm: Look,
  erp: Look,
  outcome: Extract<Outcome, { kind: 'agree' }>,
): void => {
  const base = draft.state.baseline[field.name];
  const { value, reason } = outcome;
  const known =
    base !== undefined &&
    sameJson(base.value, value) &&
    sameJson(base.crm, crm.native) &&
    sameJson(base.erp, erp.native);
  if (!known) draft.agreed[field.name] = { value, crm: crm.native, erp: erp.native };
  draft.decisions[index] = {
    ...line(draft, field, crm, erp),
    decision: outcome.decision ?? (known ? 'none' : 'agree'),
    reason,
    value,
  };
};

const put = (draft: Draft, field: Field, side: Side, native: Json): void => {
  for (const [text, value] of columnValues(field[side], native)) draft.values[side][text] = value;
  draft.fields[side].push(field.name);
};

const write = (
  draft: Draft,
  index: number,
  field: Field,
  crm: Look,
  erp: Look,
  outcome: Extract<Outcome, { kind: 'write' }>,
): void => {
  const { to, value, reason } = outcome;
  const from = otherSide(to);
  if (value === null && field.required[to]) {
    park(draft, index, field, crm, erp, {
      code: 'REQUIRED',
      reason: `${THE[to]} needs a value`,
      message: 'the value was emptied, and it is required',
      cause: 'emptied though required',
    });
    return;
  }
  const rendered = render(field, to, value);
  const back = outcome.returns === true ? render(field, from, value) : undefined;
  const fault = rendered instanceof Fault ? rendered : back instanceof Fault ? back : undefined;
  if (rendered instanceof Fault || back instanceof Fault) {
    park(draft, index, field, crm, erp, {
      code: fault?.code ?? 'BAD_VALUE',
      reason: `the value cannot stand in ${THE[to]}`,
      message: fault?.message ?? '',
      cause: fault?.cause ?? '',
    });
    return;
  }
  put(draft, field, to, rendered.native);
  if (back !== undefined) put(draft, field, from, back.native);
  const source = back?.native ?? (from === 'crm' ? crm : erp).native;
  draft.intended[field.name] =
    to === 'erp' ? { value, crm: source, erp: rendered.native } : { value, crm: rendered.native, erp: source };
  draft.decisions[index] = {
    ...line(draft, field, crm, erp),
    decision: outcome.decision ?? `to_${to}`,
    reason,
    value,
    ...(rendered.cut === undefined ? {} : { cut: rendered.cut }),
  };
};

/** Enter what was decided for a field. */
export const apply = (draft: Draft, index: number, field: Field, crm: Look, erp: Look, outcome: Outcome): void => {
  switch (outcome.kind) {
    case 'none':
      draft.decisions[index] = {
        ...line(draft, field, crm, erp),
        decision: outcome.decision ?? 'none',
        reason: outcome.reason,
      };
      return;
    case 'agree':
      remember(draft, index, field, crm, erp, outcome);
      return;
    case 'write':
      write(draft, index, field, crm, erp, outcome);
      return;
    case 'park':
      park(draft, index, field, crm, erp, outcome);
      return;
    default:
      outcome satisfies never;
  }
};

/** Take back everything that was to be written at a side, and what it would have returned to the other. */
export const withhold = (draft: Draft, side: Side, why: string): void => {
  const dropped = draft.bodies[side] === undefined ? SIDES : [side];
  const names = new Set(dropped.flatMap((at) => draft.fields[at]));
  for (const at of dropped) {
    for (const text of Object.keys(draft.values[at])) delete draft.values[at][text];
    draft.fields[at].length = 0;
    draft.withheld.add(at);
  }
  for (const name of names) delete draft.intended[name];
  for (const decision of draft.decisions) {
    if (decision === undefined || !names.has(decision.field)) continue;
    decision.decision = 'none';
    decision.reason = `not written: ${why}`;
    delete decision.value;
    delete decision.cut;
  }
};

const planned = (draft: Draft, side: Side): PlannedWrite | undefined => {
  const values = draft.values[side];
  const paths = Object.keys(values);
  // Constants alone are no reason to create a record.
  const creates = draft.bodies[side] === undefined;
  if (paths.length === 0 || draft.withheld.has(side) || (creates && draft.fields[side].length === 0)) return undefined;
  const data: Record<string, unknown> = {};
  for (const text of paths) setPath(data, pathOf(text), values[text] ?? null);
  return { op: creates ? 'create' : 'update', values, data: data as JsonObject, fields: draft.fields[side] };
};

/** The plan as others see it. */
export const finished = (draft: Draft): LinkPlan => {
  const writes: Partial<Record<Side, PlannedWrite>> = {};
  for (const side of SIDES) {
    const made = planned(draft, side);
    if (made !== undefined) writes[side] = made;
  }
  const { parked, agreed, intended } = draft;
  return { writes, fields: draft.decisions.filter((decision) => decision !== undefined), parked, agreed, intended };
};
