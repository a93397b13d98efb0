/**
 * Which records of the two systems are one business. The integration's own claim (the number it shows in the CRM) is
 * taken as a claim only: it must be borne out by a key that both records have or had.
 */
import { keysNow, keysOf, type Owners } from './keys.ts';
import { at, type Trace } from './trace.ts';
import { type Finding, other, type Rules, SIDES, type Side } from './words.ts';

/** Two records that are one. */
export interface Pair {
  readonly crm: Trace;
  readonly erp: Trace;
}

/** All records, sorted into pairs and singles, with what was odd about it. */
export interface Pairing {
  readonly pairs: readonly Pair[];
  readonly partner: ReadonlyMap<Trace, Trace>;
  readonly findings: readonly Finding[];
}

/** What the pairing needs. */
export interface Records {
  readonly rules: Rules;
  readonly traces: Readonly<Record<Side, ReadonlyMap<string, Trace>>>;
  readonly owners: Readonly<Record<Side, Owners>>;
  /** Did a person in the product say what belongs together? */
  readonly decided: (trace: Trace) => boolean;
}

/** Was the record made by the integration? */
export const madeByUs = (rules: Rules, trace: Trace): boolean =>
  trace.marks[0]?.op === 'create' && trace.marks[0].actor === rules.actor;

const finding = (kind: Finding['kind'], crm: Trace | undefined, erp: Trace | undefined, reason: string): Finding => ({
  kind,
  ...(crm === undefined ? {} : { crm: crm.id }),
  ...(erp === undefined ? {} : { erp: erp.id }),
  field: '',
  values: {},
  reason,
});
const about = (kind: Finding['kind'], trace: Trace, reason: string): Finding =>
  trace.side === 'crm' ? finding(kind, trace, undefined, reason) : finding(kind, undefined, trace, reason);

const shared = ({ owners }: Records, crm: Trace, erp: Trace): readonly string[] => {
  const right = owners.erp.keys(erp);
  return [...owners.crm.keys(crm)].filter((key) => right.has(key)).sort();
};

/** Two records that both existed may be linked only where exactly one of each has the key. */
const ambiguous = (records: Records, crm: Trace, erp: Trace): string | undefined => {
  const { rules, owners } = records;
  if (madeByUs(rules, crm) || madeByUs(rules, erp) || records.decided(crm) || records.decided(erp)) return undefined;
  const first = (trace: Trace): string | undefined => keysOf(rules, trace.marks[0]?.readings ?? [])[0];
  const [left, right] = [first(crm), first(erp)];
  const key = shared(records, crm, erp)[0];
  if (key === undefined) return undefined;
  // Of a system without a ledger only the present keys are known, and those may have been made alike or other since.
  if (crm.known && erp.known && left !== undefined && right !== undefined && left !== right)
    return 'linked although their first keys contradict each other';
  const rivals = SIDES.flatMap((side) => owners[side].ever(key)).filter((trace) => !madeByUs(rules, trace));
  return rivals.length > 2 ? 'linked although more than one record has the key' : undefined;
};

/** Sort all records. */
export const pairUp = (records: Records): Pairing => {
  const { rules, traces, owners } = records;
  const partner = new Map<Trace, Trace>();
  const pairs: Pair[] = [];
  const findings: Finding[] = [];
  const join = (crm: Trace, erp: Trace): void => {
    partner.set(crm, erp);
    partner.set(erp, crm);
    pairs.push({ crm, erp });
  };
  const byClaim = (crm: Trace, path: string): void => {
    const claimed = String((crm.doc === undefined ? null : at(crm.doc, path)) ?? '').trim();
    if (claimed === '') return;
    const erp = traces.erp.get(claimed);
    if (erp === undefined)
      findings.push({
        ...about('unexplained', crm, 'shows the number of a partner that never existed'),
        values: { crm: claimed },
      });
    else if (partner.has(erp))
      findings.push(finding('doubled', crm, erp, 'two accounts show the number of one partner'));
    else {
      join(crm, erp);
      // Where a side's past is unknown, the key they had in common may be gone from sight.
      const keyless = crm.known && erp.known && !records.decided(crm) && shared(records, crm, erp).length === 0;
      const odd = keyless ? 'linked without a key that both ever had' : ambiguous(records, crm, erp);
      if (odd !== undefined) findings.push(finding('unexplained', crm, erp, odd));
    }
  };
  const bySource = (made: Trace): void => {
    const candidates = [
      ...new Set([...owners[made.side].keys(made)].flatMap((key) => owners[other(made.side)].ever(key))),
    ];
    const free = candidates.find((trace) => !partner.has(trace));
    if (free !== undefined) join(...(made.side === 'crm' ? ([made, free] as const) : ([free, made] as const)));
    else if (candidates.length > 0)
      findings.push(about('doubled', made, 'created although its business was there already'));
    else findings.push(about('unexplained', made, 'created, but the other side has no such business'));
  };
  const byKey = (crm: Trace): void => {
    for (const key of keysNow(rules, crm)) {
      if (key === undefined) continue;
      const [left, right] = [owners.crm.now(key), owners.erp.now(key)];
      const erp = right[0];
      if (left.length === 1 && right.length === 1 && erp?.included && !partner.has(erp)) {
        const apart = (a: Trace, b: Trace): boolean => {
          const [x, y] = [keysNow(rules, a)[0], keysNow(rules, b)[0]];
          return x !== undefined && y !== undefined && x !== y;
        };
        if (!apart(crm, erp)) join(crm, erp);
      }
      // An earlier rule that names somebody is not overruled by a later one.
      if (right.length > 0) return;
    }
  };
  const { claim } = rules;
  if (claim !== undefined) for (const crm of traces.crm.values()) byClaim(crm, claim);
  for (const side of SIDES) {
    for (const trace of traces[side].values())
      if (trace.doc !== undefined && !partner.has(trace) && madeByUs(rules, trace)) bySource(trace);
  }
  for (const crm of traces.crm.values()) if (crm.doc !== undefined && crm.included && !partner.has(crm)) byKey(crm);
  return { pairs, partner, findings };
};
