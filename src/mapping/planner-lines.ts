/**
 * Plan the elements of a record's keyed collections. An element that both sides have, or that one side has and the other
 * never had, is planned like a record of its own; one that both had and one side took away follows `on_missing`.
 */
import type { Json, JsonObject } from '../domain/json.ts';
import type { Agreed, Baseline, LinkPlan } from '../domain/plan.ts';
import { type Observed, otherSide, SIDES, type Side } from '../domain/record.ts';
import type { Field } from './field.ts';
import { nativeOf } from './field.ts';
import {
  type Element,
  elementsOf,
  elementText,
  type Lines,
  lineField,
  lineName,
  lineNamed,
  nativeKey,
  waitingIn,
} from './lines.ts';
import { apply, type Draft, withhold } from './planner-draft.ts';
import { type Look, look, type Outcome, THE } from './planner-look.ts';
import type { LinkState } from './port.ts';

/** What the planner does with a record. */
type PlanFields = (fields: readonly Field[], state: LinkState) => LinkPlan;
/** What follows for a field that is held, or undefined when it may be planned. */
type HeldBack = (field: Field, picked: boolean) => Outcome | undefined;

/** What an element is planned with. */
export interface LinesPlanner {
  readonly draft: Draft;
  readonly planFields: PlanFields;
  readonly heldBack: HeldBack;
  /** The side a person picked after seeing just these values. */
  readonly pick: (field: string, crm: Json, erp: Json) => Side | undefined;
}

type Elements = ReadonlyMap<string, Element>;
type Pair = Readonly<Record<Side, Element | undefined>>;

const GONE: Agreed = { value: null, crm: null, erp: null };

const flowsTo = (field: Field, side: Side): boolean => field.flow === 'both' || field.flow === side;

/** An element as the planner looks at a record. The list's own time is the best there is for what stands in it. */
const seenAs = (lines: Lines, side: Side, observed: Observed | undefined, element: Element): Observed => {
  const at = observed?.times[lines.at[side].text] ?? observed?.modifiedAt;
  return { id: observed?.id ?? '', body: element.body, times: {}, ...(at === undefined ? {} : { modifiedAt: at }) };
};

/** Enter the plan of an element into the record's. */
const enter = (
  draft: Draft,
  plan: LinkPlan,
  keys: Readonly<Record<Side, readonly [text: string, native: Json]>>,
): void => {
  draft.decisions.push(...plan.fields);
  draft.parked.push(...plan.parked);
  draft.waiting.push(...(plan.waiting ?? []));
  Object.assign(draft.agreed, plan.agreed);
  Object.assign(draft.intended, plan.intended);
  for (const side of SIDES) {
    const write = plan.writes[side];
    if (write === undefined) continue;
    // The selector in a path is text; the key itself goes in as the side writes it.
    const [text, native] = keys[side];
    Object.assign(draft.values[side], { [text]: native }, write.values);
    draft.fields[side].push(...write.fields);
  }
};

/** Without one of its elements a record is not created: half an order is another order. */
const block = (draft: Draft, name: string | undefined): void => {
  if (name === undefined) return;
  for (const side of SIDES) if (draft.bodies[side] === undefined) draft.blockers[side] ??= name;
};

/** Plan one element field by field. */
const planElement = (
  { draft, planFields }: LinesPlanner,
  lines: Lines,
  key: string,
  pair: Pair,
  agreed: boolean,
): void => {
  const { state } = draft;
  const known = pair.crm ?? pair.erp;
  if (known === undefined) return;
  const value = lines.key[pair.crm === undefined ? 'erp' : 'crm'].decode(known.native) as Json;
  const native = (side: Side): Json => pair[side]?.native ?? nativeKey(lines, side, key, value);
  const natives = { crm: native('crm'), erp: native('erp') };
  const { crm, erp } = pair;
  const { crm: _crm, erp: _erp, ...rest } = state;
  const plan = planFields(
    lines.fields.map((field) => lineField(lines, field, key, natives)),
    {
      ...rest,
      ...(crm === undefined ? {} : { crm: seenAs(lines, 'crm', state.crm, crm) }),
      ...(erp === undefined ? {} : { erp: seenAs(lines, 'erp', state.erp, erp) }),
      baseline: agreed ? state.baseline : {},
    },
  );
  const keyAt = (side: Side): readonly [string, Json] => [
    `${elementText(lines, side, natives[side])}.${lines.at[side].key}`,
    natives[side],
  ];
  enter(draft, plan, { crm: keyAt('crm'), erp: keyAt('erp') });
  block(draft, plan.parked[0]?.field ?? waitingIn(lines, plan.waiting));
};

/** The names under which an element was agreed on. */
const namesOf = (lines: Lines, key: string, baseline: Baseline): readonly string[] =>
  lines.fields.map(({ name }) => lineName(lines, key, name)).filter((name) => Object.hasOwn(baseline, name));

const changedHere = (lines: Lines, key: string, side: Side, element: Element, baseline: Baseline): boolean =>
  lines.fields.some((field) => {
    if (!flowsTo(field, otherSide(side))) return false;
    const [base, native] = [baseline[lineName(lines, key, field.name)], nativeOf(field[side], element.body)];
    const { changed, value } = look(field[side], native, base);
    // Blanks may mean something ("no"), but where nothing was agreed on nobody has said it.
    return changed && (base !== undefined || (value !== null && String(native).trim() !== ''));
  });

const removal = (changed: boolean, policy: Lines['onMissing']['crm'], here: Side): Outcome | 'remove' => {
  const gone = THE[otherSide(here)];
  if (changed)
    return {
      kind: 'park',
      code: 'CONFLICT',
      reason: `${gone} took it away and ${THE[here]} changed it; a person decides`,
      message: 'one side took it away and the other changed it',
      cause: 'taken away and changed',
    };
  if (policy === 'delete') return 'remove';
  if (policy === 'keep') return { kind: 'none', reason: `${gone} took it away; it is kept here` };
  return {
    kind: 'park',
    code: 'LINE_MISSING',
    reason: `${gone} took it away; a person decides`,
    message: `${gone} has it no longer`,
    cause: `taken away in ${gone}`,
  };
};

const takeAway = (draft: Draft, lines: Lines, key: string, here: Side, element: Element): void => {
  const { baseline } = draft.state;
  const name = lineName(lines, key, lines.key.name);
  draft.values[here][elementText(lines, here, element.native)] = null;
  const names = namesOf(lines, key, baseline);
  draft.fields[here].push(...names);
  for (const each of names) draft.intended[each] = GONE;
  draft.decisions.push({
    field: name,
    decision: `to_${here}`,
    reason: `${THE[otherSide(here)]} took it away`,
    ...{ crm: null, erp: null, [here]: element.native },
    base: baseline[name]?.value ?? null,
    value: null,
  });
};

/** An element that both sides agreed on and only one still has. */
const planMissing = (planner: LinesPlanner, lines: Lines, key: string, here: Side, element: Element): void => {
  const { draft } = planner;
  const natives = { crm: null, erp: null, [here]: element.native };
  const field = lineField(lines, lines.key, key, { crm: element.native, erp: element.native });
  const picked = planner.pick(field.name, natives.crm, natives.erp);
  const seen = (side: Side): Look => ({ side, native: natives[side], changed: side !== here, value: null });
  const next = ((): Outcome | 'put back' | 'remove' => {
    // What only flows the other way is not asked whether it may go.
    if (!flowsTo(lines.key, here)) return 'put back';
    const held = planner.heldBack(field, picked !== undefined);
    if (held !== undefined) return held;
    if (picked !== undefined) return picked === here ? 'put back' : 'remove';
    return removal(changedHere(lines, key, here, element, draft.state.baseline), lines.onMissing[here], here);
  })();
  if (next === 'put back') planElement(planner, lines, key, { crm: undefined, erp: undefined, [here]: element }, false);
  else if (next === 'remove') takeAway(draft, lines, key, here, element);
  else apply(draft, { index: draft.decisions.length, field, crm: seen('crm'), erp: seen('erp') }, next);
};

/** Keys that a collection was ever agreed on with; true while they stand. */
const agreedKeys = (lines: Lines, baseline: Baseline): ReadonlyMap<string, boolean> => {
  const keys = new Map<string, boolean>();
  for (const [name, entry] of Object.entries(baseline)) {
    const parts = lineNamed(name);
    if (parts?.lines === lines.name && parts.field === lines.key.name) keys.set(parts.key, entry.value !== null);
  }
  return keys;
};

const parkLines = (draft: Draft, lines: Lines, side: Side, why: string): void => {
  const parking = {
    kind: 'park',
    code: 'LINE_KEY',
    reason: `${THE[side]}’s elements cannot be told apart`,
    message: why,
    cause: why,
  } as const;
  const field = { ...lines.key, name: lines.name, required: { crm: true, erp: true } };
  const seen = (of: Side): Look => ({ side: of, native: null, changed: true, value: null });
  apply(draft, { index: draft.decisions.length, field, crm: seen('crm'), erp: seen('erp') }, parking);
};

const bodyElements = (lines: Lines, side: Side, body: JsonObject | undefined): Elements | string | undefined =>
  body === undefined ? new Map() : elementsOf(lines, side, body);

/** An element that only one side has, and that the other is not to get: it goes again. */
const takenBack = (planner: LinesPlanner, lines: Lines, key: string, here: Side, { native }: Element): boolean => {
  const natives = { crm: null, erp: null, [here]: native };
  return planner.pick(lineName(lines, key, lines.key.name), natives.crm, natives.erp) === otherSide(here);
};

/** Plan what a collection holds, key by key. */
const planKeys = (planner: LinesPlanner, lines: Lines, elements: Readonly<Record<Side, Elements>>): void => {
  const { draft } = planner;
  const { baseline } = draft.state;
  const agreed = agreedKeys(lines, baseline);
  for (const key of new Set([...elements.crm.keys(), ...elements.erp.keys(), ...agreed.keys()])) {
    const pair: Pair = { crm: elements.crm.get(key), erp: elements.erp.get(key) };
    const stood = agreed.get(key) === true;
    const missing = SIDES.find((side) => pair[side] === undefined);
    const left = missing === undefined ? undefined : pair[otherSide(missing)];
    if (missing === undefined || draft.bodies[missing] === undefined) planElement(planner, lines, key, pair, stood);
    else if (left === undefined)
      for (const name of stood ? namesOf(lines, key, baseline) : []) draft.agreed[name] = GONE;
    else if (stood) planMissing(planner, lines, key, otherSide(missing), left);
    else if (!flowsTo(lines.key, missing)) continue;
    else if (takenBack(planner, lines, key, otherSide(missing), left))
      takeAway(draft, lines, key, otherSide(missing), left);
    else planElement(planner, lines, key, pair, false);
  }
};

/** Plan one collection of a record. */
export const planLines = (planner: LinesPlanner, lines: Lines): void => {
  const { draft } = planner;
  const before = draft.parked.length;
  const waited = draft.waiting.length;
  const crm = bodyElements(lines, 'crm', draft.bodies.crm);
  const erp = bodyElements(lines, 'erp', draft.bodies.erp);
  if (typeof crm === 'string') parkLines(draft, lines, 'crm', crm);
  else if (typeof erp === 'string') parkLines(draft, lines, 'erp', erp);
  // A list that a reply leaves out is not an empty one.
  else if (crm !== undefined && erp !== undefined) planKeys(planner, lines, { crm, erp });
  const incomplete = draft.parked.length > before || waitingIn(lines, draft.waiting.slice(waited)) !== undefined;
  if (lines.whole && incomplete)
    for (const side of SIDES) withhold(draft, side, `${lines.name} cross whole or not at all`);
};
