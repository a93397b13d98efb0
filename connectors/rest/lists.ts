/** Lists inside a record, written the way the system takes them: only the elements that change, or whole. */
import { z } from 'zod';
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { getPath, pathOf, REMOVED, setPath, withValues } from '../../src/mapping/path.ts';
import { outcomeOfLostCall, refusedByUs, unanswered } from '../engine/outcome.ts';
import { takesAway } from '../engine/removals.ts';
import type { Call, Outcome, ReadAnswer, WriteItem } from '../sdk/seam.ts';
import type { ReadMany } from './read.ts';
import { Path } from './shapes.ts';

/** What a preset says about the lists of a record type. */
export const Lists = z.record(
  Path,
  z.strictObject({
    key: z.string().min(1).describe('The column that tells elements apart'),
    write: z
      .enum(['elements', 'whole'])
      .default('elements')
      .describe(
        'elements: a write names the elements that change and the system leaves the others alone; whole: what is written replaces the list, so the record is read and merged first',
      ),
    removed: z
      .strictObject({ field: z.string().min(1), is: z.json() })
      .optional()
      .describe('With elements: what an element that shall go says of itself, beside its key'),
  }),
);
export type Lists = z.infer<typeof Lists>;
type List = Lists[string];

/** Can an element of any declared list be taken away? */
export const removable = (lists: Lists | undefined): boolean =>
  lists !== undefined && Object.values(lists).some(({ write, removed }) => write === 'whole' || removed !== undefined);

const objects = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];

/** An object with another's values laid over it, objects inside it too. */
const laidOver = (under: JsonObject, over: JsonObject): JsonObject => {
  const laid: Record<string, Json> = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const before = Object.hasOwn(under, name) ? under[name] : undefined;
    laid[name] = isObject(value) && before !== undefined && isObject(before) ? laidOver(before, value) : value;
  }
  return laid;
};

const keyOf = (element: JsonObject, key: string): string => String(Object.hasOwn(element, key) ? element[key] : '');

/** The list as it stands with the changes made to it. */
const merged = (current: Json | undefined, changes: readonly JsonObject[], key: string): readonly Json[] => {
  const left = new Map(changes.map((change) => [keyOf(change, key), change]));
  const standing = (Array.isArray(current) ? (current as readonly Json[]) : []).flatMap((element): readonly Json[] => {
    if (!isObject(element)) return [element];
    const change = left.get(keyOf(element, key));
    left.delete(keyOf(element, key));
    if (change === undefined) return [element];
    return change[REMOVED] === true ? [] : [laidOver(element, change)];
  });
  return [...standing, ...[...left.values()].filter((change) => change[REMOVED] !== true)];
};

/** The element as the system is told that it goes. */
const marked = (element: JsonObject, { key, removed }: List): JsonObject =>
  element[REMOVED] === true && removed !== undefined
    ? { [key]: element[key] ?? null, [removed.field]: removed.is as Json }
    : element;

const withList = (item: WriteItem, path: string, list: readonly Json[]): WriteItem => {
  const data = withValues(item.data, {}) as Record<string, unknown>;
  setPath(data, pathOf(path), list);
  return { ...item, data: data as JsonObject };
};

/** The record that a whole list is merged into, or why it cannot be. */
const standing = (item: WriteItem, answer: ReadAnswer | undefined, guarded: boolean): JsonObject | Refused => {
  if (answer !== undefined && 'error' in answer) return { refused: { status: 'failed', error: answer.error } };
  const record = answer !== undefined && 'found' in answer ? answer.found[0] : undefined;
  if (record === undefined) return { refused: refusedByUs('not-found', 'the record is not there any more') };
  if (guarded && item.expectVersion !== undefined && record.version !== item.expectVersion)
    return { refused: refusedByUs('conflict', 'the record was changed meanwhile') };
  return record.body;
};

interface Refused {
  readonly refused: Outcome;
}
type Send = (items: readonly WriteItem[], call: Call) => Promise<readonly Outcome[]>;

const elementsIn = (item: WriteItem, path: string): readonly JsonObject[] => objects(getPath(item.data, pathOf(path)));

/** Writes that put lists as the preset says. Nothing is sent for an item whose list cannot be made. */
export const createListWrites = (lists: Lists | undefined, guarded: boolean, byId: ReadMany, send: Send): Send => {
  if (lists === undefined) return send;
  const changedIn = (item: WriteItem): readonly (readonly [string, List])[] =>
    item.op === 'update' ? Object.entries(lists).filter(([path]) => elementsIn(item, path).length > 0) : [];
  const needsReading = (item: WriteItem): boolean => changedIn(item).some(([, { write }]) => write === 'whole');

  const shaped = (item: WriteItem, answer: ReadAnswer | undefined): WriteItem | Refused => {
    const body = needsReading(item) ? standing(item, answer, guarded) : {};
    if (isRefused(body)) return body;
    let made = item;
    for (const [path, list] of changedIn(item)) {
      const elements = elementsIn(item, path);
      const told =
        list.write === 'whole'
          ? merged(getPath(body, pathOf(path)), elements, list.key)
          : elements.map((element) => marked(element, list));
      made = withList(made, path, told);
    }
    return item.op === 'update' && takesAway(made.data) ? { refused: cannotTakeAway(Object.keys(lists)) } : made;
  };

  /** The records that lists are merged into. Nothing was sent yet when that fails. */
  const read = async (items: readonly WriteItem[], call: Call): Promise<ReadonlyMap<WriteItem, ReadAnswer>> => {
    if (items.length === 0) return new Map();
    const ids = items.map(({ id }) => id ?? '');
    const answers = await byId(ids, call).catch((error: unknown): readonly ReadAnswer[] => {
      if (!(error instanceof SyncError)) throw error;
      return items.map(() => unread(error));
    });
    return new Map(items.map((item, index) => [item, answers[index] ?? { absent: true }]));
  };

  return async (items, call) => {
    const answers = await read(items.filter(needsReading), call);
    const ready = items.map((item) => shaped(item, answers.get(item)));
    const sendable = ready.flatMap((each) => (isRefused(each) ? [] : [each]));
    const outcomes = (sendable.length === 0 ? [] : await send(sendable, call)).values();
    return ready.map((each) => (isRefused(each) ? each.refused : (outcomes.next().value ?? NO_OUTCOME)));
  };
};

const cannotTakeAway = (paths: readonly string[]): Outcome =>
  refusedByUs(
    'unsupported',
    `the connector file does not say how an element of this list is taken away; say \`removed:\` or \`write: whole\` under \`lists:\` (it has ${paths.join(', ')})`,
  );

const NO_OUTCOME = unanswered('the item was passed over');
const isRefused = (made: object): made is Refused => 'refused' in made;

const unread = (error: SyncError): ReadAnswer => {
  const outcome = outcomeOfLostCall(error, false);
  return outcome.status === 'failed' ? { error: outcome.error } : { absent: true };
};
