/** What stands in a fake system, and its append-only ledger of every commit, also of those whose reply was lost. */
import type { Capabilities } from '../../connectors/sdk/seam.ts';
import { isObject, type Json, type JsonObject, sameJson } from '../../src/domain/json.ts';
import type { NativeRecord, Side } from '../../src/domain/record.ts';

/** One effect at one system. */
export interface Commit {
  readonly seq: number;
  readonly at: number;
  readonly side: Side;
  readonly actor: 'tally' | 'people';
  readonly op: 'create' | 'update' | 'delete';
  readonly id: string;
  readonly key?: string;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** It took effect later than the settle time allows. */
  readonly late?: boolean;
}

/** What a fake system allows: its rungs on both ladders, and its habits. */
export interface Manners {
  readonly side: Side;
  readonly record: string;
  readonly idempotency: Capabilities['idempotency'];
  readonly guard: Capabilities['guard'];
  readonly deletes: Capabilities['changes']['deletes'];
  readonly returnsRecord: boolean;
  /** What a second create with a known unique key gets. */
  readonly repeat: 'answers' | 'refuses';
  /** How the system keeps what it is given. */
  readonly normalise: (body: JsonObject) => JsonObject;
  /** The sentence with which it refuses an item, or undefined. */
  readonly refuses: (body: JsonObject) => string | undefined;
}

/** Time and one numbering for the commits of all systems. */
export interface Clock {
  now(): number;
  seq(): number;
}

export interface Kept {
  readonly id: string;
  body: JsonObject;
  version: number;
  modified: number;
  reference: string | undefined;
  deleted: boolean;
}

/** Who does it: people, or we with the key of a write, in time or not. */
export type Author = 'people' | { readonly key: string; readonly late: boolean };

/** The records of one system and all that was ever done to them. */
export interface Books {
  readonly manners: Manners;
  readonly records: ReadonlyMap<string, Kept>;
  readonly commits: readonly Commit[];
  /** Each id with the time its record was first handed out. */
  readonly shown: ReadonlyMap<string, number>;
  live(id: string | undefined): Kept | undefined;
  /** Now, as a record's time would say it. */
  stamp(): number;
  /** The records as they stood then; one that was not there yet as it was first. */
  at(time: number): ReadonlyMap<string, Kept>;
  /** The record as the system shows it. */
  native(kept: Kept): NativeRecord;
  /** The same, handed out to whoever reads. */
  show(kept: Kept): NativeRecord;
  create(author: Author, body: JsonObject, reference?: string): Kept;
  /** False when it changes nothing. */
  edit(author: Author, kept: Kept, values: JsonObject): boolean;
  erase(author: Author, kept: Kept): void;
  restore(kept: Kept): void;
}

/** Times are kept in steps of this, ms. */
export const GRAIN_MS = 1000;

export const merged = (body: JsonObject, values: JsonObject): JsonObject => {
  const sum: Record<string, Json> = { ...body };
  for (const [name, value] of Object.entries(values)) {
    const old = sum[name] ?? null;
    sum[name] = isObject(value) && isObject(old) ? merged(old, value) : value;
  }
  return sum;
};

/** Opens empty books. */
export const openBooks = (manners: Manners, clock: Clock): Books => {
  const records = new Map<string, Kept>();
  const commits: Commit[] = [];
  const shown = new Map<string, number>();
  const past: { readonly at: number; readonly kept: Kept }[] = [];
  const stamp = (): number => Math.floor(clock.now() / GRAIN_MS) * GRAIN_MS;
  const commit = (author: Author, op: Commit['op'], kept: Kept, before: JsonObject | null): void => {
    const ours = author === 'people' ? undefined : author;
    past.push({ at: clock.now(), kept: { ...kept } });
    commits.push({
      seq: clock.seq(),
      at: clock.now(),
      side: manners.side,
      actor: ours === undefined ? 'people' : 'tally',
      op,
      id: kept.id,
      before,
      after: op === 'delete' ? null : kept.body,
      ...(ours === undefined ? {} : { key: ours.key }),
      ...(ours?.late === true ? { late: true } : {}),
    });
  };
  const touch = (kept: Kept): void => {
    kept.version += 1;
    kept.modified = stamp();
  };
  const native = (kept: Kept): NativeRecord => ({
    id: kept.id,
    body: kept.body,
    modifiedAt: new Date(kept.modified).toISOString(),
    ...(manners.guard === 'none' ? {} : { version: String(kept.version) }),
    ...(kept.reference === undefined ? {} : { reference: kept.reference }),
  });
  return {
    manners,
    records,
    commits,
    shown,
    stamp,
    at: (time) => {
      const then = new Map<string, Kept>();
      for (const { at, kept } of past) if (at <= time || !then.has(kept.id)) then.set(kept.id, kept);
      return then;
    },
    native,
    live: (id) => {
      const kept = id === undefined ? undefined : records.get(id);
      return kept === undefined || kept.deleted ? undefined : kept;
    },
    show: (kept) => {
      if (!shown.has(kept.id)) shown.set(kept.id, clock.now());
      return native(kept);
    },
    create: (author, body, reference) => {
      const id = `${manners.side === 'crm' ? 'A' : 'P'}${String(records.size + 1).padStart(3, '0')}`;
      const fresh = { id, body: manners.normalise(body), version: 1, modified: stamp(), reference, deleted: false };
      records.set(id, fresh);
      commit(author, 'create', fresh, null);
      return fresh;
    },
    edit: (author, kept, values) => {
      const before = kept.body;
      const after = manners.normalise(merged(before, values));
      if (sameJson(before, after)) return false;
      kept.body = after;
      touch(kept);
      commit(author, 'update', kept, before);
      return true;
    },
    erase: (author, kept) => {
      kept.deleted = true;
      touch(kept);
      commit(author, 'delete', kept, kept.body);
    },
    restore: (kept) => {
      kept.deleted = false;
      touch(kept);
      commit('people', 'create', kept, null);
    },
  };
};
