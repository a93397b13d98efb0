/** The four tests of `validate`. */
import type { Json } from '../domain/json.ts';
import { compareValues, filterText } from './planner-rules.ts';
import type { MappingFile } from './schema.ts';

type Is = NonNullable<MappingFile['validate']>[number]['is'];

// A pattern is only tried on text this short: what people type, not what can be made to hang a search.
const LONGEST = 500;

/** A repetition of a repetition, which some texts make run for hours. */
export const mayHang = (pattern: string): boolean => /\([^()]*[*+}][^()]*\)\s*[*+{]/.test(pattern);

/** The pattern, or undefined when it is none. */
export const patternOf = (text: string): RegExp | undefined => {
  try {
    return new RegExp(text, 'u');
  } catch {
    return undefined;
  }
};

/** Does a canonical value pass? Only `present` judges an empty one: the others say what a value must be if there is one. */
export const holds = (is: Is): ((value: Json) => boolean) => {
  if (is === 'present') return (value) => value !== null;
  if ('one of' in is) {
    const allowed = new Set(is['one of'].map(filterText));
    return (value) => value === null || allowed.has(filterText(value));
  }
  if ('matches' in is) {
    const pattern = patternOf(is.matches);
    return (value) =>
      value === null || (typeof value === 'string' && value.length <= LONGEST && pattern?.test(value) === true);
  }
  const [low, high] = is.between;
  return (value) => value === null || (compareValues(value, low) >= 0 && compareValues(value, high) <= 0);
};
