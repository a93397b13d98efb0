/** The whole world of a run: time, two fake systems, the real ledger, and the workflows that stand between them. */

import type { JsonObject } from '../../src/domain/json.ts';
import type { Side } from '../../src/domain/record.ts';
import { type Database, openDatabase } from '../../src/ledger/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import type { CapturePort, PipelinePort, Sending } from '../../src/ledger/port.ts';
import { createCapture } from '../../src/ledger/steps/capture.ts';
import type { Context, SlotTraits } from '../../src/ledger/steps/context.ts';
import { createPipeline } from '../../src/ledger/steps/pipeline.ts';
import { register } from '../../src/ledger/steps/register.ts';
import { type Actor, createActor, type Zombie } from './actors.ts';
import { type Commit, GRAIN_MS } from './books.ts';
import { type Fragile, fragile } from './crash.ts';
import { type MappingChoice, mappingsOf } from './mappings.ts';
import { randomFrom } from './random.ts';
import { type Mutation, RECORDS, type Setup, slotAt } from './setup.ts';
import { SETTLE_MS } from './steps.ts';
import { createSystem, type FakeSystem } from './system.ts';
import { erpNormalise, erpRefuses, typed, WORDS, withValue } from './values.ts';
import { ACTORS } from './weights.ts';

/** A promise that was broken. */
export interface Complaint {
  readonly promise: string;
  readonly text: string;
}

export interface World {
  readonly setup: Setup;
  readonly time: { now: number };
  readonly db: Fragile;
  readonly context: Context;
  readonly capture: CapturePort;
  readonly pipeline: PipelinePort;
  readonly systems: Readonly<Record<Side, FakeSystem>>;
  readonly actors: Map<string, Actor>;
  readonly zombies: Zombie[];
  readonly complaints: Complaint[];
  /** Businesses whose identity people changed before their records were linked: who belongs to whom is open for these. */
  readonly wild: Set<number>;
  /** Per key of a write: when its target was last seen before it was first sent, and for a create the record it came from. */
  readonly sent: Map<string, { readonly seen: number; readonly source: string | undefined }>;
  /** What was born before this stood there before anything was read. */
  readonly begun: number;
  mappings: MappingChoice;
  enqueueAll: boolean;
  tokens: number;
  businesses: number;
  complain(promise: string, text: string): void;
  judgeSending(side: Side, epoch: number, sending: Sending): Promise<void>;
  /** All commits of both systems in their order. */
  commits(): readonly Commit[];
}

const BEGIN = Date.UTC(2026, 0, 5, 8);
// From what stands at the beginning to the first reading.
const BEFORE_MS = 1500;
const TABLES = `select tablename as name from pg_tables where schemaname = 'tally' and tablename <> 'migration'`;

/** The database that runs share, one after the other: emptied, never made anew. */
export interface Ground {
  readonly time: { now: number };
  readonly db: Database;
  empty(): Promise<void>;
}

const ticked = (time: { now: number }): number => {
  time.now += 1;
  return time.now;
};

/** Opens and migrates a database whose clock is the simulation's. */
export const openGround = async (url: string): Promise<Ground> => {
  const time = { now: BEGIN };
  // Each transaction takes a moment, so that no two of them begin at the same time.
  const db = openDatabase(url, { size: 2, now: () => new Date(ticked(time)).toISOString() });
  await migrate(db);
  const tables = (await db.query<{ name: string }>(TABLES)).map((row) => row.name);
  return {
    time,
    db,
    empty: async () => {
      await db.query(`truncate ${tables.join(',')} restart identity`);
      await db.query(`select setval('pending_seq', 1, false)`);
      time.now = BEGIN;
    },
  };
};

// More than any copy of these runs is behind; what is in doubt is looked up by a copy, too.
const LAG_MS = 10_000;

const traitsOf = (system: FakeSystem, lags: boolean): SlotTraits => ({
  fresh: system.manners.guard !== 'version',
  counts: system.manners.guard !== 'none',
  idempotency: system.manners.idempotency,
  settleMs: SETTLE_MS + (lags ? LAG_MS : 0),
  sweepMs: 0,
  ...(lags ? { lagMs: LAG_MS, grainMs: GRAIN_MS } : {}),
});

/** A world at its beginning: two systems with what stands in them before the first run. */
export const createWorld = async (ground: Ground, setup: Setup, mutation?: Mutation): Promise<World> => {
  await ground.empty();
  const { time } = ground;
  const random = randomFrom(setup.seed ^ 0x51ab);
  let seq = 0;
  const numbered = (): number => {
    seq += 1;
    return seq;
  };
  const clock = { now: () => time.now, seq: numbered };
  const systems = {
    crm: createSystem(
      { ...setup.crm, side: 'crm', record: RECORDS.crm, normalise: (body) => body, refuses: () => undefined },
      clock,
    ),
    erp: createSystem(
      { ...setup.erp, side: 'erp', record: RECORDS.erp, normalise: erpNormalise, refuses: erpRefuses },
      clock,
    ),
  };
  const db = fragile(ground.db);
  const canonical = mutation === 'canonical-compare' ? mutation : undefined;
  const context: Context = {
    db,
    mappings: () => mappingsOf(world.mappings, canonical),
    traits: (slot) => traitsOf(slot === slotAt('crm') ? systems.crm : systems.erp, setup.lags === true),
    uuid: random.uuid,
    ...(mutation === undefined || mutation === 'canonical-compare' ? {} : { mutation }),
  };
  const world: World = {
    setup,
    time,
    db,
    context,
    systems,
    capture: createCapture(context),
    pipeline: createPipeline(context),
    actors: new Map(),
    zombies: [],
    complaints: [],
    wild: new Set(),
    sent: new Map(),
    begun: time.now + BEFORE_MS,
    mappings: setup.mappings,
    enqueueAll: setup.capture === 'all',
    tokens: 0,
    businesses: 0,
    complain: (promise, text) => void world.complaints.push({ promise, text }),
    judgeSending: (side, epoch, sending) => judgeSending(world, side, epoch, sending),
    commits: () => [...systems.crm.commits, ...systems.erp.commits].sort((a, b) => a.seq - b.seq),
  };
  begin(world);
  await register(db, { config: 1, connections: ['crm', 'erp'], mappings: [...context.mappings().values()] });
  for (const name of ACTORS) world.actors.set(name, createActor(world, name));
  return world;
};

/** The next number of its kind. */
export const another = (world: World, what: 'tokens' | 'businesses'): number => {
  world[what] += 1;
  return world[what];
};

const begin = (world: World): void => {
  for (const { crm, erp, share } of world.setup.beginnings) {
    const business = another(world, 'businesses');
    const tax = typed('tax id', 'crm', business, another(world, 'tokens'), 0);
    const name = typed('name', 'crm', business, another(world, 'tokens'), 0);
    for (const [side, count] of [
      ['crm', crm],
      ['erp', erp],
    ] as const)
      for (let n = 0; n < count; n += 1) {
        const own = {
          ...(share === 'name' ? (side === 'crm' ? { 'tax id': tax } : {}) : { 'tax id': tax }),
          ...(share === 'tax id' ? {} : { name }),
        };
        world.systems[side].people.create(person(world, side, business, own));
      }
  }
  world.time.now += BEFORE_MS;
};

/** A record as people type it: everything filled in, `given` as given; a tax id that is to be left out is left out. */
export const person = (
  world: World,
  side: Side,
  business: number,
  given: Readonly<Record<string, string>>,
): JsonObject => {
  let body: JsonObject = {};
  for (const { field, paths } of WORDS) {
    if (field === 'tax id' && given[field] === undefined) continue;
    const token = another(world, 'tokens');
    if (field === 'email' && token % 3 === 0) continue;
    body = withValue(body, paths[side], given[field] ?? typed(field, side, business, token, token));
  }
  return body;
};

/** Notes what a request rests on. Only the newest attempt sends, and no create for a source that is known to be gone. */
const judgeSending = async (world: World, side: Side, epoch: number, sending: Sending): Promise<void> => {
  const [newest] = await world.db.query<{ epoch: number }>(
    `select f.epoch from fence f join segment s on s.id = f.segment and s.finished_at is null where f.segment = $1 and f.part = $2`,
    [sending.segment, side],
  );
  if (newest?.epoch !== epoch)
    world.complain(
      'R5 only the newest attempt sends',
      `attempt ${epoch} at ${side} sends after ${newest?.epoch ?? 'its end'}`,
    );
  for (const item of sending.items) {
    const rows = await world.db.query<{ slot: string; id: string; state: string; seen: string }>(
      `select slot, id, state, extract(epoch from seen_from) * 1000 as seen from record where link = $1 and active`,
      [item.link],
    );
    const target = rows.find((row) => row.slot === slotAt(side) && row.id === item.id);
    const sources = rows.filter((row) => row.slot !== slotAt(side));
    if (!world.sent.has(item.idempotencyKey))
      world.sent.set(item.idempotencyKey, { seen: Number(target?.seen ?? 0), source: sources[0]?.id });
    if (item.op === 'create' && sources.length > 0 && sources.every((row) => row.state === 'gone'))
      world.complain(
        'R9 no create for what is gone',
        `${item.idempotencyKey} is sent although its source is known to be gone`,
      );
  }
};
