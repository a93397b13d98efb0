/** The judgement: two systems' states and ledgers in, what is lost, doubled or unexplained out. Reads nothing itself. */

import { customersOf, doubles } from './customers.ts';
import { type FieldEnd, fieldLife } from './field-life.ts';
import { ownersOf } from './keys.ts';
import { momentsOf } from './moments.ts';
import { madeByUs, type Pair, type Pairing, pairUp, type Records } from './pairing.ts';
import { blocksCreate, counterpartsGone, holdsBack, rightlyParked, type Subject } from './parked.ts';
import { latest, type Trace, tracesOf } from './trace.ts';
import {
  type DecidedItem,
  type FieldRule,
  type Finding,
  other,
  type ParkedItem,
  type Rules,
  SIDES,
  type Side,
  type SystemView,
  type Verdict,
} from './words.ts';

/** What is judged. */
export interface Case {
  readonly crm: SystemView;
  readonly erp: SystemView;
  readonly parked: readonly ParkedItem[];
  readonly rules: Rules;
  /** What people settled in the product. */
  readonly decided?: readonly DecidedItem[];
  /** When processes were killed, ms: a write shortly before may have gone unnoticed by its writer. */
  readonly interruptions?: readonly number[];
}

const named = (trace: Trace | undefined): Partial<Record<Side, string>> =>
  trace === undefined ? {} : { [trace.side]: trace.id };
const names = (item: { readonly crm?: string; readonly erp?: string }, trace: Trace): boolean =>
  item[trace.side] === trace.id;

/** Judge. */
export const judge = (given: Case): Verdict => {
  const { rules, parked, decided = [], interruptions = [] } = given;
  const traces = { crm: tracesOf(rules, 'crm', given.crm), erp: tracesOf(rules, 'erp', given.erp) };
  const owners = { crm: ownersOf(rules, traces.crm.values()), erp: ownersOf(rules, traces.erp.values()) };
  const records: Records = {
    rules,
    traces,
    owners,
    decided: (trace) => decided.some((item) => item.field === '' && names(item, trace)),
  };
  const pairing = pairUp(records);
  const ends = new Map<Trace, ReadonlyMap<string, FieldEnd>>();
  for (const pair of pairing.pairs) {
    if (!pair.crm.known || !pair.erp.known) continue;
    const moments = momentsOf(rules, pair, interruptions);
    const settled = (field: string): boolean =>
      decided.some((item) => item.field === field && (names(item, pair.crm) || names(item, pair.erp)));
    ends.set(
      pair.crm,
      new Map(
        rules.fields.map(
          (field, index) => [field.name, fieldLife(rules, index, field, moments, settled(field.name))] as const,
        ),
      ),
    );
  }
  const judged = judgeParked(records, pairing, parked, ends);
  const findings = [
    ...pairing.findings,
    ...judged.findings,
    ...pairing.pairs.flatMap((pair) => judgePair(rules, pair, ends.get(pair.crm), judged.right)),
    ...SIDES.flatMap((side) =>
      [...traces[side].values()].flatMap((trace) => judgeRecord(records, pairing, trace, judged.right)),
    ),
    ...doubles(records, pairing),
  ];
  const count = (kind: Finding['kind']): number => findings.filter((finding) => finding.kind === kind).length;
  return {
    ...customersOf(records, pairing, parked),
    lost: count('lost'),
    doubled: count('doubled'),
    unexplained: count('unexplained'),
    findings,
  };
};

interface JudgedParked {
  /** Items that are rightly parked, by the records they name. */
  readonly right: ReadonlyMap<Trace, readonly ParkedItem[]>;
  readonly findings: readonly Finding[];
}

const judgeParked = (
  { rules, traces, owners }: Records,
  { partner }: Pairing,
  parked: readonly ParkedItem[],
  ends: ReadonlyMap<Trace, ReadonlyMap<string, FieldEnd>>,
): JudgedParked => {
  const right = new Map<Trace, ParkedItem[]>();
  const findings: Finding[] = [];
  for (const item of parked) {
    const crm = item.crm === undefined ? undefined : traces.crm.get(item.crm);
    const erp = item.erp === undefined ? undefined : traces.erp.get(item.erp);
    const left = crm ?? (erp === undefined ? undefined : partner.get(erp));
    const whole = {
      ...(left === undefined ? {} : { crm: left }),
      ...(erp === undefined ? mate(partner, crm) : { erp }),
    };
    const subject: Subject = {
      item,
      records: whole,
      end: (field) => (left === undefined ? undefined : ends.get(left)?.get(field)),
    };
    if (!rightlyParked({ rules, owners, partner }, subject)) {
      const { code, field, ...ids } = item;
      findings.push({
        kind: 'unexplained',
        ...ids,
        field,
        values: shown(rules, subject, field),
        reason: `parked as ${code} without need`,
      });
      continue;
    }
    for (const trace of Object.values(whole)) right.set(trace, [...(right.get(trace) ?? []), item]);
  }
  return { right, findings };
};
const mate = (partner: ReadonlyMap<Trace, Trace>, crm: Trace | undefined): { readonly erp?: Trace } => {
  const erp = crm === undefined ? undefined : partner.get(crm);
  return erp === undefined ? {} : { erp };
};
const shown = (rules: Rules, { records }: Subject, field: string): Record<string, string | null> => {
  const index = rules.fields.findIndex((rule) => rule.name === field);
  return Object.fromEntries(Object.values(records).map((trace) => [trace.side, latest(trace)[index]?.value ?? null]));
};

const judgePair = (
  rules: Rules,
  pair: Pair,
  ends: ReadonlyMap<string, FieldEnd> | undefined,
  right: JudgedParked['right'],
): readonly Finding[] => {
  const { crm, erp } = pair;
  const aside = [...(right.get(crm) ?? []), ...(right.get(erp) ?? [])];
  const findings: Finding[] = [];
  const add = (kind: Finding['kind'], field: string, values: Finding['values'], reason: string): void =>
    void findings.push({ kind, crm: crm.id, erp: erp.id, field, values, reason });
  const gone = crm.doc === undefined || erp.doc === undefined;
  rules.fields.forEach((rule, index) => {
    const end = ends?.get(rule.name);
    for (const { kind, values, reason } of end?.faults ?? []) add(kind, rule.name, values, reason);
    const values = { crm: latest(crm)[index]?.value ?? null, erp: latest(erp)[index]?.value ?? null };
    if (gone || rule.createOnly === true || values.crm === values.erp) return;
    if (aside.some((item) => holdsBack(item, rule))) return;
    if (rule.flow !== 'both' && mayDiffer(rule.flow === 'to_erp' ? 'erp' : 'crm', rule, values, end)) return;
    const open = end === undefined ? [] : SIDES.filter((side) => end.pending[side]);
    if (open.length === 1) add('lost', rule.name, values, `an edit in the ${open[0]?.toUpperCase()} has not arrived`);
    else add('unexplained', rule.name, values, 'the two sides differ in the end');
  });
  const { claim } = rules;
  const shows = crm.doc === undefined || claim === undefined ? erp.id : String(crm.doc[claim] ?? '').trim();
  if (shows !== erp.id && !gone)
    add('unexplained', claim ?? '', { crm: shows, erp: erp.id }, 'the account does not show the number of its partner');
  return findings;
};

/** A one-way field may differ while its source says nothing, or where an edit at the target is left alone. */
const mayDiffer = (
  target: Side,
  { drift, empty }: FieldRule,
  values: Readonly<Record<Side, string | null>>,
  end: FieldEnd | undefined,
): boolean => {
  // Emptied, where that counts as an edit, the source has said something.
  if (values[other(target)] === null) return empty !== 'clear' || end?.pending[other(target)] !== true;
  if (drift === 'restore') return false;
  return end === undefined || (end.pending[target] && !end.pending[other(target)]);
};

const judgeRecord = (
  { rules, owners }: Records,
  { partner }: Pairing,
  trace: Trace,
  right: JudgedParked['right'],
): readonly Finding[] => {
  const findings: Finding[] = [];
  const add = (kind: Finding['kind'], field: string, values: Finding['values'], reason: string): void =>
    void findings.push({ kind, ...named(trace), field, values, reason });
  for (const mark of trace.marks) {
    if (mark.actor !== rules.actor) continue;
    if (mark.op === 'delete') add('lost', '', {}, 'deleted by the integration');
    for (const path of mark.strays) add('lost', path, {}, 'a field outside the mapping was changed by the integration');
  }
  if (partner.has(trace)) return findings;
  trace.marks.forEach((mark, index) => {
    if (mark.actor !== rules.actor || index === 0) return;
    const before = trace.marks[index - 1]?.readings ?? [];
    rules.fields.forEach((rule, at) => {
      const [was, became] = [before[at]?.value ?? null, mark.readings[at]?.value ?? null];
      if (mark.op === 'update' && was !== became)
        add('unexplained', rule.name, { was, became }, 'written to a record that has no counterpart');
    });
  });
  const wanting = trace.doc !== undefined && trace.included && !madeByUs(rules, trace);
  if (!wanting || (right.get(trace) ?? []).some((item) => blocksCreate(rules, item, other(trace.side))))
    return findings;
  if (counterpartsGone(rules, owners, trace).length === 0)
    add('lost', '', {}, 'has no counterpart and is not parked for a good reason');
  return findings;
};
