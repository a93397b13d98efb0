/** The scene of orders: sales raises and calls off in the CRM, days pass in the ERP, and at the end every order has come to its end. */
import { setTimeout as pause } from 'node:timers/promises';
import { getJson, postJson, type System, startSystems } from '../../bench/systems.ts';
import { judgeOrders } from '../../sandbox/checker/order-judge.ts';
import { numberedAfter, orderLine, readBooks } from '../../sandbox/checker/orders.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import { chance } from '../../sandbox/kit/random.ts';
import { salesDesk } from '../../sandbox/people/orders.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { until } from '../../src/cli/demo/world.ts';
import { type Editing, effectsOf, envOf, MIXES, type Scene, type SceneOptions, setFaults } from './sandbox.ts';

interface Shown {
  readonly id: string;
  readonly erp_number: string | null;
  readonly on_hold?: boolean | null;
  readonly status?: string;
}

const ALL_WITHIN_MS = 300_000;
const DAY_EVERY_MS = 4_000;
// One in twelve is called off, at whatever step it is.
const CALLED_OFF = 1 / 12;
const MOST = 100_000;

const stateOf = async (system: System, record: string): Promise<readonly Shown[]> =>
  (
    await getJson<{ readonly records: readonly Shown[] }>(
      `${system.control}/control/state?record=${record}&limit=${MOST}`,
    )
  ).records;

const share = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

/** How many orders, how fast: `orders`, `perSecond`. */
export interface OrderSceneOptions extends SceneOptions {
  readonly orders: number;
  readonly perSecond: number;
  readonly products: number;
}

export const orderScene = async (options: OrderSceneOptions): Promise<Scene> => {
  const { folder, customers, seed, faults, orders, perSecond, products } = options;
  const systems = await startSystems(folder, customers, seed, customers, products);
  await setFaults(systems, MIXES[faults]);
  const luck = chance(seed);
  const desk = salesDesk(systems.crm.url, luck);
  const oneOf = (ids: readonly string[]): string => ids[luck.below(ids.length)] ?? '';
  const raised: string[] = [];
  const calledOff = new Set<string>();
  const passDay = async (finish: boolean): Promise<void> => {
    await postJson(`${systems.erp.control}/control/business-day`, { seed, finish });
  };
  const customersOf = async (): Promise<readonly string[]> =>
    (await stateOf(systems.crm, 'account'))
      .filter(({ erp_number: number, on_hold: hold }) => number !== null && hold !== true)
      .map(({ id }) => id);
  const edit = (): Editing => {
    const over = new AbortController();
    let first = (): void => undefined;
    const firstRaised = new Promise<void>((resolve) => {
      first = resolve;
    });
    const raising = (async () => {
      // Orders are raised for customers of both systems.
      if (!(await until(ALL_WITHIN_MS, async () => (await customersOf()).length >= customers / 2)))
        throw new Error('too few customers have come to be of both systems');
      const accounts = await customersOf();
      for (let nth = 1; nth <= orders; nth += 1) {
        const started = Date.now();
        raised.push(await desk.raise(oneOf(accounts), `order ${seed}-${nth}`));
        first();
        if (luck.often(CALLED_OFF)) {
          // Not the last ones only: whatever step it has come to.
          const order = oneOf(raised);
          await desk.callOff(order);
          calledOff.add(order);
        }
        // When the last kill is over, what is left is raised without a pause.
        await pause(Math.max(0, started + 1_000 / perSecond - Date.now()), undefined, { signal: over.signal }).catch(
          () => undefined,
        );
      }
    })();
    raising.catch(() => undefined); // whoever waits for its end is told
    const days = (async () => {
      while (!over.signal.aborted) {
        await passDay(false);
        await pause(DAY_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      }
    })();
    days.catch(() => undefined);
    return {
      begun: () => Promise.race([firstRaised, raising]),
      enough: () => raising,
      end: async () => {
        over.abort();
        await Promise.all([raising, days]);
        return `${raised.length} orders raised, ${calledOff.size} called off`;
      },
    };
  };
  return {
    env: envOf(systems),
    edit,
    heal: () => setFaults(systems, MIXES.none),
    finish: async () => {
      const numbered = async (): Promise<boolean> =>
        (await stateOf(systems.crm, 'order')).every(
          ({ erp_number: number, status }) => number !== null || status !== 'submitted',
        );
      if (!(await until(ALL_WITHIN_MS, numbered))) throw new Error('not every order has its number in the CRM');
      // What is called off late, or let go on the first day, comes to its end on the second.
      for (let day = 0; day < 2; day += 1) await passDay(true);
    },
    effects: () => effectsOf(systems),
    verdict: async (parked) => {
      const items = parked.map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
      const books = await readBooks({ crmControl: systems.crm.control, erpControl: systems.erp.control });
      const found = judgeOrders({ books, parked: items, finished: true });
      const waited = numberedAfter(books.crm.order);
      const times = `from an order in the CRM to its number there: p50 ${share(waited, 0.5)} ms, p99 ${share(waited, 0.99)} ms, most ${waited.at(-1) ?? 0} ms, of ${waited.length}`;
      return {
        agrees: found.findings.length === 0 && found.counts.order === orders,
        line: `${times}\n${orderLine(found)}`,
        findings: findingLines(found),
      };
    },
    stop: systems.stop,
  };
};
