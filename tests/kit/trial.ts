/** A system to try a connector on, and short ways to act on it. */
import type { Call, Change, Connector, Outcome, ReadAnswer, WriteItem } from '../../connectors/sdk/seam.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';

/** A system to try a connector on, with ways to make trouble. */
export interface ConformanceWorld {
  readonly record: string;
  /** A new connector for the system; `'impostor'` has a wrong secret. */
  connect(who?: 'impostor'): Connector;
  /** A document that the system accepts for a new record, different for each name. */
  draft(name: string): JsonObject;
  /** A change that it accepts for a known record, different for each name. */
  change(name: string): JsonObject;
  /** A document that its rules refuse. */
  readonly refused: JsonObject;
  /** A document with this decimal, and where it then stands. */
  decimal(name: string, digits: string): JsonObject;
  readDecimal(body: JsonObject): Json | undefined;
  /** A document with one field null and one empty text, and where they then stand. */
  empties(name: string): JsonObject;
  readEmpties(body: JsonObject): readonly [Json | undefined, Json | undefined];
  /** The next request of this kind meets this fate, once. */
  strike(fate: 'cut before' | 'cut after' | 'too many' | 'broken', on: 'read' | 'write'): Promise<void>;
  /** What must never be seen outside. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** A call that nobody stops. */
export const call: Call = { signal: new AbortController().signal };
/** Ids of the records on a page. */
export const idsOf = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : []));
/** How many records an answer has. */
export const foundIn = (answer: ReadAnswer | undefined): number =>
  answer !== undefined && 'found' in answer ? answer.found.length : 0;
/** The first record of an answer; empty for none. */
export const bodyIn = (answer: ReadAnswer | undefined): JsonObject =>
  answer !== undefined && 'found' in answer ? (answer.found[0]?.body ?? {}) : {};
/** The id of an outcome that has one. */
export const idIn = (outcome: Outcome | undefined): string => {
  if (outcome === undefined || !('id' in outcome)) throw new Error(`no id in ${JSON.stringify(outcome)}`);
  return outcome.id;
};
/** The error that a call was expected to throw. */
export const thrownBy = async (work: Promise<unknown>): Promise<SyncError> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('it was expected to fail');
};

/** Short ways to say what a test does. */
export const actionsOf = (world: ConformanceWorld, connector: Connector) => {
  const { record } = world;
  const capabilities = connector.capabilities[record];
  if (capabilities === undefined) throw new Error(`the connector has no ${record}`);
  const create = (key: string, data = world.draft(key)): WriteItem => ({ op: 'create', data, idempotencyKey: key });
  const write = (items: readonly WriteItem[]): Promise<readonly Outcome[]> => connector.write(record, items, call);
  const one = async (item: WriteItem): Promise<Outcome> => (await write([item]))[0] as Outcome;
  /** From a cursor to the end of what there is now. */
  const walk = async (from: string, limit: number) => {
    const pages: { readonly from: string; readonly ids: readonly string[] }[] = [];
    for (let cursor = from; ; ) {
      const page = await connector.changes(record, { cursor, limit }, call);
      pages.push({ from: cursor, ids: idsOf(page.changes) });
      cursor = page.next;
      if (!page.more) return { pages, ids: new Set(pages.flatMap(({ ids }) => ids)), end: cursor };
      if (pages.length > 10_000) throw new Error('the feed has no end');
    }
  };
  const readIds = (ids: readonly string[]) => connector.read(record, { ids }, call);
  const readKeys = (keys: readonly string[]) => connector.read(record, { keys }, call);
  return { connector, capabilities, create, write, one, walk, readIds, readKeys };
};
/** What `actionsOf` gives. */
export type Actions = ReturnType<typeof actionsOf>;

/** The system under trial, once it is open. */
export type Trial = () => { readonly world: ConformanceWorld; readonly actions: Actions };
