/** A reply beside what was understood of it. */
import type { Draft } from '../../../connectors/draft/draft.ts';
import { isObject, type Json } from '../../domain/json.ts';
import { pathName } from '../../mapping/path.ts';
import { showValue } from '../../mapping/show.ts';
import { table } from '../text.ts';

const LINES = 60;
const WIDTH = 62;

interface Line {
  readonly text: string;
  readonly path: string;
}

/** One record of each list is enough to see its shape. */
const linesOf = (value: Json | undefined, name: string, path: string, depth: number): readonly Line[] => {
  const indent = '  '.repeat(depth);
  const inner = (key: string): string => {
    const step = pathName(key) ?? key;
    return path === '' ? step : `${path}.${step}`;
  };
  if (Array.isArray(value)) {
    const [first] = value as readonly Json[];
    if (first === undefined) return [{ text: `${indent}${name}[]`, path }];
    const more = value.length === 1 ? '' : ` … ${value.length - 1} more`;
    return [
      { text: `${indent}${name}[`, path },
      ...linesOf(first, '', `${path}[]`, depth + 1),
      { text: `${indent}]${more}`, path: '' },
    ];
  }
  if (value !== undefined && isObject(value) && depth < 6)
    return [
      { text: `${indent}${name}{`, path },
      ...Object.entries(value).flatMap(([key, each]) => linesOf(each, `${key}: `, inner(key), depth + 1)),
      { text: `${indent}}`, path: '' },
    ];
  return [{ text: `${indent}${name}${showValue(value)}`, path }];
};

/** Understood, but not from this reply or not from one place of it. */
const BESIDE = new Set(['paging', 'refusal', 'nothing']);

/** The reply, each line that was understood marked with what it is. */
export const replyText = (body: Json, { understood }: Draft): string => {
  const rows = understood.find(({ what }) => what === 'rows')?.path;
  const inRow = `${rows ?? ''}[].`;
  const marks = new Map<string, string>();
  for (const { what, path } of understood) {
    if (path === undefined || BESIDE.has(what)) continue;
    marks.set(what === 'rows' || what === 'success' ? path : `${inRow}${path}`, what);
  }
  if (rows === undefined) marks.set('', 'rows');
  const lines = linesOf(body, '', '', 0);
  const shown = lines.slice(0, LINES).map(({ text, path }, i) => {
    const mark = path === '' && i > 0 ? undefined : marks.get(path);
    const cut = text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
    return mark === undefined ? cut : `${cut.padEnd(WIDTH)} ← ${mark}`;
  });
  const more = lines.length > LINES ? [`… ${lines.length - LINES} more lines`] : [];
  return `${[...shown, ...more].join('\n')}\n`;
};

/** What was understood, where it stands and why we think so. */
export const understoodText = ({ understood }: Draft): string =>
  table(
    ['what', 'where', 'why'],
    understood.map(({ what, path, why }) => [what, path ?? (what === 'rows' ? 'the reply itself' : 'none'), why]),
  );
