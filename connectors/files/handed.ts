/** What is known of records that were handed over: by the files alone, or by what the system answered to them. */
import { type JsonObject, parseJson, stringifyJson } from '../../src/domain/json.ts';
import { unanswered } from '../engine/outcome.ts';
import { textOf } from '../rest/request.ts';
import type { Outcome, ReadAnswer } from '../sdk/seam.ts';
import type { Decoded } from './decoded.ts';
import { recordOf } from './feed.ts';
import { type Line, versionOf } from './lines.ts';
import { type Known, merged, NO_ANSWER, nested } from './outbox.ts';
import type { SentFile, SentItem } from './sent.ts';
import { type Stand, wordsOf } from './shelf.ts';

/** What the system said to one row. */
interface Answer {
  readonly done: boolean;
  readonly id: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** How a line of an answer file is read. */
export interface AnswerShape {
  readonly done: readonly string[];
  /** The field with the record's id in a body. */
  readonly idField: string;
}

const DONE = { create: 'created', update: 'updated', delete: 'deleted' } as const;

const lineOf = ({ key, op, id, body }: SentItem, row: number): Line => {
  const text = stringifyJson(body);
  return {
    row,
    id,
    problems: [],
    version: versionOf(text),
    ...(op === 'delete' ? { deleted: true as const } : { body: text }),
    ...(op === 'create' ? { reference: key } : {}),
  };
};

const outcomeOf = (item: SentItem): Outcome => {
  const line = lineOf(item, 0);
  const version = line.version === undefined ? {} : { version: line.version };
  if (item.op === 'delete') return { status: 'deleted', id: item.id };
  return { status: DONE[item.op], id: item.id, ...version, record: recordOf(line) };
};

const asFile = (no: number, lines: readonly Line[]): Decoded => ({
  no,
  path: '',
  file: '',
  hash: '',
  kind: 'delta',
  lines,
  anonymous: false,
});

/** Everything known: what the feed shows, and what became of each key. */
export interface Handed extends Known {
  readonly stand: Stand;
  /** Records by the keys that created them. */
  byKey(keys: readonly string[]): readonly ReadAnswer[];
}

/** References survive later changes of the record. */
const withReferences = (files: readonly Decoded[]): readonly Decoded[] => {
  const references = new Map<string, string>();
  return files.map((file) => ({
    ...file,
    lines: file.lines.map((line) => {
      if (line.id === undefined) return line;
      if (line.reference !== undefined) references.set(line.id, line.reference);
      const reference = references.get(line.id);
      return reference === undefined ? line : { ...line, reference };
    }),
  }));
};

const handed = (files: readonly Decoded[], open: readonly Decoded[], outcome: Known['outcome']): Handed => {
  const all = withReferences(files);
  const stand: Stand = { files: all, base: undefined, words: wordsOf(all, undefined), open };
  const byNo = new Map(all.map((file) => [file.no, file]));
  const there = (id: string): Line | undefined => {
    const word = stand.words.get(id);
    return word?.state === 'there' ? byNo.get(word.no)?.lines[word.at] : undefined;
  };
  return {
    stand,
    outcome,
    body: (id) => {
      const line = there(id);
      return line?.body === undefined ? undefined : (parseJson(line.body) as JsonObject);
    },
    byKey: (keys) => {
      const ids = new Map([...stand.words.keys()].flatMap((id) => [[there(id)?.reference, id] as const]));
      return keys.map((key): ReadAnswer => {
        const line = there(ids.get(key) ?? '');
        if (line !== undefined) return { found: [recordOf(line)] };
        const said = outcome(key);
        return said?.status === 'unknown' ? { error: said.error } : { absent: true };
      });
    },
  };
};

const itemsByKey = (sent: readonly SentFile[]): ReadonlyMap<string, SentItem> =>
  new Map(sent.flatMap(({ items }) => items.map((item) => [item.key, item] as const)));

/** Where the system answers nothing: what was handed over counts as done. */
export const handedOver = (sent: readonly SentFile[]): Handed => {
  const items = itemsByKey(sent);
  const files = sent.map(({ no, items: each }) =>
    asFile(
      no,
      each.map((item, at) => lineOf(item, at + 1)),
    ),
  );
  return handed(files, [], (key) => {
    const item = items.get(key);
    return item === undefined ? undefined : outcomeOf(item);
  });
};

const answerOf = ({ body }: Line, { done }: AnswerShape): Answer => {
  const values = parseJson(body ?? '{}') as JsonObject;
  const text = (field: string): string | undefined => textOf(values[field]);
  return { done: done.includes(text('status') ?? ''), id: text('id'), code: text('code'), message: text('message') };
};

const refusal = ({ code, message }: Answer): Outcome => ({
  status: 'failed',
  error: {
    class: 'validation',
    scope: 'item',
    message: (message ?? 'the system refused it without a reason').slice(0, 500),
    ...(code === undefined ? {} : { code: code.slice(0, 100) }),
  },
});

/** Where the system answers: what it said, row by row, in the order of its answers. */
export const answered = (sent: readonly SentFile[], answers: Stand, shape: AnswerShape): Handed => {
  const items = itemsByKey(sent);
  const outcomes = new Map<string, Outcome>();
  const lineFor = (line: Line): Line => {
    if (line.problems.length > 0 || line.id === undefined) return line;
    const item = items.get(line.id);
    const blank: Line = { row: line.row, problems: [] };
    if (item === undefined)
      return {
        ...blank,
        id: line.id,
        problems: [
          {
            row: line.row,
            class: 'not-found',
            code: 'UNDECODABLE',
            reason: 'answers a key that was never handed over',
          },
        ],
      };
    const answer = answerOf(line, shape);
    if (!answer.done) {
      outcomes.set(item.key, refusal(answer));
      return blank;
    }
    const id = item.id !== '' ? item.id : (answer.id ?? item.key);
    const complete: SentItem = { ...item, id, body: merged(item.body, nested(shape.idField, id)) };
    outcomes.set(item.key, outcomeOf(complete));
    return lineOf(complete, line.row);
  };
  const files = answers.files.map((file) => ({ ...file, lines: file.lines.map(lineFor) }));
  return handed(
    files,
    answers.open,
    (key) => outcomes.get(key) ?? (items.has(key) ? unanswered(NO_ANSWER) : undefined),
  );
};
