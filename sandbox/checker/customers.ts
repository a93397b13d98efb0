/** How many businesses there are, and whether one stands twice at a system because of the integration. */
import { keysOf } from './keys.ts';
import { madeByUs, type Pairing, type Records } from './pairing.ts';
import type { Trace } from './trace.ts';
import { type Finding, type ParkedItem, SIDES, type Side } from './words.ts';

/** Records sorted into businesses: those that the seed gave one number, and those that are paired. */
const businessesOf = ({ traces }: Records, { pairs }: Pairing): readonly (readonly Trace[])[] => {
  const leader = new Map<Trace, Trace>();
  const find = (trace: Trace): Trace => {
    let top = trace;
    for (let next = leader.get(top); next !== undefined && next !== top; next = leader.get(top)) top = next;
    leader.set(trace, top);
    return top;
  };
  const join = (a: Trace, b: Trace): void => void leader.set(find(a), find(b));
  const numbered = new Map<number, Trace>();
  for (const side of SIDES) {
    for (const trace of traces[side].values()) {
      if (trace.business === undefined) continue;
      const first = numbered.get(trace.business);
      if (first === undefined) numbered.set(trace.business, trace);
      else join(trace, first);
    }
  }
  for (const { crm, erp } of pairs) join(crm, erp);
  const groups = new Map<Trace, Trace[]>();
  for (const side of SIDES) {
    for (const trace of traces[side].values()) {
      if (trace.doc === undefined) continue;
      const top = find(trace);
      groups.set(top, [...(groups.get(top) ?? []), trace]);
    }
  }
  return [...groups.values()];
};

/** Count the customers, and those of which something is set aside. */
export const customersOf = (
  records: Records,
  pairing: Pairing,
  parked: readonly ParkedItem[],
): { customers: number; parked: number } => {
  const aside: Record<Side, Set<string | undefined>> = {
    crm: new Set(parked.map((item) => item.crm)),
    erp: new Set(parked.map((item) => item.erp)),
  };
  const groups = businessesOf(records, pairing).filter((group) => group.some((trace) => trace.included));
  return {
    customers: groups.length,
    parked: groups.filter((group) => group.some((trace) => aside[trace.side].has(trace.id))).length,
  };
};

const sharedReferences = ({ rules, traces }: Records, side: Side): readonly Finding[] => {
  const first = new Map<string, Trace>();
  const findings: Finding[] = [];
  for (const trace of traces[side].values()) {
    const mark = trace.marks[0];
    if (!madeByUs(rules, trace) || mark === undefined || mark.reference === null) continue;
    const earlier = first.get(mark.reference);
    if (earlier === undefined) first.set(mark.reference, trace);
    else
      findings.push({
        kind: 'doubled',
        [side]: trace.id,
        field: '',
        values: { [side]: earlier.id },
        reason: 'created twice under one reference',
      });
  }
  return findings;
};

/** Did the other record have a key of this one when this one was created? Without one they could not be known to be one. */
const akin = ({ rules }: Records, made: Trace, rival: Trace): boolean => {
  const birth = made.marks[0];
  const then = rival.marks.findLast((mark) => mark.actor === 'seed' || birth === undefined || mark.at <= birth.at);
  if (birth === undefined || then === undefined) return false;
  const keys = keysOf(rules, then.readings);
  return keysOf(rules, birth.readings).some((key) => key !== undefined && keys.includes(key));
};

/** Businesses that stand twice at one system although neither the seed nor people made them so. */
export const doubles = (records: Records, pairing: Pairing): readonly Finding[] => {
  const { rules } = records;
  const findings: Finding[] = SIDES.flatMap((side) => sharedReferences(records, side));
  for (const group of businessesOf(records, pairing)) {
    for (const side of SIDES) {
      const members = group.filter((trace) => trace.side === side);
      const made = members.filter((trace) => madeByUs(rules, trace));
      const extra = made.length === members.length ? made.slice(1) : made;
      for (const trace of extra) {
        if (!members.some((member) => member !== trace && akin(records, trace, member))) continue;
        const mate = pairing.partner.get(trace);
        if (records.decided(trace) || (mate !== undefined && records.decided(mate))) continue;
        findings.push({
          kind: 'doubled',
          [side]: trace.id,
          field: '',
          values: {},
          reason: 'created although the business was there already',
        });
      }
    }
  }
  return findings;
};
