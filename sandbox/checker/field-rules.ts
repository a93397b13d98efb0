/** When the integration may write what it wrote: the two questions that are asked of every write. */
import { type Course, definitelyNewer, type Pending } from './field-life.ts';
import { NO_ROW } from './row-rules.ts';
import { other, type Side } from './words.ts';

/** Where does the value come from? Whatever cannot be answered is entered as a fault. */
export const explainWrite = (course: Course, side: Side, value: string | null, first: boolean): void => {
  const { field } = course;
  const [here, there] = [course.lives[side], course.lives[other(side)]];
  const fault = (kind: 'lost' | 'unexplained', reason: string): void =>
    void course.faults.push({ kind, reason, values: { was: here.value, became: value, other: there.value } });
  if (field.createOnly === true && !first) fault('unexplained', 'changed after creation, though it is set only then');
  const emptied = value === null && !first && here.value !== NO_ROW;
  if (emptied && field.empty !== 'clear') fault('lost', 'emptied, though empty is no opinion');
  const carried = there.periods.findIndex((period, at) => at >= here.carried && period.value === value);
  if (carried >= 0) {
    here.carried = carried;
    return;
  }
  if (value !== null && course.derived.has(value)) return;
  const silent = there.periods.some((period) => period.value === null);
  if (first && silent && value === field.standard?.[side]) return;
  const had = there.periods.some((period) => period.value === value);
  fault(
    'unexplained',
    had ? 'an older value was written after a newer one' : 'written, though the other side never said so',
  );
};

/** May the edit pending at this side be put aside for the other side's value? A sentence when not. */
export const whyNotOverwrite = (course: Course, side: Side, edited: Pending): string | undefined => {
  const { field, rules } = course;
  const rival = course.lives[other(side)].pending;
  if (course.decided) return undefined;
  if (course.source !== undefined) {
    if (field.drift === 'restore' || rival !== undefined) return undefined;
    return `an edit at the target was put back, though the rule is ${field.drift ?? 'to leave it'}`;
  }
  if (rival === undefined) return 'an edit was overwritten, though the other side was not edited since';
  if (field.conflict === side) return `an edit was overwritten, though the ${side.toUpperCase()} wins`;
  if (field.conflict === 'newest' && definitelyNewer(edited.period, rival.period, rules.skewMs)) {
    return 'a newer edit was overwritten by an older one';
  }
  return undefined;
};
