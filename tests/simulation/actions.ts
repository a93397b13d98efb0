/** Everything that may happen, done: an action that makes no sense when it is replayed is passed over. */

import { otherSide, type Side } from '../../src/domain/record.ts';
import {
  type Actor,
  detachAttempt,
  forgetWorkflow,
  goOn,
  holding,
  killAttempt,
  stepActor,
  stepZombie,
  written,
  type Zombie,
} from './actors.ts';
import { check } from './check.ts';
import type { Action } from './draw.ts';
import { heal } from './heal.ts';
import { act } from './people.ts';
import { nth } from './random.ts';
import { decide, learn, retryParked, sweepAll } from './steward.ts';
import { pass } from './time.ts';
import { SYNCS } from './weights.ts';
import type { Fate } from './wire.ts';
import type { World } from './world.ts';

/** Do it, if it can be done now. */
export const perform = async (world: World, action: Action): Promise<void> => {
  const n = action.n ?? 0;
  const side = action.side ?? 'crm';
  switch (action.do) {
    case 'step':
    case 'lost':
    case 'run':
    case 'crash':
    case 'kill':
    case 'detach':
    case 'freeze':
    case 'forget': {
      const actor = world.actors.get(action.who ?? '');
      return actor === undefined ? undefined : happen(world, actor, action.do, n, action);
    }
    case 'zombie': {
      const zombie = nth(world.zombies, n);
      return zombie === undefined ? undefined : wake(world, zombie, action.fate);
    }
    case 'arrive':
      return world.systems[side].arrive(n);
    case 'belate':
      return belate(world, n, action.field ?? 'city');
    case 'lag':
      return lag(world, side, n, action);
    case 'time':
      return pass(world, action.ms ?? 0);
    case 'sweep':
      return sweepAll(world);
    case 'lookup':
      return learn(world);
    case 'rest':
      return rest(world);
    case 'decide':
      return decide(world, n);
    case 'retry':
      return retryParked(world, n);
    default:
      return act(world, action.do, side, n, action);
  }
};

// Longer than any request may be under way by what its system promises.
const TOO_LONG_MS = 12_000;

/** People edit, and both mappings carry it over. */
const carry = async (world: World, side: Side, n: number, field: string, fate?: Fate): Promise<void> => {
  await act(world, 'edit', side, n, { do: 'edit', field });
  await round(world, `capture-${side}`);
  for (const name of SYNCS) await round(world, name, fate);
};

/** A write stays under way until it is sent again, another value follows it, and then the first arrives. */
const belate = async (world: World, n: number, field: string): Promise<void> => {
  if (world.systems.erp.manners.guard === 'version') return;
  await carry(world, 'crm', n, field, 'in-flight');
  pass(world, TOO_LONG_MS);
  for (const name of SYNCS) await round(world, name);
  await carry(world, 'crm', n, field);
  world.systems.erp.arrive(n);
};

/** A copy answers from now on that knows nothing of our last write; people edit another field meanwhile, and that one again. */
const lag = async (world: World, side: Side, n: number, { ms = 0, field = 'city' }: Action): Promise<void> => {
  const target = world.systems[otherSide(side)];
  target.lagMs = 0;
  await carry(world, side, n, 'phone');
  target.lagMs = ms;
  await carry(world, side, n, field);
  await round(world, `capture-${otherSide(side)}`);
};

/** One of the workflows goes through a round of its own, however far it was in another. */
const round = async (world: World, name: string, fate?: Fate): Promise<void> => {
  const actor = world.actors.get(name);
  if (actor === undefined) return;
  const begun = actor.rounds;
  await goOn(world, actor, () => actor.rounds > begun + 5, fate);
};

/** In the midst of a run everybody rests: what was promised for then holds then, whatever comes after. */
const rest = async (world: World): Promise<void> => {
  const { enqueueAll } = world;
  await heal(world);
  world.enqueueAll = enqueueAll;
  await check(world, 'before a sweep');
};

/** What becomes of a workflow and its workers. */
const happen = async (
  world: World,
  actor: Actor,
  kind: 'step' | 'lost' | 'run' | 'crash' | 'kill' | 'detach' | 'freeze' | 'forget',
  n: number,
  { fate, held }: Action,
): Promise<void> => {
  switch (kind) {
    case 'step':
      return stepActor(world, actor, n, fate);
    case 'lost':
      return stepActor(world, actor, n, fate, 'lost');
    case 'run':
      for (let step = 0; step < n; step += 1) await stepActor(world, actor, step, fate);
      return;
    case 'crash':
      world.db.crashIn = n;
      await stepActor(world, actor, 0);
      world.db.crashIn = 0;
      return killAttempt(actor, 0);
    case 'kill':
      return killAttempt(actor, n);
    case 'detach':
      return detach(world, actor, n);
    case 'freeze':
      // What is lost on the way is what there is to read afresh.
      await goOn(world, actor, () => holding(actor) >= 0, 'request-lost');
      return holding(actor) < 0 ? undefined : freeze(world, actor, fate, held);
    case 'forget':
      world.zombies.push(...forgetWorkflow(world, actor));
      return;
    default:
      return kind satisfies never;
  }
};

/** A worker freezes with what it has read in its hands, for how long nobody knows, or until just before the release. */
const freeze = async (world: World, actor: Actor, fate?: Fate, held?: true): Promise<void> => {
  detach(world, actor, holding(actor));
  const zombie = world.zombies.at(-1);
  if (held !== true || zombie === undefined) return;
  await goOn(world, actor, () => written(actor), fate);
  await wake(world, zombie, fate);
};

/** A zombie goes on by one step. */
const wake = async (world: World, zombie: Zombie, fate?: Fate): Promise<void> => {
  if (!(await stepZombie(world, zombie, fate))) world.zombies.splice(world.zombies.indexOf(zombie), 1);
};

const detach = (world: World, actor: Actor, place: number): void => {
  const zombie = detachAttempt(actor, place);
  if (zombie !== undefined) world.zombies.push(zombie);
};
