/** Pages that lead nowhere, rows that come twice or not at all, fields that are gone or changed: made of an answer that was right. */
import { type Fault, OF_PAGES, OF_ROWS, struckBy } from './faults.ts';
import { type Doc, isDoc, parse, text, type Value } from './json.ts';
import type { Answer, Ask } from './server.ts';

/** Where a system's pages have what. */
export interface PageWords {
  /** The list of rows, the cursor behind it, and the query that takes it. */
  readonly rows: string;
  readonly next: string;
  readonly cursor: string;
  /** What every record has, and nothing else. */
  readonly id: string;
  readonly stamp: string;
  readonly isFeed: (ask: Ask) => boolean;
  /** A place in the store's order as a cursor, and back. */
  readonly write: (place: string) => string;
  readonly read: (cursor: string) => string;
}

const KINDS: readonly Fault['kind'][] = [...OF_PAGES, ...OF_ROWS];

// A place that no row stands at, right behind another: no id goes on like this.
const BEHIND = '~';

type Edit = (record: Record<string, Value>, name: string) => void;

/** What a text becomes when its type changes, and so on: still the same fact, told otherwise. */
const retyped = (value: Value): Value => {
  if (typeof value === 'string') return [value];
  return value === null ? [] : String(value);
};

const EDITS: Readonly<Partial<Record<Fault['kind'], Edit>>> = {
  'field-gone': (record, name) => {
    delete record[name];
  },
  'field-renamed': (record, name) => {
    record[`${name}_v2`] = record[name] ?? null;
    delete record[name];
  },
  'field-retyped': (record, name) => {
    if (Object.hasOwn(record, name)) record[name] = retyped(record[name] ?? null);
  },
  'field-new': (record, name) => {
    record[name] = 'something new';
  },
};

const edited = (record: Doc, path: readonly string[], edit: Edit): Doc => {
  const [name = '', ...rest] = path;
  const copy: Record<string, Value> = { ...record };
  const inner = copy[name];
  if (rest.length === 0) edit(copy, name);
  else if (isDoc(inner ?? null)) copy[name] = edited(inner as Doc, rest, edit);
  return copy;
};

/** The same value with every record in it edited. */
const everyRecord = (value: Value, words: PageWords, edit: (record: Doc) => Doc): Value => {
  if (Array.isArray(value)) return (value as readonly Value[]).map((item) => everyRecord(item, words, edit));
  if (!isDoc(value)) return value;
  if (Object.hasOwn(value, words.id) && Object.hasOwn(value, words.stamp)) return edit(value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, everyRecord(inner, words, edit)]));
};

const withFields = (doc: Value, struck: readonly Fault[], words: PageWords): Value =>
  struck.reduce((so, { kind, field = 'something_new' }) => {
    const edit = EDITS[kind];
    return edit === undefined ? so : everyRecord(so, words, (record) => edited(record, field.split('.'), edit));
  }, doc);

/** The page as its fault has it: `rows` and the cursor behind them. */
const turned = (ask: Ask, page: Doc, kind: Fault['kind'], words: PageWords): Doc => {
  const rows = page[words.rows] as readonly Value[];
  const feed = words.isFeed(ask);
  const asked = ask.query.get(words.cursor);
  const start = feed ? '0|' : '0';
  const here = asked === null ? start : words.read(asked);
  const place = ({ [words.id]: id = '', [words.stamp]: stamp = '' }: Doc): string =>
    feed ? `${String(stamp)}|${String(id)}` : String(id);
  const last = rows.at(-1);
  switch (kind) {
    case 'page-empty':
      return { ...page, [words.rows]: [], [words.next]: words.write(asked === null ? start : here + BEHIND) };
    case 'page-ended':
      return { ...page, [words.rows]: [], [words.next]: null };
    case 'page-lost':
      return { ...page, [words.rows]: [] };
    case 'page-doubled':
      return { ...page, [words.rows]: rows.flatMap((row) => [row, row]) };
    case 'page-back':
      return { ...page, [words.next]: words.write(start) };
    case 'page-endless':
      return {
        ...page,
        [words.next]: page[words.next] ?? words.write((isDoc(last ?? null) ? place(last as Doc) : here) + BEHIND),
      };
    default:
      return page;
  }
};

/** An answer of success as the faults that struck make it; any other as it is. */
export const turnedAnswer = (ask: Ask, answer: Answer, words: PageWords): Answer => {
  if (struckBy(ask.struck, ...KINDS) === undefined || answer.status >= 300 || answer.body === undefined) return answer;
  const parsed = withFields(parse(answer.body), ask.struck, words);
  if (!isDoc(parsed)) return answer;
  const page = struckBy(ask.struck, ...OF_PAGES);
  const isPage = Array.isArray(parsed[words.rows]);
  return { ...answer, body: text(page === undefined || !isPage ? parsed : turned(ask, parsed, page.kind, words)) };
};

/** The items of a batch that are done before a request breaks down half way: of one item, that one. */
export const doneOf = (ask: Ask, items: readonly Value[]): readonly Value[] =>
  struckBy(ask.struck, '500-half') === undefined ? items : items.slice(0, Math.ceil(items.length / 2));
