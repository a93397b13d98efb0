/** Seeds over several databases of one PostgreSQL of our own. */
import { startCluster } from './cluster.ts';
import { type Ground, openGround } from './world.ts';

/** A PostgreSQL with as many grounds as run beside each other. */
export interface Lanes {
  /** Gives each item to the next free ground, in their order; stops early when `each` says so. */
  over<T>(items: Iterable<T>, each: (ground: Ground, item: T) => Promise<'go on' | 'stop'>): Promise<void>;
  close(): Promise<void>;
}

/** Starts them; one PostgreSQL, a database for each lane. */
export const openLanes = async (count: number): Promise<Lanes> => {
  const cluster = await startCluster();
  const grounds: Ground[] = [];
  const close = async (): Promise<void> => {
    for (const ground of grounds) await ground.db.close();
    await cluster.stop();
  };
  try {
    for (let lane = 0; lane < count; lane += 1) {
      await cluster.createDatabase(`lane${lane}`);
      grounds.push(await openGround(cluster.url(`lane${lane}`)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    over: async (items, each) => {
      const source = items[Symbol.iterator]();
      let stopped = false;
      await Promise.all(
        grounds.map(async (ground) => {
          while (!stopped) {
            const { done, value } = source.next();
            if (done === true) return;
            if ((await each(ground, value)) === 'stop') stopped = true;
          }
        }),
      );
    },
  };
};
