/** YAML 1.2 as values that remember where they stand. Numbers keep every digit; `NO` is a word, never false. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { ExactNumber, type Json } from '../domain/json.ts';
import type { Place, Problem } from './problem.ts';

/** A parsed file: its value, and the place of anything in it. */
export interface Source {
  readonly file: string;
  readonly value: Json;
  /** Where the value at a path stands; the nearest thing above it when it is missing. */
  at(path: readonly PropertyKey[]): Place;
  /** Where the key at the end of a path stands. */
  keyAt(path: readonly PropertyKey[]): Place;
}

interface Marked {
  readonly value: Json;
  readonly from: number;
  readonly children: ReadonlyMap<string, { readonly keyFrom: number; readonly node: Marked }>;
}
type Refuse = (offset: number, message: string, remedy: string) => void;

const NO_CHILDREN: Marked['children'] = new Map();
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const scalarValue = (value: unknown, source: string | undefined): Json => {
  if (typeof value === 'number') {
    if (source === undefined || String(value) === source) return value;
    if (JSON_NUMBER.test(source)) return new ExactNumber(source);
    return Number.isFinite(value) ? value : source;
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  return source ?? String(value);
};

const keyText = (key: unknown): string | undefined => {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
};

const offsetOf = (node: unknown, fallback: number): number => {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return range?.[0] ?? fallback;
};

const markMap = (
  node: { items: readonly { key: unknown; value: unknown }[] },
  from: number,
  refuse: Refuse,
): Marked => {
  const value: Record<string, Json> = {};
  const children = new Map<string, { keyFrom: number; node: Marked }>();
  for (const pair of node.items) {
    const keyFrom = offsetOf(pair.key, from);
    const name = keyText(pair.key);
    if (name === undefined || name === '__proto__') {
      refuse(keyFrom, 'this cannot be a key', 'Use a plain word.');
      continue;
    }
    const child = mark(pair.value, keyFrom, refuse);
    value[name] = child.value;
    children.set(name, { keyFrom, node: child });
  }
  return { value, from, children };
};

const mark = (node: unknown, above: number, refuse: Refuse): Marked => {
  const from = offsetOf(node, above);
  if (isMap(node)) return markMap(node, from, refuse);
  if (isSeq(node)) {
    const items = node.items.map((item) => mark(item, from, refuse));
    const children = new Map(items.map((item, i) => [String(i), { keyFrom: item.from, node: item }]));
    return { value: items.map((item) => item.value), from, children };
  }
  if (isAlias(node)) {
    refuse(from, 'anchors and aliases are not read here', 'Write the value out.');
    return { value: null, from, children: NO_CHILDREN };
  }
  return { value: isScalar(node) ? scalarValue(node.value, node.source) : null, from, children: NO_CHILDREN };
};

const LARGEST = 1_000_000;

const parsed = (
  text: string,
  lines: LineCounter,
): { readonly root: unknown; readonly errors: readonly { pos: readonly number[]; message: string }[] } => {
  if (text.length > LARGEST)
    return { root: null, errors: [{ pos: [0], message: `the file has more than ${LARGEST} characters` }] };
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
    });
    const deep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
    if (deep !== undefined) return { root: null, errors: [{ pos: deep.pos, message: 'it is nested too deeply' }] };
    return { root: document.contents, errors: document.errors };
  } catch (cause) {
    // Nesting of tens of thousands of levels exhausts the stack of any reader.
    return {
      root: null,
      errors: [{ pos: [0], message: cause instanceof RangeError ? 'it is nested too deeply' : 'it cannot be read' }],
    };
  }
};

/** Read one file. Never throws: what cannot be read is a list of problems with line and column. */
export const readYaml = (
  file: string,
  text: string,
): { readonly source?: Source; readonly problems: readonly Problem[] } => {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const { root, errors } = parsed(text, lines);
  const problems: Problem[] = errors.map(({ pos, message }) => ({
    file,
    ...place(pos[0] ?? 0),
    rule: 'broken-yaml',
    message: `this is not YAML: ${message}`,
    remedy: 'Correct the indentation, quotes or brackets here or on the line above.',
  }));
  if (problems.length > 0) return { problems };
  const marked = mark(root, 0, (offset, message, remedy) => {
    problems.push({ file, ...place(offset), rule: 'broken-yaml', message, remedy });
  });
  const walk = (path: readonly PropertyKey[]): { readonly keyFrom: number; readonly node: Marked } => {
    let at = { keyFrom: marked.from, node: marked };
    for (const step of path) {
      const next = at.node.children.get(String(step));
      if (next === undefined) break;
      at = next;
    }
    return at;
  };
  if (problems.length > 0) return { problems };
  return {
    problems,
    source: {
      file,
      value: marked.value,
      at: (path) => place(walk(path).node.from),
      keyAt: (path) => place(walk(path).keyFrom),
    },
  };
};
