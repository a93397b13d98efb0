/** The scene of orders: sales raises and calls off in the CRM, days pass in the ERP, and at the end every order has come to its end. */
import { setTimeout as pause } from 'node:timers/promises';
import { postJson, startSystems } from '../../bench/systems.ts';
import { type Ask, askLines, judgeAsks, stepOf, unmet } from '../../sandbox/checker/order-asks.ts';
import { judgeOrders } from '../../sandbox/checker/order-judge.ts';
import { checkOrderProducts } from '../../sandbox/checker/order-products.ts';
import { numberedAfter, orderLine, readBooks } from '../../sandbox/checker/orders.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import { listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { chance } from '../../sandbox/kit/random.ts';
import { createCrowd } from '../../sandbox/people/crowd.ts';
import { orderOf, salesDesk } from '../../sandbox/people/orders.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { until } from '../../src/cli/demo/world.ts';
import { meetHeldSteps, meetOtherSteps, STEERED, type Steering, stateOf } from './order-steps.ts';
import { type Editing, effectsOf, envOf, MIXES, type Scene, type SceneOptions, setFaults } from './sandbox.ts';

interface Shown {
  readonly id: string;
  readonly erp_number: string | null;
  readonly on_hold?: boolean | null;
  readonly status?: string;
}

const ALL_WITHIN_MS = 300_000;
const DAY_EVERY_MS = 4_000;
// One in twelve is called off, and one in twelve wanted on another day, at whatever step it is; beside those that are led to each step.
const ASKED_ABOUT = 1 / 12;
const DATE = '2027-02-28';
// Every second line says which product of the CRM it means; a new one is entered with every eighth order, and ordered at once.
const LED_TO = 1 / 2;
const NEW_PRODUCT_EVERY = 8;

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
  const crowd = createCrowd({ crmUrl: systems.crm.url, erpUrl: systems.erp.url, seed, works: [] });
  const goods: string[] = [];
  // While many products load for the first time an order that names one of them waits for that load, as it must: what is
  // measured then is an order that need not.
  const leads = products === 0;
  const enterProduct = async (): Promise<void> => {
    const code = `T-${goods.length + 1}`;
    goods.push(await crowd.enter('crm', 'product', { code, name: `Pump ${code}`, kind: 'goods', unit: 'C62' }));
  };
  /** An order, some of whose lines lead to products: the newest may still be on its way to the ERP, and the order after it. */
  const orderFor = (account: string, nth: number): Doc => {
    const order = orderOf(luck, account);
    if (!leads) return order;
    const newest = nth % NEW_PRODUCT_EVERY === 0 ? goods.at(-1) : undefined;
    const lines = listOf(order, 'lines').map((line, at): Doc => {
      const product = at === 0 && newest !== undefined ? newest : luck.often(LED_TO) ? oneOf(goods) : undefined;
      return product === undefined ? line : { ...line, product_id: product };
    });
    return { ...order, lines };
  };
  const raised: string[] = [];
  const led: string[] = [];
  const asks: Ask[] = [];
  const hold: Steering['hold'] = (held = {}) =>
    setFaults(systems, {
      crm: [...MIXES[faults].crm, ...(held.crm === undefined ? [] : [held.crm])],
      erp: [...MIXES[faults].erp, ...(held.erp === undefined ? [] : [held.erp])],
    });
  /** Ask for something of an order that nothing was asked of yet: not the last ones only, whatever step it has come to. */
  const askAbout = async (wanted: Ask['wanted']): Promise<void> => {
    const order = oneOf(raised.filter((id) => !asks.some((ask) => ask.order === id)));
    if (order === '') return;
    const [crm = {}] = (await stateOf(systems.crm, 'order')).filter(({ id }) => id === order);
    const [erp] = (await stateOf(systems.erp, 'sales_order')).filter((each) => each['external_order'] === order);
    const step = stepOf(crm, erp);
    await (wanted === 'cancel' ? desk.callOff(order) : desk.change(order, { requested_date: DATE }));
    asks.push({ order, step, wanted });
  };
  const passDay = async (finish: boolean): Promise<void> => {
    await postJson(`${systems.erp.control}/control/business-day`, { seed, finish });
  };
  const customersOf = async (): Promise<readonly string[]> =>
    (await stateOf<Shown>(systems.crm, 'account'))
      .filter(({ erp_number: number, on_hold: hold }) => number !== null && hold !== true)
      .map(({ id }) => id);
  const edit = (): Editing => {
    const over = new AbortController();
    let first = (_: Steering): void => undefined;
    const firstRaised = new Promise<Steering>((resolve) => {
      first = resolve;
    });
    const raising = (async () => {
      // Orders are raised for customers of both systems.
      if (!(await until(ALL_WITHIN_MS, async () => (await customersOf()).length >= customers / 2)))
        throw new Error('too few customers have come to be of both systems');
      const accounts = await customersOf();
      // Held orders come first: what is measured of the others waits for nobody.
      const steering = { systems, desk, account: accounts[0] ?? '', seed, hold };
      asks.push(...(await meetHeldSteps(steering, (id) => led.push(id))));
      for (let nth = 1; nth <= orders; nth += 1) {
        const started = Date.now();
        if (leads && (nth % NEW_PRODUCT_EVERY === 0 || goods.length === 0)) await enterProduct();
        const account = oneOf(accounts);
        raised.push(await desk.raise(account, `order ${seed}-${nth}`, orderFor(account, nth)));
        first(steering);
        if (luck.often(ASKED_ABOUT)) await askAbout('cancel');
        if (luck.often(ASKED_ABOUT)) await askAbout({ date: DATE });
        // When the last kill is over, what is left is raised without a pause.
        await pause(Math.max(0, started + 1_000 / perSecond - Date.now()), undefined, { signal: over.signal }).catch(
          () => undefined,
        );
      }
    })();
    raising.catch(() => undefined); // whoever waits for its end is told
    const leading = (async () => {
      const steering = await firstRaised;
      asks.push(...(await meetOtherSteps(steering, (id) => led.push(id))));
    })();
    leading.catch(() => undefined);
    const days = (async () => {
      // Until then nobody but those who lead them works on the orders that are led.
      await leading;
      while (!over.signal.aborted) {
        await passDay(false);
        await pause(DAY_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      }
    })();
    days.catch(() => undefined);
    return {
      begun: async () => void (await Promise.race([firstRaised, raising])),
      enough: async () => void (await Promise.all([raising, leading])),
      end: async () => {
        await leading;
        over.abort();
        await Promise.all([raising, days]);
        const cancels = asks.filter(({ wanted }) => wanted === 'cancel').length;
        return `${raised.length + led.length} orders raised, ${cancels} called off, ${asks.length - cancels} changed`;
      },
    };
  };
  return {
    env: envOf(systems),
    edit,
    heal: () => setFaults(systems, MIXES.none),
    finish: async () => {
      const numbered = async (): Promise<boolean> =>
        (await stateOf<Shown>(systems.crm, 'order')).every(
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
      const asked = judgeAsks(books, asks);
      const ledTo = await checkOrderProducts(systems.crm.control, systems.erp.control);
      const findings = [
        ...findingLines({ findings: [...found.findings, ...asked.findings, ...ledTo.findings] }),
        ...unmet(asked.table, STEERED),
      ];
      const ordinary = books.crm.order.commits?.filter(({ id }) => !led.includes(id)) ?? [];
      const waited = numberedAfter({ ...books.crm.order, commits: ordinary });
      const times = `from an order in the CRM to its number there: p50 ${share(waited, 0.5)} ms, p99 ${share(waited, 0.99)} ms, most ${waited.at(-1) ?? 0} ms, of ${waited.length}`;
      return {
        agrees: findings.length === 0 && (!leads || ledTo.lines > 0) && found.counts.order === orders + led.length,
        line: `${askLines(asked.table).join('\n')}\n${times}\n${orderLine(found)}, ${ledTo.lines} lines lead to a product`,
        findings,
      };
    },
    stop: systems.stop,
  };
};
