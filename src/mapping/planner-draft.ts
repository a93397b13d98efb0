/** A plan in the making: outcomes go in, writes and the lines that explain them come out. */
import { ERRORS, type ErrorCode } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import { sameJson } from '../domain/json.ts';
import type { Agreed, FieldDecision, LinkPlan, ParkedField, PlannedWrite, WaitingField } from '../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { columnValues, type Field, render } from './field.ts';
import { pathOf, setPath } from './path.ts';
import { type Look, type Outcome, type Parking, parkFor, THE } from './planner-look.ts';
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
  readonly waiting: WaitingField[];
  readonly agreed: Record<string, Agreed>;
  readonly intended: Record<string, Agreed>;
  /** Per side, the field without which the record cannot be created there. */
  readonly blockers: Partial<Record<Side, string>>;
  readonly withheld: Set<Side>;
}

/** Begin a plan. */
export const newDraft = (state: LinkState): Draft => ({
  state,
  bodies: { crm: state.crm?.body, erp: state.erp?.body },
  values: { crm: {}, erp: {} },
  fields: { crm: [], erp: [] },
  decisions: [],
  parked: [],
  waiting: [],
  agreed: {},
  intended: {},
  blockers: {},
  withheld: new Set(),
});

/** A field being planned: its place in the mapping and both sides of it. */
export interface Asked {
  readonly index: number;
  readonly field: Field;
  readonly crm: Look;
  readonly erp: Look;
}

const line = (draft: Draft, { field, crm, erp }: Asked): Pick<FieldDecision, 'field' | 'crm' | 'erp' | 'base'> => ({
  field: field.name,
  crm: crm.native,
  erp: erp.native,
  base: draft.state.baseline[field.name]?.value ?? null,
});

/** What people read of something set aside: what is the matter, and what to do. */
export const withRemedy = (code: ErrorCode, said: string): string =>
  `${said.slice(0, 1).toUpperCase()}${said.slice(1)}. ${ERRORS[code].fix}`;

const sentence = ({ crm, erp }: Asked, { code, message }: Parking, base: Json): string => {
  const said =
    code === 'CONFLICT'
      ? `the CRM says ${showValue(crm.native)}, the ERP says ${showValue(erp.native)}${base === null ? '' : `, last agreed ${showValue(base)}`}`
      : message;
  return withRemedy(code, said);
};

/** Set a field aside; everything else goes on, unless the record cannot be created without it. */
export const park = (draft: Draft, at: Asked, parking: Parking): void => {
  const facts = line(draft, at);
  const { code, reason, cause, on } = parking;
  const { field } = at;
  if (ERRORS[code].recovery !== 'park') {
    defer(draft, at, parking);
    return;
  }
  draft.decisions[at.index] = { ...facts, decision: 'park', reason };
  const label = code === 'LOOKUP_MISS' ? cause : `${field.name}: ${cause}`;
  draft.parked.push({
    ...facts,
    code,
    message: sentence(at, parking, facts.base),
    cause: label,
    ...(on === undefined ? {} : { on }),
  });
  for (const to of SIDES) if (draft.bodies[to] === undefined && field.required[to]) draft.blockers[to] ??= field.name;
};

/** What a field refers to is on its way: the field waits for it, and so does a create that is not to go first. */
const defer = (draft: Draft, at: Asked, { message, on = '' }: Parking): void => {
  const { field } = at;
  draft.decisions[at.index] = { ...line(draft, at), decision: 'none', reason: message };
  draft.waiting.push({ field: field.name, on });
  for (const to of SIDES)
    if (draft.bodies[to] === undefined && (field.required[to] || field.link?.cyclic !== true))
      draft.blockers[to] ??= field.name;
};

const remember = (draft: Draft, at: Asked, outcome: Extract<Outcome, { kind: 'agree' }>): void => {
  const { field, crm, erp } = at;
  const base = draft.state.baseline[field.name];
  const { value, reason } = outcome;
  const known =
    base !== undefined &&
    sameJson(base.value, value) &&
    sameJson(base.crm, crm.native) &&
    sameJson(base.erp, erp.native);
  if (!known) draft.agreed[field.name] = { value, crm: crm.native, erp: erp.native };
  draft.decisions[at.index] = {
    ...line(draft, at),
    decision: outcome.decision ?? (known ? 'none' : 'agree'),
    reason,
    value,
  };
};

const put = (draft: Draft, field: Field, side: Side, native: Json): void => {
  for (const [text, value] of columnValues(field[side], native)) draft.values[side][text] = value;
  draft.fields[side].push(field.name);
};

const write = (draft: Draft, at: Asked, outcome: Extract<Outcome, { kind: 'write' }>): void => {
  const { to, value } = outcome;
  const { field } = at;
  if (value === null && field.required[to]) {
    park(draft, at, {
      kind: 'park',
      code: 'REQUIRED',
      reason: `${THE[to]} needs a value`,
      message: 'the value was emptied, and it is required',
      cause: 'emptied though required',
    });
    return;
  }
  const rendered = render(field, to, value);
  if (rendered instanceof Fault) {
    park(draft, at, parkFor(rendered, `the value cannot stand in ${THE[to]}`));
    return;
  }
  put(draft, field, to, rendered.native);
  const source = at[otherSide(to)].native;
  // A default is agreed on only when its source says it too: the next round returns it, as it refills anything empty.
  const agreed =
    to === 'erp' ? { value, crm: source, erp: rendered.native } : { value, crm: rendered.native, erp: source };
  if (outcome.standsIn !== true) draft.intended[field.name] = agreed;
  draft.decisions[at.index] = {
    ...line(draft, at),
    decision: outcome.decision ?? `to_${to}`,
    reason:
      rendered.cut === undefined
        ? outcome.reason
        : `${outcome.reason}; cut from ${rendered.cut.from} to ${rendered.cut.to} characters`,
    value,
    ...(rendered.cut === undefined ? {} : { cut: rendered.cut }),
  };
};

/** Enter what was decided for a field. */
export const apply = (draft: Draft, at: Asked, outcome: Outcome): void => {
  switch (outcome.kind) {
    case 'none':
      draft.decisions[at.index] = {
        ...line(draft, at),
        decision: outcome.decision ?? 'none',
        reason: outcome.reason,
      };
      return;
    case 'agree':
      remember(draft, at, outcome);
      return;
    case 'write':
      write(draft, at, outcome);
      return;
    case 'park':
      park(draft, at, outcome);
      return;
    default:
      outcome satisfies never;
  }
};

/** Take back everything that was to be written at a side. */
export const withhold = (draft: Draft, side: Side, why: string): void => {
  const names = new Set(draft.fields[side]);
  for (const text of Object.keys(draft.values[side])) delete draft.values[side][text];
  draft.fields[side].length = 0;
  draft.withheld.add(side);
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
  const { parked, agreed, intended, waiting } = draft;
  return {
    writes,
    fields: draft.decisions.filter((decision) => decision !== undefined),
    parked,
    agreed,
    intended,
    ...(waiting.length === 0 ? {} : { waiting }),
  };
};
