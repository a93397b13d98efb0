/** The tables of docs/bad-input.md: what is said for which bad input. */
import { readFileSync } from 'node:fs';

/** One row: the sentence as the page has it, `…` for what differs. */
export interface BadInput {
  readonly what: string;
  readonly said: string;
  /** Undefined where the command line itself did not understand. */
  readonly code: string | undefined;
  readonly remedy: string;
  readonly test: string;
}

const page = readFileSync(new URL('../../docs/bad-input.md', import.meta.url), 'utf8');
const ROW = /^\| (?!bad input|---)(.+?) \| `(.+?)` \| (?:`([A-Z_]+)`|none) \| (.+?) \| `(.+?)` \|$/gm;

/** Every row of the page. */
export const BAD_INPUT: readonly BadInput[] = [...page.matchAll(ROW)].map(
  ([, what = '', said = '', code, remedy = '', test = '']) => ({ what, said, code, remedy, test }),
);

/** What the page says is seen for this bad input, as an expression to compare the product with. */
export const documented = (what: string): RegExp => {
  const row = BAD_INPUT.find((each) => each.what === what);
  if (row === undefined) throw new Error(`docs/bad-input.md has no row "${what}"`);
  return new RegExp(row.said.split('…').map(RegExp.escape).join('.*'));
};
