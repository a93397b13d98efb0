/** Two ledgers in one order of time. */
import type { Moment } from './field-life.ts';
import type { Pair } from './pairing.ts';
import type { Mark } from './trace.ts';
import type { Rules } from './words.ts';

// A killed process may have written shortly before its end without learning of it; its successor needs as long to look.
const UNNOTICED_MS = 15_000;
const EARLIER_MS = 1000;

/** Does this commit show that the integration knows the two records to be one? */
const links = (rules: Rules, { erp }: Pair, mark: Mark, before: Mark | undefined): boolean =>
  mark.actor === rules.actor &&
  (before === undefined ||
    mark.claim === erp.id ||
    mark.readings.some((reading, index) => reading.value !== (before.readings[index]?.value ?? null)));

/** The moments of both records in one order. Of two at the same millisecond the people's came first. */
export const momentsOf = (rules: Rules, pair: Pair, interruptions: readonly number[]): readonly Moment[] => {
  const time = (mark: Mark): number => (mark.actor === 'seed' ? Number.NEGATIVE_INFINITY : mark.at);
  const { crm, erp } = pair;
  const next = { crm: 0, erp: 0 };
  const moments: Moment[] = [];
  let linked = false;
  while (next.crm < crm.marks.length || next.erp < erp.marks.length) {
    const [left, right] = [crm.marks[next.crm], erp.marks[next.erp]];
    const ahead = left === undefined ? 1 : right === undefined ? -1 : time(left) - time(right);
    const crmFirst = ahead < 0 || ((ahead === 0 || Number.isNaN(ahead)) && left?.actor !== rules.actor);
    const side = crmFirst ? 'crm' : 'erp';
    const mark = crmFirst ? left : right;
    if (mark === undefined) break;
    linked ||= links(rules, pair, mark, pair[side].marks[next[side] - 1]);
    next[side] += 1;
    const killed = interruptions.some((at) => at >= mark.at - EARLIER_MS && at <= mark.at + UNNOTICED_MS);
    moments.push({ side, mark, linked, unsure: mark.unanswered || killed });
  }
  return moments;
};
