/** Does a parked item have to be parked? The checker works that out from the records alone. */
import type { FieldEnd } from './field-life.ts';
import { keysNow, type Owners } from './keys.ts';
import { NO_ROW } from './row-rules.ts';
import { latest, type Trace } from './trace.ts';
import { type FieldRule, other, type ParkedItem, type Reading, type Rules, SIDES, type Side } from './words.ts';

/** What is known about the record or pair that an item names. */
export interface Subject {
  readonly item: ParkedItem;
  readonly records: Readonly<Partial<Record<Side, Trace>>>;
  /** The field's life, when both records are there and both ledgers known. */
  readonly end: (field: string) => FieldEnd | undefined;
}

interface Ground {
  readonly rules: Rules;
  readonly owners: Readonly<Record<Side, Owners>>;
  readonly partner: ReadonlyMap<Trace, Trace>;
}

const readingOf = (rules: Rules, trace: Trace | undefined, field: string): Reading | undefined =>
  trace === undefined ? undefined : latest(trace)[rules.fields.findIndex((rule) => rule.name === field)];

const fieldsOf = ({ rules }: Ground, { item }: Subject): readonly FieldRule[] =>
  item.field === '' ? rules.fields : rules.fields.filter((rule) => rule.name === item.field);

const anyReading = (
  ground: Ground,
  subject: Subject,
  test: (reading: Reading, rule: FieldRule, side: Side) => boolean,
): boolean =>
  fieldsOf(ground, subject).some((rule) =>
    SIDES.some((side) => {
      const reading = readingOf(ground.rules, subject.records[side], rule.name);
      return reading !== undefined && test(reading, rule, side);
    }),
  );

const differ = (ground: Ground, subject: Subject, rule: FieldRule): boolean => {
  const [left, right] = SIDES.map((side) => readingOf(ground.rules, subject.records[side], rule.name)?.value ?? null);
  return subject.records.crm === undefined || subject.records.erp === undefined || left !== right;
};

/** One side has the row and the other has it no longer. */
const takenAway = (ground: Ground, { records }: Subject, rule: FieldRule): boolean =>
  rule.row !== undefined &&
  SIDES.filter((side) => readingOf(ground.rules, records[side], rule.name)?.value === NO_ROW).length === 1;

/** What one side took away the other one changed, in whatever column: nobody but a person decides that. */
const changedInRow = ({ rules }: Ground, subject: Subject, { row }: FieldRule): boolean =>
  rules.fields.some((field) => field.row === row && subject.end(field.name)?.contested === true);

const conflict = (ground: Ground, subject: Subject): boolean =>
  fieldsOf(ground, subject).some((rule) => {
    if (subject.records.crm === undefined || subject.records.erp === undefined || !differ(ground, subject, rule))
      return false;
    const end = subject.end(rule.name);
    if (end === undefined) return rule.conflict === 'park' || rule.conflict === 'newest';
    if (takenAway(ground, subject, rule)) return changedInRow(ground, subject, rule);
    if (!end.contested) return false;
    return rule.conflict === 'park' || (rule.conflict === 'newest' && end.tie);
  });

const singles = ({ records }: Subject): readonly Trace[] =>
  SIDES.map((side) => records[side]).filter((trace) => trace !== undefined);

const duplicate = ({ rules, owners, partner }: Ground, trace: Trace): boolean => {
  const keys = keysNow(rules, trace);
  return keys.some((key) => {
    if (key === undefined) return false;
    const there = owners[other(trace.side)].now(key);
    if (owners[trace.side].now(key).length > 1 || there.length > 1) return true;
    const match = there[0];
    if (match === undefined || partner.get(trace) === match) return false;
    if (partner.has(match)) return true;
    const first = keysNow(rules, match)[0];
    return keys[0] !== undefined && first !== undefined && keys[0] !== first;
  });
};

const meetsOutsider = ({ rules, owners }: Ground, trace: Trace): boolean =>
  keysNow(rules, trace).some(
    (key) => key !== undefined && owners[other(trace.side)].now(key).some((match) => match.included !== trace.included),
  );

const counterpartGone = ({ rules, owners, partner }: Ground, trace: Trace): boolean => {
  const mate = partner.get(trace);
  if (mate !== undefined) return mate.doc === undefined || trace.doc === undefined;
  return counterpartsGone(rules, owners, trace).length > 0;
};

/** Records of the other side with a key of this one that people deleted. */
export const counterpartsGone = (rules: Rules, owners: Ground['owners'], trace: Trace): readonly Trace[] =>
  [...owners[trace.side].keys(trace)]
    .flatMap((key) => owners[other(trace.side)].ever(key))
    .filter((match) => match.doc === undefined && match.marks.at(-1)?.actor !== rules.actor);

const lacks = (ground: Ground, subject: Subject): boolean =>
  fieldsOf(ground, subject).some((rule) =>
    (rule.required ?? []).some((to) => {
      const source = readingOf(ground.rules, subject.records[other(to)], rule.name);
      const target = readingOf(ground.rules, subject.records[to], rule.name);
      return (
        source !== undefined && source.value === null && (subject.records[to] === undefined || target?.value !== null)
      );
    }),
  );

const tooLong = (reading: Reading, rule: FieldRule, side: Side): boolean =>
  side === 'crm' && rule.maxErp !== undefined && [...(reading.value ?? '')].length > rule.maxErp;
const notAccepted = (reading: Reading, rule: FieldRule): boolean =>
  reading.value !== null && rule.accepted !== undefined && !rule.accepted.has(reading.value);

/** Every code that may be right, and when. A code that is not here is never right. */
const GROUNDS: Readonly<Record<string, (ground: Ground, subject: Subject) => boolean>> = {
  CONFLICT: conflict,
  LOOKUP_MISS: (ground, subject) =>
    anyReading(
      ground,
      subject,
      (reading, rule) => (reading.wrong === 'LOOKUP_MISS' || reading.mayMiss === true) && differ(ground, subject, rule),
    ),
  TOO_LONG: (ground, subject) =>
    anyReading(ground, subject, (reading, rule, side) => tooLong(reading, rule, side) && differ(ground, subject, rule)),
  LINK_MISSING: (ground, subject) => anyReading(ground, subject, (reading) => reading.wrong === 'LINK_MISSING'),
  BAD_VALUE: (ground, subject) => anyReading(ground, subject, (reading) => reading.wrong === 'BAD_VALUE'),
  INVALID_TEXT: (ground, subject) => anyReading(ground, subject, (reading) => reading.wrong === 'INVALID_TEXT'),
  PRECISION: (ground, subject) => anyReading(ground, subject, (reading) => reading.wrong === 'PRECISION'),
  REQUIRED: lacks,
  TARGET_REFUSED: (ground, subject) =>
    ground.rules.refused?.(subject.records.crm?.doc, subject.records.erp?.doc) === true ||
    anyReading(
      ground,
      subject,
      (reading, rule, side) => side === 'crm' && (notAccepted(reading, rule) || tooLong(reading, rule, side)),
    ),
  FLAPPING: (ground, subject) => fieldsOf(ground, subject).some((rule) => (subject.end(rule.name)?.returns ?? 0) >= 3),
  NO_IDENTITY: ({ rules, partner }, subject) =>
    singles(subject).some((trace) => !partner.has(trace) && keysNow(rules, trace).every((key) => key === undefined)),
  POSSIBLE_DUPLICATE: (ground, subject) =>
    singles(subject).some((trace) => !ground.partner.has(trace) && duplicate(ground, trace)),
  DUPLICATE_AT_TARGET: (ground, subject) => singles(subject).some((trace) => duplicate(ground, trace)),
  OUTSIDE_INCLUDE: (ground, subject) => singles(subject).some((trace) => meetsOutsider(ground, trace)),
  DELETE_BLOCKED: (ground, subject) => singles(subject).some((trace) => counterpartGone(ground, trace)),
  DELETED_AND_CHANGED: (ground, subject) => singles(subject).some((trace) => counterpartGone(ground, trace)),
  AMBIGUOUS: ({ rules, partner }, subject) =>
    rules.blindCreates === true && singles(subject).some((trace) => !partner.has(trace)),
};

/** Is it right that this is parked? */
export const rightlyParked = (ground: Ground, subject: Subject): boolean => {
  const { item, records } = subject;
  const general = Object.hasOwn(GROUNDS, item.code) ? GROUNDS[item.code] : undefined;
  return (
    general?.(ground, subject) === true ||
    ground.rules.grounds?.[item.code]?.(records.crm?.doc, records.erp?.doc) === true
  );
};

/** What is set aside there holds this field back too. */
export const holdsBack = (item: ParkedItem, { name, group }: FieldRule): boolean =>
  item.field === '' ||
  item.field === name ||
  (group !== undefined && (item.field === group || item.field.startsWith(`${group}[`)));

/** Without this field, or with the whole record set aside, no record can be created at the other side. */
export const blocksCreate = (rules: Rules, item: ParkedItem, at: Side): boolean =>
  item.field === '' ||
  rules.fields.some(
    (rule) =>
      (rule.name === item.field && rule.required?.includes(at) === true) ||
      (rule.group !== undefined && holdsBack(item, rule)),
  );
