/** Workflows, which last, and the attempts at their activities, which do not. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Side } from '../../src/domain/record.ts';
import type { Claimed } from '../../src/ledger/port.ts';
import { Crash } from './crash.ts';
import { type Attempt, capture, observe, once, withdraw, write } from './steps.ts';
import type { ACTORS } from './weights.ts';
import type { Fate } from './wire.ts';
import type { World } from './world.ts';

/** An activity as its workflow asked for it: each attempt starts it anew. */
interface Activity {
  readonly name: string;
  start(): Attempt;
  /** What stands in its place when its attempts are used up. */
  readonly instead?: () => Attempt;
}
interface Running {
  activity: Activity;
  attempt: Attempt | undefined;
  /** Steps of this attempt. */
  steps: number;
  failures: number;
  done: boolean;
  value: unknown;
}
type Flow = Generator<readonly Activity[], never, readonly unknown[]>;

/** A workflow: at most one living attempt for each of its activities. */
export interface Actor {
  readonly name: (typeof ACTORS)[number];
  flow: Flow;
  running: Running[];
  /** Rounds begun; for a sync whether the last claim found something. */
  rounds: number;
  idle: boolean;
  nextDue: string | null;
}
/** An attempt that its workflow has given up but that still runs. */
export interface Zombie {
  readonly name: string;
  readonly attempt: Attempt;
}

// Failures of an outbound step before its writes are withdrawn.
const PATIENCE = 2;

function* captureFlow(world: World, side: Side): Flow {
  for (;;) yield [{ name: 'capture', start: () => capture(world, side) }];
}

function* syncFlow(world: World, actor: () => Actor, mapping: string): Flow {
  for (;;) {
    const fresh = world.context.uuid();
    const [claimed] = (yield [
      { name: 'claim', start: () => once(() => world.pipeline.claim({ mapping, fresh, workflow: `sync-${mapping}` })) },
    ]) as readonly (Claimed | undefined)[];
    const segment = claimed?.segment ?? null;
    actor().idle = segment === null;
    actor().nextDue = claimed?.nextDue ?? null;
    if (claimed === undefined || segment === null) continue;
    const sources = claimed.sources as readonly Side[];
    if (sources.length > 0)
      yield sources.map((at) => ({ name: `observe ${at}`, start: () => observe(world, segment, at) }));
    const [planned] = (yield [{ name: 'plan', start: () => once(() => world.pipeline.plan(segment)) }]) as readonly (
      | { targets: readonly Side[] }
      | undefined
    )[];
    const targets = planned?.targets ?? [];
    if (targets.length > 0)
      yield targets.map((at) => ({
        name: `write ${at}`,
        start: () => write(world, segment, at),
        instead: () => withdraw(world, segment, at),
      }));
    yield [{ name: 'release', start: () => once(() => world.pipeline.release(segment)) }];
  }
}

/** Makes a workflow's actor at its beginning. */
export const createActor = (world: World, name: Actor['name']): Actor => {
  const flow = name.startsWith('capture-')
    ? captureFlow(world, name.slice('capture-'.length) as Side)
    : syncFlow(world, () => actor, name.slice('sync-'.length));
  const actor: Actor = { name, flow, running: [], rounds: 0, idle: false, nextDue: null };
  next(actor, []);
  return actor;
};

const next = (actor: Actor, values: readonly unknown[]): void => {
  const { value } = actor.flow.next(values);
  actor.rounds += 1;
  actor.running = value.map((activity) => ({
    activity,
    attempt: undefined,
    steps: 0,
    failures: 0,
    done: false,
    value: undefined,
  }));
};

const running = (actor: Actor, place: number): Running | undefined => {
  const open = actor.running.filter((each) => !each.done);
  return open[place % open.length];
};

/** One step of one of the actor's activities; its workflow goes on when all have ended. */
export const stepActor = async (
  world: World,
  actor: Actor,
  place: number,
  fate?: Fate,
  lost?: 'lost',
): Promise<void> => {
  const now = running(actor, place);
  if (now === undefined) return;
  if (now.attempt === undefined) now.steps = 0;
  now.attempt ??= now.activity.start();
  now.steps += 1;
  try {
    const { done, value } = await now.attempt.next(fate);
    // An answer that never reaches the workflow: the activity is tried again.
    if (done === true && lost === 'lost') now.attempt = undefined;
    else if (done === true) finish(now, value);
  } catch (error) {
    failed(world, now, error);
  }
  if (actor.running.every((each) => each.done))
    next(
      actor,
      actor.running.map((each) => each.value),
    );
};

const finish = (now: Running, value: unknown): void => {
  now.done = true;
  now.value = value;
};

const failed = (world: World, now: Running, error: unknown): void => {
  now.attempt = undefined;
  if (error instanceof Crash) return;
  if (error instanceof SyncError && error.code !== 'FENCED' && error.recovery === 'retry') {
    now.failures += 1;
    const { instead } = now.activity;
    if (instead !== undefined && now.failures >= PATIENCE) now.activity = { name: 'withdraw', start: instead };
    return;
  }
  if (!(error instanceof SyncError && error.code === 'FENCED'))
    world.complain('step failed', `${now.activity.name}: ${String(error)}`);
  finish(now, undefined);
};

// Steps in which a workflow comes to anything, if it has work.
const ROUND = 12;

/** The workflow goes on until it has come so far, or has no such work. */
export const goOn = async (
  world: World,
  actor: Actor,
  far: () => boolean | Promise<boolean>,
  fate?: Fate,
): Promise<void> => {
  for (let step = 0; step < ROUND && !(await far()); step += 1) await stepActor(world, actor, step, fate);
};

// An observation has been fenced, has asked what to read, and has read.
const HAS_READ = 3;
/** The place of an attempt that holds what it has read and has not stored it; -1: there is none. */
export const holding = (actor: Actor): number =>
  actor.running
    .filter((each) => !each.done)
    .findIndex(
      ({ activity, attempt, steps }) =>
        activity.name.startsWith('observe') && attempt !== undefined && steps === HAS_READ,
    );
/** Everything is written, and the segment not released yet. */
export const written = (actor: Actor): boolean => actor.running.some(({ activity }) => activity.name === 'release');

/** The worker of an attempt dies; its activity is tried again. */
export const killAttempt = (actor: Actor, place: number): void => {
  const now = running(actor, place);
  if (now !== undefined) now.attempt = undefined;
};

/** The attempt is given up but runs on; its activity is tried again. */
export const detachAttempt = (actor: Actor, place: number): Zombie | undefined => {
  const now = running(actor, place);
  if (now?.attempt === undefined) return undefined;
  const zombie = { name: `${actor.name} ${now.activity.name}`, attempt: now.attempt };
  now.attempt = undefined;
  return zombie;
};

/** The engine's store is lost: the workflow begins anew, its attempts run on. */
export const forgetWorkflow = (world: World, actor: Actor): readonly Zombie[] => {
  const left = actor.running.flatMap(({ activity, attempt, done }) =>
    attempt === undefined || done ? [] : [{ name: `${actor.name} ${activity.name}`, attempt }],
  );
  const anew = createActor(world, actor.name);
  world.actors.set(actor.name, anew);
  return left;
};

/** One step of a zombie. False when it has come to its end. */
export const stepZombie = async (world: World, zombie: Zombie, fate?: Fate): Promise<boolean> => {
  try {
    return (await zombie.attempt.next(fate)).done !== true;
  } catch (error) {
    if (
      !(
        error instanceof Crash ||
        (error instanceof SyncError && (error.code === 'FENCED' || error.recovery === 'retry'))
      )
    )
      world.complain('step failed', `zombie ${zombie.name}: ${String(error)}`);
    return false;
  }
};
