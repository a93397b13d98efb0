/** A fake system in memory: a connector for us, screens for people, and a network between. */
import type { Capabilities, Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Books, type Clock, GRAIN_MS, type Manners, openBooks } from './books.ts';
import { changes, list, read } from './reads.ts';
import { execute, type Fate, type Flying, send } from './wire.ts';

export type { Manners } from './books.ts';

/** A fake system: its connector for us, its screens for people, and what the network is to do next. */
export interface FakeSystem extends Pick<Books, 'manners' | 'records' | 'commits' | 'shown'> {
  readonly connector: Connector;
  readonly flying: Flying[];
  /** Updates that a system without a guard may get long after anybody waits for them. */
  readonly delayed: Flying[];
  /** Fate of the next write, and until when it must have taken effect. */
  network: { fate: Fate; deadline: number };
  /** Lost row permission: everything looks absent. */
  blind: boolean;
  /** Who reads is answered by a copy that is so far behind, ms. */
  lagMs: number;
  people: {
    create(body: JsonObject): string;
    edit(id: string, values: JsonObject): void;
    remove(id: string): void;
    restore(id: string): void;
  };
  /** The request in flight at this place arrives; when none is, one that was held up. */
  arrive(place: number): void;
  /** What is in flight and has missed its time is dropped, or held up. */
  expire(): void;
}

const capabilitiesOf = (manners: Manners): Capabilities => ({
  read: { byId: true, byKey: manners.idempotency !== 'none', maxBatch: 200 },
  changes: { mode: 'timestamp', grainMs: GRAIN_MS, overlapMs: 0, deletes: manners.deletes, complete: true },
  write: { create: true, update: true, delete: true, maxBatch: 3, returnsRecord: manners.returnsRecord },
  idempotency: manners.idempotency,
  guard: manners.guard,
  versionCoversAll: manners.guard === 'version',
  version: manners.guard === 'none' ? 'opaque' : 'counter',
});

const peopleAt = (books: Books): FakeSystem['people'] => ({
  create: (body) => books.create('people', body).id,
  edit: (id, values) => {
    const kept = books.live(id);
    if (kept !== undefined) books.edit('people', kept, values);
  },
  remove: (id) => {
    const kept = books.live(id);
    if (kept !== undefined) books.erase('people', kept);
  },
  restore: (id) => {
    const kept = books.records.get(id);
    if (kept?.deleted === true) books.restore(kept);
  },
});

/** What a copy shows that is behind. */
const lagging = (books: Books, records: Books['records']): Books => ({
  ...books,
  records,
  live: (id) => {
    const kept = id === undefined ? undefined : records.get(id);
    return kept === undefined || kept.deleted ? undefined : kept;
  },
});

/** Makes a fake system with the manners given. */
export const createSystem = (manners: Manners, clock: Clock): FakeSystem => {
  const books = openBooks(manners, clock);
  const { records, commits, shown } = books;
  const flying: Flying[] = [];
  const delayed: Flying[] = [];
  const capabilities = capabilitiesOf(manners);
  const effect = (item: WriteItem, deadline: number) => execute(books, item, clock.now() > deadline);
  const visible = (): Books => {
    if (system.blind) return { ...books, records: new Map(), live: () => undefined };
    return system.lagMs === 0 ? books : lagging(books, books.at(clock.now() - system.lagMs));
  };
  const system: FakeSystem = {
    manners,
    records,
    commits,
    shown,
    flying,
    delayed,
    network: { fate: 'ok', deadline: Number.POSITIVE_INFINITY },
    blind: false,
    lagMs: 0,
    connector: {
      capabilities: { [manners.record]: capabilities },
      check: async () => ({ who: 'tally', warnings: [] }),
      describe: async (record) => ({ record, fields: [], capabilities }),
      changes: async (_record, { cursor, limit }) => changes(visible(), cursor, limit),
      list: async (_record, { cursor, limit }) => list(visible(), cursor, limit),
      read: async (_record, by) => read(visible(), by),
      write: async (_record, items) => {
        const { fate, deadline } = system.network;
        return send(
          fate,
          items,
          (item) => effect(item, deadline),
          () => flying.push({ items, deadline }),
        );
      },
      close: async () => {},
    },
    people: peopleAt(books),
    arrive: (place) => {
      const waiting = flying.length > 0 ? flying : delayed;
      if (waiting.length === 0) return;
      const [request] = waiting.splice(place % waiting.length, 1);
      for (const item of request?.items ?? []) effect(item, request?.deadline ?? Number.POSITIVE_INFINITY);
    },
    expire: () => {
      const missed = flying.filter(({ deadline }) => deadline <= clock.now());
      flying.splice(0, flying.length, ...flying.filter((request) => !missed.includes(request)));
      if (manners.guard === 'version') return;
      for (const { items, deadline } of missed)
        delayed.push({ items: items.filter(({ op }) => op === 'update'), deadline });
    },
  };
  return system;
};
