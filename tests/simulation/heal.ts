/** Faults off, nobody edits, time passes: until nothing is left to do. */
import type { Side } from '../../src/domain/record.ts';
import { type Actor, stepActor, stepZombie } from './actors.ts';
import { pass } from './time.ts';
import type { World } from './world.ts';

const ROUNDS = 60;
const STEPS = 400;
const TURNS = 25;
const POLL_MS = 1_000;

/** Runs an actor until its workflow begins a new round `times` times. */
const rounds = async (world: World, actor: Actor, times: number): Promise<void> => {
  const until = actor.rounds + times;
  for (let step = 0; actor.rounds < until; step += 1) {
    if (step > STEPS) return world.complain('comes to rest', `${actor.name} does not end its round`);
    await stepActor(world, actor, 0);
  }
};

const live = (world: World, name: string): Actor => {
  const actor = world.actors.get(name);
  if (actor === undefined) throw new RangeError(`no actor ${name}`);
  return actor;
};

/** What was begun before the faults ended comes to its own end: zombies run out, half of what is in flight arrives. */
const settle = async (world: World): Promise<void> => {
  for (const system of Object.values(world.systems)) {
    system.lagMs = 0;
    for (const waiting of [system.flying, system.delayed])
      for (let place = 0; waiting.length > 0; place += 1) {
        if (place % 2 === 0) system.arrive(0);
        else waiting.shift();
      }
  }
  for (const zombie of world.zombies.splice(0))
    for (let steps = 0; steps < STEPS && (await stepZombie(world, zombie)); steps += 1);
};

/** Capture both sides once, then let each mapping work until it finds nothing due. Returns when the next row is due, or null. */
const round = async (world: World): Promise<{ readonly worked: boolean; readonly nextDue: number | null }> => {
  for (const side of ['crm', 'erp'] as const satisfies readonly Side[])
    await rounds(world, live(world, `capture-${side}`), 1);
  let worked = false;
  let nextDue: number | null = null;
  for (const name of world.context.mappings().keys()) {
    const actor = live(world, `sync-${name}`);
    for (let turn = 0; ; turn += 1) {
      await rounds(world, actor, 1);
      if (actor.idle) break;
      worked = true;
      if (turn > TURNS) {
        world.complain('comes to rest', `${actor.name} finds work without end`);
        break;
      }
    }
    if (actor.nextDue !== null) nextDue = Math.min(nextDue ?? Number.POSITIVE_INFINITY, Date.parse(actor.nextDue));
  }
  return { worked, nextDue };
};

/** Rows that only a full pass can settle: a record that nobody can vouch for being gone waits for it. */
const onlySuspects = async (world: World): Promise<boolean> => {
  const rows = await world.db.query(
    `select 1 from pending p where p.state <> 'waiting' or not exists (
       select from record r join record s on s.link = r.link and s.state = 'suspect' where r.slot = p.slot and r.id = p.id) limit 1`,
  );
  return rows.length === 0;
};

/** Heals the world. Complains when it does not come to rest, and gives up then. */
export const heal = async (world: World): Promise<void> => {
  await settle(world);
  const before = world.complaints.length;
  let quiet = 0;
  for (let turn = 0; quiet < 2; turn += 1) {
    if (turn > ROUNDS) return world.complain('comes to rest', 'work goes on without end');
    world.enqueueAll = world.enqueueAll && turn < 2;
    const commits = world.commits().length;
    const { worked, nextDue } = await round(world);
    if (world.complaints.length > before) return;
    const resting = nextDue === null ? !worked : await onlySuspects(world);
    quiet = resting && commits === world.commits().length ? quiet + 1 : 0;
    pass(world, Math.max(POLL_MS, (nextDue ?? 0) - world.time.now));
  }
};
