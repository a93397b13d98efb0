/** By what a business is recognised, and who else is recognised by the same. */
import { latest, type Trace } from './trace.ts';
import type { Reading, Rules } from './words.ts';

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();

/** The keys of these values, one per rule of `matchOn`; undefined where a part is empty. */
export const keysOf = (rules: Rules, readings: readonly Reading[]): readonly (string | undefined)[] =>
  rules.matchOn.map((names, rank) => {
    const parts = names.map((name) => {
      const reading = readings[rules.fields.findIndex((field) => field.name === name)];
      // Whoever belongs to a customer that nobody else knows is still told apart by it.
      const unread = reading?.wrong !== undefined && reading.wrong !== 'LINK_MISSING';
      return reading === undefined || reading.value === null || unread ? '' : fold(reading.value);
    });
    return parts.includes('') ? undefined : `${rank}:${JSON.stringify(parts)}`;
  });

/** The keys a record has now. */
export const keysNow = (rules: Rules, trace: Trace): readonly (string | undefined)[] => keysOf(rules, latest(trace));

/** Every key a record ever had. */
export const keysEver = (rules: Rules, trace: Trace): ReadonlySet<string> =>
  new Set(trace.marks.flatMap((mark) => keysOf(rules, mark.readings)).filter((key) => key !== undefined));

/** Who has or had a key, on one side. */
export interface Owners {
  readonly now: (key: string) => readonly Trace[];
  readonly ever: (key: string) => readonly Trace[];
  readonly keys: (trace: Trace) => ReadonlySet<string>;
}

const enter = (map: Map<string, Trace[]>, key: string, trace: Trace): void => {
  const list = map.get(key);
  if (list === undefined) map.set(key, [trace]);
  else list.push(trace);
};

/** Index the keys of one side's records. Gone records count for `ever` only. */
export const ownersOf = (rules: Rules, traces: Iterable<Trace>): Owners => {
  const now = new Map<string, Trace[]>();
  const ever = new Map<string, Trace[]>();
  const keys = new Map<Trace, ReadonlySet<string>>();
  for (const trace of traces) {
    const own = keysEver(rules, trace);
    keys.set(trace, own);
    for (const key of own) enter(ever, key, trace);
    if (trace.doc === undefined) continue;
    for (const key of keysNow(rules, trace)) if (key !== undefined) enter(now, key, trace);
  }
  return {
    now: (key) => now.get(key) ?? [],
    ever: (key) => ever.get(key) ?? [],
    keys: (trace) => keys.get(trace) ?? new Set(),
  };
};
