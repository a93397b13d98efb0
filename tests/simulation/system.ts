/** Fake systems in memory, with an append-only ledger of every commit, also of those whose reply was lost. */
import type { Capabilities, Change, Connector, Outcome, ReadAnswer, WriteItem } from '../../connectors/sdk/seam.ts';
import { type ErrorClass, SyncError } from '../../src/domain/errors.ts';
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

/** What becomes of a request on its way. */
export const FATES = ['ok', 'reply-lost', 'request-lost', 'in-flight', 'torn', 'unsent', 'busy'] as const;
export type Fate = (typeof FATES)[number];

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
export interface Flying {
  readonly items: readonly WriteItem[];
  /** After this it is dropped: the promise to settle. */
  readonly deadline: number;
}

/** A fake system: its connector for us, its screens for people, and what the network is to do next. */
export interface FakeSystem {
  readonly manners: Manners;
  readonly connector: Connector;
  readonly records: ReadonlyMap<string, Kept>;
  readonly commits: readonly Commit[];
  readonly flying: Flying[];
  /** Each id with the time its record was first handed out. */
  readonly shown: ReadonlyMap<string, number>;
  /** Fate of the next write, and until when it must have taken effect. */
  network: { fate: Fate; deadline: number };
  /** Lost row permission: everything looks absent. */
  blind: boolean;
  people: {
    create(body: JsonObject): string;
    edit(id: string, values: JsonObject): void;
    remove(id: string): void;
    restore(id: string): void;
  };
  /** The request in flight at this place arrives. */
  arrive(place: number): void;
}

const GRAIN_MS = 1000;
const failed = (cls: ErrorClass, message: string): Outcome => ({
  status: 'failed',
  error: { class: cls, message, scope: 'item' },
});
const LOST = { class: 'transient', message: 'no answer came', scope: 'batch' } as const;

const merged = (body: JsonObject, values: JsonObject): JsonObject => {
  const sum: Record<string, Json> = { ...body };
  for (const [name, value] of Object.entries(values)) {
    const old = sum[name] ?? null;
    sum[name] = isObject(value) && isObject(old) ? merged(old, value) : value;
  }
  return sum;
};

/** Makes a fake system with the manners given. */
export const createSystem = (manners: Manners, clock: Clock): FakeSystem => {
  const records = new Map<string, Kept>();
  const commits: Commit[] = [];
  const flying: Flying[] = [];
  const shown = new Map<string, number>();

  const native = (kept: Kept): NativeRecord => ({
    id: kept.id,
    body: kept.body,
    modifiedAt: new Date(kept.modified).toISOString(),
    ...(manners.guard === 'none' ? {} : { version: String(kept.version) }),
    ...(kept.reference === undefined ? {} : { reference: kept.reference }),
  });
  const show = (kept: Kept): NativeRecord => {
    if (!shown.has(kept.id)) shown.set(kept.id, clock.now());
    return native(kept);
  };
  const stamp = (): number => Math.floor(clock.now() / GRAIN_MS) * GRAIN_MS;
  const commit = (
    actor: Commit['actor'],
    op: Commit['op'],
    kept: Kept,
    before: JsonObject | null,
    key?: string,
  ): void => {
    const late = actor === 'tally' && clock.now() > system.network.deadline;
    commits.push({
      seq: clock.seq(),
      at: clock.now(),
      side: manners.side,
      actor,
      op,
      id: kept.id,
      before,
      after: op === 'delete' ? null : kept.body,
      ...(key === undefined ? {} : { key }),
      ...(late ? { late } : {}),
    });
  };
  const create = (actor: Commit['actor'], body: JsonObject, reference?: string, key?: string): Kept => {
    const id = `${manners.side === 'crm' ? 'A' : 'P'}${String(records.size + 1).padStart(3, '0')}`;
    const kept: Kept = { id, body: manners.normalise(body), version: 1, modified: stamp(), reference, deleted: false };
    records.set(id, kept);
    commit(actor, 'create', kept, null, key);
    return kept;
  };
  const edit = (actor: Commit['actor'], kept: Kept, values: JsonObject, key?: string): boolean => {
    const before = kept.body;
    const after = manners.normalise(merged(before, values));
    if (sameJson(before, after)) return false;
    kept.body = after;
    kept.version += 1;
    kept.modified = stamp();
    commit(actor, 'update', kept, before, key);
    return true;
  };
  const erase = (actor: Commit['actor'], kept: Kept, key?: string): void => {
    kept.deleted = true;
    kept.version += 1;
    kept.modified = stamp();
    commit(actor, 'delete', kept, kept.body, key);
  };
  const live = (id: string | undefined): Kept | undefined => {
    const kept = id === undefined ? undefined : records.get(id);
    return kept === undefined || kept.deleted ? undefined : kept;
  };

  const done = (status: 'created' | 'updated' | 'unchanged', kept: Kept): Outcome => ({
    status,
    id: kept.id,
    ...(manners.guard === 'none' ? {} : { version: String(kept.version) }),
    ...(manners.returnsRecord ? { record: native(kept) } : {}),
  });
  const createOf = (item: WriteItem): Outcome => {
    if (manners.idempotency === 'unique') {
      const known = [...records.values()].find((kept) => kept.reference === item.idempotencyKey && !kept.deleted);
      if (known !== undefined)
        return manners.repeat === 'answers' ? done('unchanged', known) : failed('duplicate', 'that key is taken');
    }
    const complaint = manners.refuses(item.data);
    if (complaint !== undefined) return failed('validation', complaint);
    return done(
      'created',
      create('tally', item.data, manners.idempotency === 'none' ? undefined : item.idempotencyKey, item.idempotencyKey),
    );
  };
  const updateOf = (item: WriteItem, kept: Kept): Outcome => {
    if (manners.guard === 'version' && item.expectVersion !== undefined && item.expectVersion !== String(kept.version))
      return failed('conflict', 'somebody edited it meanwhile');
    if (item.op === 'delete') {
      erase('tally', kept, item.idempotencyKey);
      return { status: 'deleted', id: kept.id };
    }
    const complaint = manners.refuses(merged(kept.body, item.data));
    if (complaint !== undefined) return failed('validation', complaint);
    return done(edit('tally', kept, item.data, item.idempotencyKey) ? 'updated' : 'unchanged', kept);
  };
  const execute = (item: WriteItem): Outcome => {
    if (item.op === 'create') return createOf(item);
    const kept = live(item.id);
    return kept === undefined ? failed('not-found', 'no such record') : updateOf(item, kept);
  };

  const write = (items: readonly WriteItem[]): readonly Outcome[] => {
    const unknown = (): readonly Outcome[] => items.map(() => ({ status: 'unknown', error: LOST }));
    switch (system.network.fate) {
      case 'ok':
        return items.map(execute);
      case 'reply-lost':
        items.map(execute);
        return unknown();
      case 'request-lost':
        return unknown();
      case 'in-flight':
        flying.push({ items, deadline: system.network.deadline });
        return unknown();
      case 'torn':
        items.slice(0, Math.ceil(items.length / 2)).map(execute);
        return unknown();
      case 'unsent':
        throw new SyncError('UNREACHABLE', 'the system cannot be reached', { unsent: true });
      case 'busy':
        return items.map(() => ({
          status: 'failed',
          error: { class: 'rate-limited', message: 'slow down', scope: 'connection', retryAfterMs: 2000 },
        }));
      default:
        return system.network.fate satisfies never;
    }
  };

  const sorted = (list: Iterable<Kept>, key: (kept: Kept) => string): Kept[] =>
    [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const second = (at: number): string => `${String(at).padStart(14, '0')}|`;
  const place = (kept: Kept): string => `${second(kept.modified)}${kept.id}`;
  const upsert = (kept: Kept): Change => ({ op: 'upsert', record: show(kept) });
  const ended = (cursor: string, last: number | undefined, began: number): string =>
    last === undefined && !cursor.includes('@') ? cursor : second(Math.min(last ?? Number(cursor.slice(0, 14)), began));
  const changes = (cursor: string, limit: number): { changes: readonly Change[]; next: string; more: boolean } => {
    // Within a scan the cursor also says in which second it began.
    const [after = '', began = stamp()] = cursor.split('@');
    const inFeed = sorted(records.values(), place).filter(
      (kept) => place(kept) > after && (!kept.deleted || manners.deletes === 'in-feed') && !system.blind,
    );
    const page = inFeed.slice(0, limit);
    const last = page.at(-1);
    const more = inFeed.length > limit;
    return {
      changes: page.map((kept) =>
        kept.deleted ? { op: 'delete', id: kept.id, at: new Date(kept.modified).toISOString() } : upsert(kept),
      ),
      // Within a scan behind the last row; at its end at the start of the last second, where rows may still come. Never
      // past the second in which the scan began: a row behind its pages may have been edited since.
      next: more && last !== undefined ? `${place(last)}@${began}` : ended(cursor, last?.modified, Number(began)),
      more,
    };
  };
  const list = (cursor: string, limit: number): { changes: readonly Change[]; next: string; more: boolean } => {
    const all = system.blind
      ? []
      : sorted(records.values(), (kept) => kept.id).filter((kept) => !kept.deleted && kept.id > cursor);
    const page = all.slice(0, limit);
    const more = all.length > limit;
    return { changes: page.map(upsert), next: more ? (page.at(-1)?.id ?? '') : '', more };
  };
  const read = (
    by: { readonly ids: readonly string[] } | { readonly keys: readonly string[] },
  ): readonly ReadAnswer[] => {
    if ('ids' in by)
      return by.ids.map((id) => {
        const kept = system.blind ? undefined : live(id);
        return kept === undefined ? { absent: true } : { found: [show(kept)] };
      });
    return by.keys.map((key) => {
      if (manners.idempotency === 'none')
        return { error: { class: 'unsupported', message: 'it cannot be read by key', scope: 'item' } };
      const found = system.blind ? [] : [...records.values()].filter((kept) => kept.reference === key && !kept.deleted);
      return found.length === 0 ? { absent: true } : { found: found.map(show) };
    });
  };

  const capabilities: Capabilities = {
    read: { byId: true, byKey: manners.idempotency !== 'none', maxBatch: 200 },
    changes: { mode: 'timestamp', grainMs: GRAIN_MS, overlapMs: 0, deletes: manners.deletes, complete: true },
    write: { create: true, update: true, delete: true, maxBatch: 3, returnsRecord: manners.returnsRecord },
    idempotency: manners.idempotency,
    guard: manners.guard,
    versionCoversAll: manners.guard === 'version',
  };
  const system: FakeSystem = {
    manners,
    records,
    commits,
    flying,
    shown,
    network: { fate: 'ok', deadline: Number.POSITIVE_INFINITY },
    blind: false,
    connector: {
      capabilities: { [manners.record]: capabilities },
      check: async () => ({ who: 'tally', warnings: [] }),
      describe: async (record) => ({ record, fields: [], capabilities }),
      changes: async (_record, { cursor, limit }) => changes(cursor, limit),
      list: async (_record, { cursor, limit }) => list(cursor, limit),
      read: async (_record, by) => read(by),
      write: async (_record, items) => write(items),
      close: async () => {},
    },
    people: {
      create: (body) => create('people', body).id,
      edit: (id, values) => {
        const kept = live(id);
        if (kept !== undefined) edit('people', kept, values);
      },
      remove: (id) => {
        const kept = live(id);
        if (kept !== undefined) erase('people', kept);
      },
      restore: (id) => {
        const kept = records.get(id);
        if (kept?.deleted !== true) return;
        kept.deleted = false;
        kept.version += 1;
        kept.modified = stamp();
        commit('people', 'create', kept, null);
      },
    },
    arrive: (at) => {
      const [request] = flying.splice(at, 1);
      system.network = { fate: 'ok', deadline: request?.deadline ?? Number.POSITIVE_INFINITY };
      for (const item of request?.items ?? []) execute(item);
    },
  };
  return system;
};
