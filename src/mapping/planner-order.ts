/** In which order the fields of a record are planned. */
import { otherSide } from '../domain/record.ts';
import type { Field } from './field.ts';

const within = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}.`);

/** Does the first field write what the second reads? */
const feeds = (first: Field, second: Field): boolean => {
  if (first === second || first.flow === 'both' || second.flow === 'both' || first.flow === second.flow) return false;
  const written = first[first.flow].texts;
  const read = second[otherSide(second.flow)].texts;
  return written.some((to) => read.some((from) => within(to, from) || within(from, to)));
};

const inOrder = (fields: readonly Field[]): readonly number[] => {
  const left = fields.map((_, index) => index).filter((index) => fields[index]?.flow !== 'both');
  const made = fields.map((_, index) => index).filter((index) => fields[index]?.flow === 'both');
  const waits = (index: number): boolean => left.some((other) => feeds(fields[other] as Field, fields[index] as Field));
  while (left.length > 0) {
    // Fields that feed each other in a circle have no order but that of the file.
    const next = left.find((index) => !waits(index)) ?? left[0] ?? 0;
    left.splice(left.indexOf(next), 1);
    made.push(next);
  }
  return made;
};

const known = new WeakMap<readonly Field[], readonly number[]>();

/**
 * Places of fields in the order in which they are planned: two-way fields first, then the one-way ones, each after those
 * that write what it reads. A field that is read back then sees what is about to be written, and settles in the same round.
 */
export const planningOrder = (fields: readonly Field[]): readonly number[] => {
  const found = known.get(fields);
  if (found !== undefined) return found;
  const made = inOrder(fields);
  known.set(fields, made);
  return made;
};
