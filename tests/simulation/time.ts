import type { World } from './world.ts';

/** Time passes; what is in flight takes effect in time or never, unless this run allows otherwise, or it is an update that no guard refuses. */
export const pass = (world: World, ms: number): void => {
  world.time.now += ms;
  if (world.setup.late) return;
  for (const system of Object.values(world.systems)) system.expire();
};
