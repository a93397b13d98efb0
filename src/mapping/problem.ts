/** What is wrong with a file, where, by which rule, and what to do about it. */
import type { ErrorCode } from '../domain/errors.ts';

/** A place in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One finding. `rule` is stable and documented; `message` is for people. */
export interface Problem extends Place {
  readonly file: string;
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
}

/** The code under which a process reports problems in its files. */
export const PROBLEM_CODE: ErrorCode = 'CONFIG_INVALID';

/** One line for a terminal or a reply: `mappings/customer.yaml:12:5 conflict-missing phone: …`. */
export const problemLine = ({ file, line, column, rule, message, remedy }: Problem): string =>
  `${file}:${line}:${column} ${rule} ${message}. ${remedy}`;

/** In reading order. */
export const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted(
    (a, b) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0),
  );

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

/** The known word nearest to a mistyped one, or undefined when none is near. */
export const nearestWord = (word: string, known: Iterable<string>): string | undefined => {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const far = distance(word.slice(0, 60).toLowerCase(), candidate.toLowerCase());
    if (far < least) [best, least] = [candidate, far];
  }
  return best;
};

/** "Did you mean …?" or the list of what there is. */
export const suggestion = (word: string, known: readonly string[]): string => {
  const nearest = nearestWord(word, known);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  return known.length === 0 ? 'There are none yet.' : `Known: ${known.join(', ')}.`;
};
