/** Seeds over several processes, each with a database of one PostgreSQL of our own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { quickFolder } from '../kit/quick-folder.ts';
import { startCluster } from './cluster.ts';
import type { Answer, Order } from './lane.ts';

/** Processes that take orders. */
export interface Lanes {
  /** Gives each order to the next free process, in their order, until one of the answers says to stop. */
  over(orders: Iterable<Order>, each: (answer: Answer) => Promise<'go on' | 'stop'>): Promise<void>;
  close(): Promise<void>;
}

const LANE = fileURLToPath(new URL('lane.ts', import.meta.url));

/** The lane's next message. A lane that ends instead has failed. */
const heard = async (lane: ChildProcess): Promise<unknown> => {
  const gone = new AbortController();
  const ended = once(lane, 'exit', { signal: gone.signal }).then(([code]) => {
    throw new Error(`a lane ended with ${code}`);
  });
  try {
    const [message] = await Promise.race([once(lane, 'message', { signal: gone.signal }), ended]);
    return message;
  } finally {
    gone.abort();
    await ended.catch(() => undefined);
  }
};

/** Starts one PostgreSQL and a process for each lane. */
export const openLanes = async (count: number): Promise<Lanes> => {
  const cluster = await startCluster(quickFolder('simulation'));
  const lanes: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const lane of lanes.filter(({ exitCode }) => exitCode === null)) {
      lane.disconnect();
      await once(lane, 'exit');
    }
    await cluster.stop();
  };
  try {
    for (let place = 0; place < count; place += 1) {
      await cluster.createDatabase(`lane${place}`);
      const lane = fork(LANE, [cluster.url(`lane${place}`)]);
      lanes.push(lane);
      await heard(lane);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    over: async (orders, each) => {
      const source = orders[Symbol.iterator]();
      let stopped = false;
      const busy = async (lane: ChildProcess): Promise<void> => {
        for (let next = source.next(); !stopped && next.done !== true; next = source.next()) {
          lane.send(next.value);
          if ((await each((await heard(lane)) as Answer)) === 'stop') stopped = true;
        }
      };
      await Promise.all(lanes.map(busy));
    },
  };
};
