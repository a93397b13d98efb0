/** `npm run torture -- --kills 30 --seed 1 [--faults | --all-faults] [--erp soap|tryton] [--erp-db sqlite] [--customers 2000] [--only orders|goods|quotes|staff --orders 500 --rate 3 --products 0]`: kill -9 at random moments while people edit; one verdict line, exit code. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chance } from '../../sandbox/kit/random.ts';
import { report } from '../../scripts/say.mjs';
import { PAIRS, type Pair } from '../../src/cli/demo/pairs.ts';
import { freshConfig } from '../../src/cli/demo/start.ts';
import { worldOf } from '../../src/cli/demo/world.ts';
import { goodsScene } from './goods.ts';
import { type Kill, startTortured } from './group.ts';
import { orderScene } from './orders.ts';
import { quoteScene } from './quotes.ts';
import { type Scene, type SceneOptions, sandboxScene } from './sandbox.ts';
import { staffScene } from './staff.ts';
import { trytonScene } from './tryton.ts';

const VICTIMS = ['worker', 'server', 'engine', 'ledger', 'supervisor'] as const;
// Between two kills: long enough that work goes on, short enough that it is never finished.
const CALM_MS = [2_000, 8_000] as const;
const SETTLED_WITHIN_MS = 300_000;
// What is promised; `--within` says how late it may come before the run counts as failed.
const NEXT_COMMIT_WITHIN_MS = 10_000;

/** From the customer to its cash, on the two sandbox systems. */
const ORDERS: Pair = {
  ...PAIRS.sandbox,
  mapping: 'order',
  beside: ['customer', 'contact', 'product', 'delivery', 'invoice', 'payment'],
  config: 'tallystick.orders.yaml',
};

const GOODS: Pair = {
  ...PAIRS.sandbox,
  mapping: 'product',
  beside: ['customer', 'bom', 'price-list-entry', 'stock-level'],
  config: 'tallystick.goods.yaml',
};
const STAFF: Pair = {
  ...PAIRS.sandbox,
  mapping: 'employee',
  beside: ['customer', 'owner'],
  config: 'tallystick.staff.yaml',
};
const QUOTES: Pair = {
  ...PAIRS.sandbox,
  mapping: 'quote',
  beside: ['customer', 'contact', 'product', 'opportunity', 'order'],
  config: 'tallystick.quotes.yaml',
};
/** What can be looked at by itself, and how many there are unless it is said. */
const ONLY = {
  orders: { pair: ORDERS, scene: orderScene, customers: 200, products: 0 },
  goods: { pair: GOODS, scene: goodsScene, customers: 20, products: 200 },
  quotes: { pair: QUOTES, scene: quoteScene, customers: 20, products: 0 },
  staff: { pair: STAFF, scene: staffScene, customers: 40, products: 0 },
} as const;
const isPart = (name: string | undefined): name is keyof typeof ONLY => name !== undefined && Object.hasOwn(ONLY, name);

const isDatabase = (name: string): name is SceneOptions['erpDb'] => name === 'postgresql' || name === 'sqlite';

const readFlags = () => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      kills: { ...text, default: '30' },
      seed: { ...text, default: '1' },
      faults: { type: 'boolean', default: false },
      'all-faults': { type: 'boolean', default: false },
      erp: { ...text, default: 'sandbox' },
      'erp-db': { ...text, default: 'postgresql' },
      customers: text,
      only: text,
      orders: { ...text, default: '500' },
      rate: { ...text, default: '3' },
      products: text,
      employees: { ...text, default: '60' },
      within: { ...text, default: String(NEXT_COMMIT_WITHIN_MS) },
    },
  });
  const only = isPart(values.only) ? ONLY[values.only] : undefined;
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  const customers = Number(values.customers ?? only?.customers ?? 2000);
  const [orders, perSecond] = [Number(values.orders), Number(values.rate)];
  const [products, employees] = [Number(values.products ?? only?.products ?? 0), Number(values.employees)];
  const erpDb = values['erp-db'];
  const numbers = [kills, seed, customers, orders, perSecond, products, employees, Number(values.within)];
  const known =
    Object.hasOwn(PAIRS, values.erp) && isDatabase(erpDb) && (values.only === undefined || only !== undefined);
  if (!numbers.every(Number.isInteger) || !known)
    throw new TypeError(
      'usage: npm run torture -- [--kills N] [--seed N] [--faults | --all-faults] [--erp sandbox|soap|tryton] [--erp-db postgresql|sqlite] [--customers N] [--within MS] [--only orders|goods|quotes|staff [--orders N] [--rate PER_SECOND] [--products N] [--employees N]]',
    );
  return {
    kills,
    seed,
    customers,
    within: Number(values.within),
    faults: values['all-faults'] ? ('all' as const) : values.faults ? ('few' as const) : ('none' as const),
    erpDb,
    pair: only?.pair ?? PAIRS[values.erp as Pair['name']],
    ...{ only, part: values.only, orders, perSecond, products, employees },
  };
};

const line = (text: string): void => void process.stdout.write(`${text}\n`);

/** How long after each restart the next effect at a target came, ms; passed over are kills that another one followed first, and those after which nothing was left to do. */
const gapsOf = (
  kills: readonly Kill[],
  effects: readonly number[],
): readonly { readonly kill: Kill; readonly ms: number }[] =>
  kills.flatMap((kill, nth) => {
    const next = effects.find((at) => at >= kill.again);
    const until = kills[nth + 1]?.at ?? Number.POSITIVE_INFINITY;
    // Nothing came before the next kill: that is slow only if there was time for it.
    const seen = Math.min(next ?? Number.POSITIVE_INFINITY, until);
    return next === undefined || (next > until && until - kill.again <= NEXT_COMMIT_WITHIN_MS)
      ? []
      : [{ kill, ms: seen - kill.again }];
  });

const torture = async (): Promise<number> => {
  const flags = readFlags();
  const { kills: wanted, seed, faults, pair, within, only, part } = flags;
  const home = resolve(process.env['TALLY_HOME'] ?? '.tally', `torture-${part ?? pair.name}`);
  const config = await freshConfig(home, pair);
  const given = { ...flags, folder: join(home, 'systems') };
  const scene: Scene = await (only?.scene ?? (pair.name === 'tryton' ? trytonScene : sandboxScene))(given);
  const kills: Kill[] = [];
  const group = await startTortured({ home, config, pair: pair.name, env: scene.env }).catch(async (error: unknown) => {
    await scene.stop();
    throw error;
  });
  try {
    const world = worldOf({ urls: { ...scene.env, ...group.urls }, home, config, pair, stop: group.stop });
    const luck = chance(seed);
    const editing = scene.edit();
    await editing.begun?.();
    for (let nth = 1; nth <= wanted; nth += 1) {
      await new Promise((done) => setTimeout(done, CALM_MS[0] + luck.below(CALM_MS[1] - CALM_MS[0])));
      const kill = await group.kill(luck.pick(VICTIMS));
      kills.push(kill);
      line(`${String(nth).padStart(3)}. ${kill.victim.padEnd(10)} ready again after ${kill.again - kill.at} ms`);
    }
    if (wanted === 0) await editing.enough();
    const edits = await editing.end();
    await scene.heal();
    await world.quiet(SETTLED_WITHIN_MS);
    if (scene.finish !== undefined) {
      await scene.finish();
      // What the end of one record began at another is found by a second look.
      await world.sweep(SETTLED_WITHIN_MS);
    }
    await world.sweep(SETTLED_WITHIN_MS);
    const gaps = gapsOf(kills, await scene.effects());
    const verdict = await scene.verdict(
      await world.parked(),
      kills.map(({ at }) => at),
    );
    for (const finding of verdict.findings) line(`  ${finding}`);
    const worst = gaps.reduce((most, { ms }) => Math.max(most, ms), 0);
    const slow = gaps.filter(({ ms }) => ms > NEXT_COMMIT_WITHIN_MS);
    for (const { kill, ms } of slow) line(`  the next effect came ${ms} ms after ${kill.victim} was ready again`);
    line(
      `torture: ${kills.length} kills, ${edits}, seed ${seed}${faults === 'none' ? '' : `, with ${faults} faults`}; next effect at the latest ${worst} ms after a restart`,
    );
    line(verdict.line);
    return verdict.agrees && gaps.every(({ ms }) => ms <= within) ? 0 : 1;
  } finally {
    await group.stop();
    await scene.stop();
  }
};

process.exitCode = await torture().catch(report);
