/** The decision table of a field: pure, total, and the same whoever is asked first. */
import { type Json, sameJson } from '../domain/json.ts';
import type { Agreed } from '../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { type Field, render } from './field.ts';
import { type Look, type Outcome, parkFor, silent, THE } from './planner-look.ts';

/** What a field is decided from. */
export interface Question {
  readonly field: Field;
  readonly base: Agreed | undefined;
  readonly crm: Look;
  readonly erp: Look;
  /** The side a person picked after seeing just these values. */
  readonly pick: Side | undefined;
  /** The other side is to say what the picked one says, whichever way the field flows. */
  readonly back: boolean;
  /** Which side's value is newer; undefined when the clocks cannot tell. Asked only for `newest wins`. */
  readonly newer: () => Side | undefined;
}

/** What the other side would be written as, were this value copied there. */
const writtenAs = (field: Field, to: Side, value: Json | Fault): Json | undefined => {
  if (value instanceof Fault) return undefined;
  const rendered = render(field, to, value);
  return rendered instanceof Fault ? undefined : rendered.native;
};

/** The value that both sides stand for already, or undefined. */
const alike = ({ field, crm, erp }: Question): Json | undefined => {
  if (!(crm.value instanceof Fault) && !(erp.value instanceof Fault) && sameJson(crm.value, erp.value))
    return crm.value;
  for (const [from, to] of [
    [crm, erp],
    [erp, crm],
  ] as const) {
    if (from.value instanceof Fault || from.value === null) continue;
    if (sameJson(writtenAs(field, to.side, from.value), to.native)) return from.value;
  }
  return undefined;
};

/** Copy one side's value to the other, unless it says that already. */
const copy = (question: Question, from: Side, reason: string): Outcome => {
  const source = question[from];
  const target = question[otherSide(from)];
  if (source.value instanceof Fault) return parkFor(source.value, reason);
  const says = !(target.value instanceof Fault) && sameJson(target.value, source.value);
  if (says || sameJson(writtenAs(question.field, target.side, source.value), target.native)) {
    return { kind: 'agree', value: source.value, reason: 'both sides say the same' };
  }
  return { kind: 'write', to: target.side, value: source.value, reason };
};

/** The fault that stands in the way; of two the one that sorts first, so that the order of asking does not count. */
const faultOf = ({ crm, erp }: Question): Fault | undefined => {
  const faults = [crm.value, erp.value].filter((value) => value instanceof Fault);
  return faults.toSorted((a, b) => (a.code + a.cause < b.code + b.cause ? -1 : 1))[0];
};

const smaller = (a: Json, b: Json): Json => (String(a) <= String(b) ? a : b);

/** Both changed, apart, and no rule names a winner: a person must say, unless a target's normalisation explains it. */
const askPerson = ({ field, crm, erp }: Question, why: string): Outcome => {
  if (!(crm.value instanceof Fault) && !(erp.value instanceof Fault) && field.near(crm.value, erp.value)) {
    return {
      kind: 'agree',
      value: smaller(crm.value, erp.value),
      reason: 'both changed and say the same but for spelling or rounding',
    };
  }
  return {
    kind: 'park',
    code: 'CONFLICT',
    reason: why,
    message: 'the two sides disagree',
    cause: 'the two sides disagree',
  };
};

const settle = (question: Question): Outcome => {
  const { field, base } = question;
  const both = base === undefined ? 'the sides differ and never agreed' : 'both sides changed it, differently';
  switch (field.conflict) {
    case 'crm wins':
      return copy(question, 'crm', `${both}; the CRM wins`);
    case 'erp wins':
      return copy(question, 'erp', `${both}; the ERP wins`);
    case 'park':
      return askPerson(question, `${both}; a person decides`);
    case 'newest wins': {
      const newer = question.newer();
      if (newer === undefined) return askPerson(question, `${both}, at the same time as far as the clocks can tell`);
      return copy(question, newer, `${both}; ${THE[newer]}’s value is newer`);
    }
    default:
      return field.conflict satisfies never;
  }
};

/** Decide a two-way field that both records have. */
export const decideTwoWay = (question: Question): Outcome => {
  const { field, base, crm, erp, pick } = question;
  if (!crm.changed && !erp.changed) return { kind: 'none', reason: 'neither side changed it' };
  const fault = faultOf(question);
  if ((crm.changed && erp.changed) || fault !== undefined) {
    const value = alike(question);
    if (value !== undefined) return { kind: 'agree', value, reason: 'both sides say the same' };
  }
  if (pick !== undefined)
    return copy(
      question,
      pick,
      question.back
        ? `${THE[otherSide(pick)]} goes back to what ${THE[pick]} has`
        : `a person picked ${THE[pick]}’s value`,
    );
  if (fault !== undefined) return parkFor(fault, 'a value cannot be read');
  for (const side of SIDES) {
    const other = otherSide(side);
    if (silent(field, question[side], base) && !silent(field, question[other], base)) {
      return copy(question, other, `${THE[side]} is empty, which is no opinion; refilled from ${THE[other]}`);
    }
  }
  if (!erp.changed)
    return copy(question, 'crm', base === undefined ? 'only the CRM has a value' : 'only the CRM changed it');
  if (!crm.changed)
    return copy(question, 'erp', base === undefined ? 'only the ERP has a value' : 'only the ERP changed it');
  return settle(question);
};

/** Does the target say already what it would be told? */
const saysIt = (field: Field, target: Look, native: Json): boolean => {
  if (sameJson(target.native, native)) return true;
  const { decode } = field[target.side];
  const meant = decode(native);
  const said = decode(target.native);
  return !(meant instanceof Fault) && !(said instanceof Fault) && sameJson(meant, said);
};

/** Would what was agreed on be written exactly like this? */
const writesTheSame = (field: Field, to: Side, base: Question['base'], native: Json): boolean => {
  if (base === undefined) return false;
  const before = render(field, to, base.value);
  return !(before instanceof Fault) && sameJson(before.native, native);
};

/** Decide a one-way field that both records have. */
export const decideOneWay = (question: Question, to: Side): Outcome => {
  const { field, base, pick } = question;
  const source = question[otherSide(to)];
  const target = question[to];
  if (!source.changed && !target.changed) return { kind: 'none', reason: 'neither side changed it' };
  if (source.value instanceof Fault) return parkFor(source.value, `${THE[source.side]}’s value cannot be read`);
  const agreedEmpty = field.clear && base !== undefined && !source.changed;
  if (silent(field, source, base) && !agreedEmpty)
    return { kind: 'none', reason: `${THE[source.side]} is empty, which is no opinion` };
  const rendered = render(field, to, source.value);
  if (rendered instanceof Fault) return parkFor(rendered, `the value cannot stand in ${THE[to]}`);
  if (saysIt(field, target, rendered.native))
    return { kind: 'agree', value: source.value, reason: 'both sides say the same' };
  const write = { kind: 'write', to, value: source.value } as const;
  if (pick === source.side) return { ...write, reason: `a person picked ${THE[pick]}’s value` };
  if (pick === to && question.back) return copy(question, to, `${THE[source.side]} goes back to what ${THE[to]} has`);
  if (pick === to)
    return {
      kind: 'agree',
      value: source.value,
      decision: 'drift-kept',
      reason: `a person accepted ${THE[to]}’s own value`,
    };
  if (source.changed && !writesTheSame(field, to, base, rendered.native))
    return {
      ...write,
      reason: base === undefined ? `${THE[source.side]} decides; they never agreed` : `${THE[source.side]} changed it`,
    };
  // The part that was cut away changed: nothing that the target would be told differently.
  if (!target.changed)
    return { kind: 'agree', value: source.value, reason: `${THE[source.side]} changed it, but not what it writes` };
  const only = `only ${THE[to]} changed it, where ${THE[source.side]} decides`;
  if (field.drift === 'restore') return { ...write, decision: 'drift-restored', reason: `${only}; put back` };
  if (field.drift === 'keep')
    return { kind: 'agree', value: source.value, decision: 'drift-kept', reason: `${only}; kept` };
  return { kind: 'none', decision: 'drift-reported', reason: `${only}; left alone and reported` };
};

/** Decide a field where a late write of ours stands at a side: that side did not change it, and gets the other's value again. */
export const writeAgain = (question: Question, side: Side): Outcome => {
  const source = otherSide(side);
  const why = `${THE[side]} shows a late write of ours, which is no change`;
  if (question.field.flow === source) return { kind: 'none', reason: why };
  return copy(question, source, `${why}; ${THE[source]}’s value is written again`);
};

/** Decide a field of a record that does not exist at `to` yet. */
export const decideCreate = (field: Field, source: Look, to: Side): Outcome => {
  if (field.flow !== 'both' && field.flow !== to)
    return { kind: 'none', reason: `flows from ${THE[to]}, where there is no record yet` };
  if (source.value instanceof Fault) return parkFor(source.value, `${THE[source.side]}’s value cannot be read`);
  if (source.value !== null) return { kind: 'write', to, value: source.value, reason: `new in ${THE[to]}` };
  const standard = field.defaults[to];
  if (standard !== undefined) {
    return {
      kind: 'write',
      to,
      value: standard,
      reason: `${THE[source.side]} is empty; the default stands`,
      standsIn: true,
    };
  }
  if (field.required[to]) {
    const message = `${THE[source.side]} has no value, and ${THE[to]} needs one`;
    return { kind: 'park', code: 'REQUIRED', reason: 'the value is missing', message, cause: 'the value is missing' };
  }
  return { kind: 'none', reason: `${THE[source.side]} is empty` };
};
