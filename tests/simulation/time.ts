import type { World } from './world.ts';

/** Time passes; what is in flight takes effect in time or never, unless this run allows otherwise. */
export const pass = (world: World, ms: number): void => {
  world.time.now += ms;
  if (world.setup.late) return;
  for (const { flying } of Object.values(world.systems))
    flying.splice(0, flying.length, ...flying.filter((request) => request.deadline > world.time.now));
};
