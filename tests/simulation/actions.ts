/** Everything that may happen, as recorded: an action that makes no sense when it is replayed is passed over. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import type { Side } from '../../src/domain/record.ts';
import { objectFrom } from '../../src/ledger/codec.ts';
import { type Actor as Person, resolve, retry, syncMapping } from '../../src/ledger/steps/acts.ts';
import { register } from '../../src/ledger/steps/register.ts';
import { detachAttempt, forgetWorkflow, killAttempt, stepActor, stepZombie } from './actors.ts';
import { Crash } from './crash.ts';
import { RARE_TERMS } from './mappings.ts';
import type { Random } from './random.ts';
import { type Kind, slotAt, type Weights } from './setup.ts';
import type { FakeSystem, Fate, Kept } from './system.ts';
import { businessOf, typed, valueAt, WORDS, withValue } from './values.ts';
import { person, type World } from './world.ts';

/** One action. `n` picks among what there is at the time. */
export interface Action {
  readonly do: Kind;
  readonly who?: string;
  readonly side?: Side;
  readonly n?: number;
  readonly field?: string;
  readonly fate?: Fate;
  readonly ms?: number;
  readonly share?: 'tax id' | 'name' | 'both' | 'nothing';
}

const TIMES = [20, 200, 1_000, 3_000, 12_000] as const;
const SIDES = ['crm', 'erp'] as const;

/** What happens next, by the weights of this run. */
export const draw = (random: Random, weights: Weights): Action => {
  const kind = random.weighted(weights.kinds);
  const n = random.below(60);
  const side = random.pick(SIDES);
  const who = random.weighted(weights.actors);
  const fate = random.weighted(weights.fates);
  const fated = fate === 'ok' ? {} : { fate };
  switch (kind) {
    case 'step':
    case 'zombie':
      return { do: kind, ...(kind === 'step' ? { who } : {}), n, ...fated };
    case 'edit':
      return {
        do: kind,
        side,
        n,
        field: random.pick(['name', 'city', 'city', 'payment terms', 'phone', 'phone', 'email', 'tax id']),
      };
    case 'create':
      return { do: kind, side, n, share: random.pick(['tax id', 'name', 'both', 'nothing', 'nothing'] as const) };
    case 'delete':
    case 'restore':
      return { do: kind, side, n };
    case 'kill':
    case 'lost':
    case 'detach':
    case 'forget':
      return { do: kind, who, n };
    case 'crash':
      return { do: kind, who, n: 1 + random.below(3) };
    case 'arrive':
    case 'decide':
    case 'retry':
      return { do: kind, side, n };
    case 'time':
      return { do: kind, ms: random.pick(TIMES) };
    case 'lookup':
    case 'sweep':
      return { do: kind };
    default:
      return kind satisfies never;
  }
};

const STEWARD: Person = { name: 'steward', mappings: null };
const nth = <T>(list: readonly T[], n: number): T | undefined =>
  list.length === 0 ? undefined : list[n % list.length];
const living = (system: FakeSystem): readonly Kept[] => [...system.records.values()].filter((kept) => !kept.deleted);

/** Do it, if it can be done now. */
export const perform = async (world: World, action: Action): Promise<void> => {
  const n = action.n ?? 0;
  const side = action.side ?? 'crm';
  const actor = world.actors.get(action.who ?? '');
  switch (action.do) {
    case 'step':
      return actor === undefined ? undefined : stepActor(world, actor, n, action.fate);
    case 'lost':
      return actor === undefined ? undefined : stepActor(world, actor, n, action.fate, 'lost');
    case 'crash':
      world.db.crashIn = n;
      if (actor !== undefined) await stepActor(world, actor, 0);
      world.db.crashIn = 0;
      return actor === undefined ? undefined : killAttempt(actor, 0);
    case 'kill':
      return actor === undefined ? undefined : killAttempt(actor, n);
    case 'detach': {
      const zombie = actor === undefined ? undefined : detachAttempt(actor, n);
      if (zombie !== undefined) world.zombies.push(zombie);
      return;
    }
    case 'forget':
      if (actor !== undefined) world.zombies.push(...forgetWorkflow(world, actor));
      return;
    case 'zombie': {
      const zombie = nth(world.zombies, n);
      if (zombie !== undefined && !(await stepZombie(world, zombie, action.fate)))
        world.zombies.splice(world.zombies.indexOf(zombie), 1);
      return;
    }
    case 'arrive':
      if (world.systems[side].flying.length > 0) world.systems[side].arrive(n % world.systems[side].flying.length);
      return;
    case 'time':
      return pass(world, action.ms ?? 0);
    case 'sweep':
      return void (await syncMapping(world.db, STEWARD, 'customer'));
    case 'lookup':
      return learn(world);
    case 'decide':
      return decide(world, n);
    case 'retry':
      return retryParked(world, n);
    default:
      return act(world, action.do, side, n, action);
  }
};

/** Time passes; what is in flight takes effect in time or never, unless this run allows otherwise. */
export const pass = (world: World, ms: number): void => {
  world.time.now += ms;
  if (world.setup.late) return;
  for (const system of Object.values(world.systems))
    system.flying.splice(
      0,
      system.flying.length,
      ...system.flying.filter((request) => request.deadline > world.time.now),
    );
};

const act = async (
  world: World,
  kind: 'edit' | 'create' | 'delete' | 'restore',
  side: Side,
  n: number,
  action: Action,
): Promise<void> => {
  const system = world.systems[side];
  switch (kind) {
    case 'edit': {
      const kept = nth(living(system), n);
      return kept === undefined ? undefined : edit(world, side, kept, action.field ?? 'city', n);
    }
    case 'create':
      return create(world, side, n, action.share ?? 'nothing');
    case 'delete': {
      const kept = nth(living(system), n);
      // Few enough, so that the brake is not what this is about.
      if (kept !== undefined && system.commits.filter((commit) => commit.op === 'delete').length < 8)
        system.people.remove(kept.id);
      return;
    }
    case 'restore': {
      const kept = nth(
        [...system.records.values()].filter((each) => each.deleted),
        n,
      );
      if (kept !== undefined) system.people.restore(kept.id);
      return;
    }
    default:
      return kind satisfies never;
  }
};

const edit = async (world: World, side: Side, kept: Kept, field: string, n: number): Promise<void> => {
  const word = WORDS.find((each) => each.field === field);
  if (word === undefined) return;
  const business = businessOf(side, kept.body);
  if (field === 'name' || field === 'tax id') {
    const rows = await world.db.query(
      `select 1 from record r join record o on o.link = r.link and o.slot <> r.slot where r.slot = $1 and r.id = $2`,
      [slotAt(side), kept.id],
    );
    if (rows.length === 0) world.wild.add(business);
  }
  world.tokens += 1;
  const changed = withValue(kept.body, word.paths[side], typed(field, side, business, world.tokens, n));
  world.systems[side].people.edit(kept.id, changed);
};

const create = (world: World, side: Side, n: number, share: Action['share']): void => {
  const twins = SIDES.flatMap((at) => living(world.systems[at]).map((kept) => ({ at, kept })));
  const twin = share === 'nothing' ? undefined : nth(twins, n);
  if (twin === undefined) {
    const business = (world.businesses += 1);
    world.systems[side].people.create(
      person(world, side, business, { 'tax id': typed('tax id', side, business, (world.tokens += 1), 0) }),
    );
    return;
  }
  const same = (field: string): string | undefined => {
    const value = valueAt(twin.kept.body, WORDS.find((word) => word.field === field)?.paths[twin.at] ?? '');
    return typeof value === 'string' ? value : undefined;
  };
  const tax = share === 'name' ? undefined : same('tax id');
  const name = share === 'tax id' ? undefined : same('name');
  const given = { ...(tax === undefined ? {} : { 'tax id': tax }), ...(name === undefined ? {} : { name }) };
  if (Object.keys(given).length > 0)
    world.systems[side].people.create(person(world, side, businessOf(twin.at, twin.kept.body), given));
};

/** A lookup table learns the next rare term. */
const learn = async (world: World): Promise<void> => {
  if (world.mappings.rareTerms >= RARE_TERMS.length) return;
  world.mappings = { ...world.mappings, rareTerms: world.mappings.rareTerms + 1 };
  await register(world.db, {
    config: 1 + world.mappings.rareTerms,
    connections: ['crm', 'erp'],
    mappings: [...world.context.mappings().values()],
  });
  await retry(world.db, STEWARD, { code: 'LOOKUP_MISS' });
};

interface ParkedRow {
  readonly id: string;
  readonly field: string;
  readonly code: string;
  readonly link: string;
  readonly detail: Buffer;
}
const parkedRow = async (world: World, n: number): Promise<ParkedRow | undefined> =>
  nth(
    await world.db.query<ParkedRow>(
      `select id, field, code, link, detail from parked order by mapping, field, code, message`,
    ),
    n,
  );

const decide = async (world: World, n: number): Promise<void> => {
  const row = await parkedRow(world, n);
  if (row === undefined || row.field === '' || row.code !== 'CONFLICT') return;
  const { crm = null, erp = null } = objectFrom(row.detail) as { crm?: Json; erp?: Json };
  await ruled(world, () =>
    resolve(world.db, STEWARD, row.id, { take: n % 2 === 0 ? 'crm' : 'erp', seen: { crm, erp } }),
  );
};

const retryParked = async (world: World, n: number): Promise<void> => {
  const row = await parkedRow(world, n);
  if (row !== undefined) await ruled(world, () => retry(world.db, STEWARD, { id: row.id }));
};

/** A person's act may be refused; that is an answer. */
const ruled = async (world: World, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof Crash || !(error instanceof SyncError) || error.recovery !== 'abort')
      world.complain('step failed', `a person's act: ${String(error)}`);
  }
};
