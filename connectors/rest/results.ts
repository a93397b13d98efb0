/** What a reply says about each item of a write. */
import { isObject, type Json, sameJson } from '../../src/domain/json.ts';
import type { Signal, Sort } from '../engine/errors.ts';
import { outcomeOfRefusedCall, unanswered, withoutTwins } from '../engine/outcome.ts';
import type { HttpReply } from '../sdk/http.ts';
import type { NativeRecord, Outcome, WriteItem } from '../sdk/seam.ts';
import { compilePath, compileRefusal, createSignal, succeeded, textOf, type World, wentWell } from './request.ts';
import type { Rows } from './rows.ts';
import type { Writing } from './schema.ts';

type Done = 'created' | 'updated' | 'unchanged' | 'deleted';
const USUAL: Readonly<Record<WriteItem['op'], Done>> = { create: 'created', update: 'updated', delete: 'deleted' };

interface Success {
  readonly as: Done;
  readonly item: WriteItem;
  /** The outcome's own part of the reply, or the whole reply one by one. */
  readonly entry: Json;
  readonly header: string | undefined;
}

const optional = (path: string | undefined) => (path === undefined ? () => undefined : compilePath(path));

/** Id, version and record of an item that went well; `unknown` when the reply speaks of another record or of none. */
const createSuccess = (writing: Writing, rows: Rows) => {
  const readRow = optional(writing.record);
  const wholeIsRecord = writing.record === undefined && writing.item === undefined;
  const readId = optional(writing.id);
  const readVersion = optional(writing.version);
  const recordOf = (entry: Json): NativeRecord | undefined => {
    const record = rows.record((wholeIsRecord ? entry : readRow(entry)) ?? null);
    return typeof record === 'string' ? undefined : record;
  };
  /** The id that the reply itself states. */
  const idIn = (entry: Json): string | undefined => recordOf(entry)?.id ?? textOf(readId(entry));
  const outcome = ({ as, item, entry, header }: Success): Outcome => {
    const record = as === 'deleted' ? undefined : recordOf(entry);
    // Some systems answer a create with nothing but the new id.
    const bare = wholeIsRecord && writing.id === undefined ? textOf(entry) : undefined;
    const id = record?.id ?? textOf(readId(entry)) ?? item.id ?? bare;
    if (id === undefined) return unanswered('the system says that it created the record, but not its id');
    if (item.id !== undefined && id !== item.id) return unanswered('the reply speaks of another record');
    const version = header ?? record?.version ?? textOf(readVersion(entry));
    return {
      status: as,
      id,
      ...(version === undefined ? {} : { version }),
      ...(record === undefined ? {} : { record: version === undefined ? record : { ...record, version } }),
    };
  };
  return { outcome, idIn };
};

const serverFault = (status: number | undefined): boolean => status !== undefined && (status >= 500 || status === 408);

/** An item that the system refused; `unknown` where its own status says that it broke down over it. */
const refusedItem = (signal: Signal, sort: Sort): Outcome => {
  const { error, nothingDone } = sort(signal, 'item');
  return { status: serverFault(signal.status) && !nothingDone ? 'unknown' : 'failed', error };
};

const numberOf = (value: Json | undefined): number | undefined => (typeof value === 'number' ? value : undefined);

/** The reply's entries by the key that they repeat; null for a key with entries that say different things. */
const byKeys = (entries: readonly Json[], match: (entry: Json) => Json | undefined): ReadonlyMap<string, Json> => {
  const found = new Map<string, Json>();
  for (const entry of entries) {
    const key = textOf(match(entry));
    if (key === undefined) continue;
    const known = found.get(key);
    found.set(key, known === undefined || sameJson(known, entry) ? entry : null);
  }
  return found;
};

/** What the list of refused items says of one, found by key or id; undefined when it does not name it. */
const createRefused = (refused: Writing['refused']) => {
  if (refused === undefined) return () => () => undefined;
  const readList = compilePath(refused.at);
  const readers = { keys: refused.keys.map(compilePath), ids: refused.ids.map(compilePath) };
  const named = (entry: Json, by: 'keys' | 'ids'): readonly (string | undefined)[] =>
    readers[by].flatMap((read) => [read(entry) ?? []].flat().map((one) => textOf(one as Json)));
  return (body: Json) => {
    const list = readList(body);
    const entries = Array.isArray(list) ? (list as readonly Json[]) : [];
    return ({ idempotencyKey, id }: WriteItem): Json | undefined =>
      entries.find(
        (entry) =>
          named(entry, 'keys').includes(idempotencyKey) || (id !== undefined && named(entry, 'ids').includes(id)),
      );
  };
};

/** Outcomes of a batch whose reply has success: one per item, in order, whatever the reply looks like. */
export const createResults = (writing: Writing, rows: Rows, world: World) => {
  const readResults = compilePath(writing.results);
  const match = writing.match === undefined ? undefined : compilePath(writing.match);
  const statusOf = optional(writing.status);
  const rules = (writing.done ?? []).map(({ status, as }) => ({ values: status as readonly Json[], as }));
  const success = createSuccess(writing, rows);
  const refusalOf = compileRefusal(writing.refusal ?? world.refusal);
  const refusedIn = createRefused(writing.refused);
  const one = (item: WriteItem, entry: Json | undefined): Outcome => {
    if (entry === undefined || !isObject(entry)) return unanswered('the reply says nothing about this item');
    const status = statusOf(entry);
    const rule = rules.find(({ values }) => values.some((value) => sameJson(value, status)));
    if (rule !== undefined) return success.outcome({ as: rule.as, item, entry, header: undefined });
    return refusedItem({ ...refusalOf(entry), status: numberOf(status) }, world.sort);
  };
  /** Without outcomes a reply may still say why, as a refusal of the whole batch. */
  const refusedWhole = (body: Json): Outcome => {
    const signal = refusalOf(body);
    if (signal.code === undefined) return unanswered('the reply has no list of outcomes');
    return outcomeOfRefusedCall(world.sort(signal, 'batch'));
  };
  return (items: readonly WriteItem[], body: Json): readonly Outcome[] => {
    const entries = readResults(body) as readonly Json[] | undefined;
    if (!Array.isArray(entries)) return items.map(() => refusedWhole(body));
    if (match !== undefined) {
      const found = byKeys(entries, match);
      const refused = refusedIn(body);
      return withoutTwins(
        items.map((item) => {
          const entry = found.get(item.idempotencyKey);
          const why = entry === undefined ? refused(item) : undefined;
          return why === undefined ? one(item, entry) : refusedItem(refusalOf(why), world.sort);
        }),
      );
    }
    if (entries.length === items.length) return withoutTwins(items.map((item, index) => one(item, entries[index])));
    return items.map(() => unanswered(`the reply has ${entries.length} outcomes for ${items.length} items`));
  };
};

/** The body of a reply with success. Of a delete nothing is expected, so plain words are as good as none; a web page is not. */
const entryOf = ({ op }: WriteItem, reply: HttpReply): Json => {
  const nothing = reply.text.trim() === '' || (op === 'delete' && !/^\s*[<{[]/.test(reply.text));
  return nothing ? {} : reply.json();
};

/** The outcome of an item that was sent alone and answered. */
export const createSingleResult = (writing: Writing, rows: Rows, world: World) => {
  const statusOf = writing.status === undefined ? undefined : compilePath(writing.status);
  const success = createSuccess(writing, rows);
  const refusalOf = compileRefusal(writing.refusal ?? world.refusal);
  const signalOf = createSignal(world, writing.refusal);
  const header = writing.version_header?.toLowerCase();
  const doneAs = (status: Json | undefined): Done | undefined =>
    writing.done?.find((rule) => (rule.status as readonly Json[]).some((value) => sameJson(value, status)))?.as;
  /** A refusal that comes with success: a code where a refusal has it, and no record. A create may have been done all the same. */
  const disguised = ({ op }: WriteItem, entry: Json): Outcome | undefined => {
    const signal = refusalOf(entry);
    if (statusOf !== undefined || signal.code === undefined || success.idIn(entry) !== undefined) return undefined;
    const sorted = world.sort(signal, 'item');
    return op === 'create' ? outcomeOfRefusedCall(sorted) : refusedItem(signal, world.sort);
  };
  return (item: WriteItem, reply: HttpReply): Outcome => {
    const stated = doneAs(reply.status);
    const quietly = succeeded(reply) && !wentWell(world, reply);
    if (quietly || (stated === undefined && !succeeded(reply))) {
      const { error, nothingDone } = world.sort(signalOf(reply), 'batch');
      return {
        status: nothingDone ? 'failed' : 'unknown',
        error: error.scope === 'batch' ? { ...error, scope: 'item' } : error,
      };
    }
    const entry = entryOf(item, reply);
    if (entry === false) return unanswered('the reply is nothing but `false`, so nobody knows what became of the item');
    const refused = disguised(item, entry);
    if (refused !== undefined) return refused;
    const status = statusOf?.(entry);
    const as = statusOf === undefined ? (stated ?? USUAL[item.op]) : doneAs(status);
    if (as === undefined) return refusedItem({ ...refusalOf(entry), status: numberOf(status) }, world.sort);
    return success.outcome({ as, item, entry, header: header === undefined ? undefined : reply.headers[header] });
  };
};
