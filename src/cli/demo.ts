/** `npm run demo [-- --once] [--erp soap|tryton] [--customers N] [--seed N]`: the main job from nothing to the checker's verdict. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { report, say } from '../../scripts/say.mjs';
import { PAIRS, type Pair, withAll } from './demo/pairs.ts';
import { sandboxStory } from './demo/sandbox.ts';
import { startWorld } from './demo/start.ts';
import type { Story } from './demo/story.ts';
import { trytonStory } from './demo/tryton.ts';
import type { MappingStatus, World } from './demo/world.ts';

const FIRST_LOAD_WITHIN_MS = 300_000;

interface Flags {
  readonly once: boolean;
  readonly pair: Pair;
  readonly customers: number;
  readonly seed: number;
}

const USAGE = 'usage: npm run demo -- [--once] [--erp sandbox|soap|tryton] [--erp-url URL] [--customers N] [--seed N]';

const readFlags = (): Flags => {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      erp: { ...text, default: 'sandbox' },
      'erp-url': text,
      customers: { ...text, default: '2000' },
      seed: { ...text, default: '1' },
    },
  });
  const pair = Object.hasOwn(PAIRS, values.erp) ? PAIRS[values.erp as Pair['name']] : undefined;
  const [customers, seed] = [Number(values.customers), Number(values.seed)];
  if (
    pair === undefined ||
    !Number.isInteger(customers) ||
    customers < 100 ||
    customers > 100_000 ||
    !Number.isInteger(seed)
  )
    throw new TypeError(USAGE);
  if (values['erp-url'] !== undefined) process.env['SANDBOX_ERP_URL'] = values['erp-url'];
  return { once: values.once, pair: pair.name === 'sandbox' ? withAll(pair) : pair, customers, seed };
};

const width = 30;
const bar = (done: number, all: number): string => {
  const filled = Math.min(width, Math.round((done / Math.max(1, all)) * width));
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
};
const line = (text: string): void => void process.stdout.write(`${text}\n`);

/** The first load, with how far it is once a second. */
const firstLoad = async (world: World, customers: number): Promise<void> => {
  line('\n● First load: both sides are read from end to end, then linked and brought into agreement');
  let last = '';
  const seen = ({ gate, agreement, pending, parked }: MappingStatus): void => {
    const aside = Object.values(parked).reduce((sum, count) => sum + count, 0);
    const text =
      gate === 'shut'
        ? `  ${bar(0, 1)} reading both sides`
        : `  ${bar(agreement, customers)} ${agreement} in agreement, ${aside} parked, ${pending} to do`;
    if (text !== last) line(text);
    last = text;
  };
  let told = 0;
  await world.quiet(FIRST_LOAD_WITHIN_MS, (status) => {
    if (performance.now() - told < 1_000 && status.pending > 0) return;
    told = performance.now();
    seen(status);
  });
};

const storyOf = (world: World, seed: number): Story =>
  world.pair.name === 'tryton' ? trytonStory(world, seed) : sandboxStory(world, seed);

const tell = async (world: World, { customers, seed }: Flags): Promise<boolean> => {
  const began = performance.now();
  const story = storyOf(world, seed);
  await story.begin?.();
  await firstLoad(world, customers);
  for (const { title, run } of story.chapters) {
    line(`\n● ${title}`);
    line(`  ${await run()}`);
  }
  line('\n● The checker reads both systems and their own ledgers; it shares no code with what it judges');
  await world.sweep(FIRST_LOAD_WITHIN_MS);
  const verdict = await story.verdict(customers);
  for (const finding of verdict.findings) line(`  ${finding}`);
  line(`\n${verdict.line}`);
  line(`(${Math.round((performance.now() - began) / 1000)} s)`);
  return verdict.agrees;
};

const stayUp = async (world: World): Promise<void> => {
  line(
    `\nEverything keeps running. The API: ${world.urls['TALLY_API_URL']}; one key per role: ${join(world.home, 'keys.json')}`,
  );
  line(`Try it: TALLY_HOME=${world.home} npm run tally -- status   ·   Ctrl-C ends it.`);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
};

const main = async (): Promise<number> => {
  const flags = readFlags();
  line(`Tallystick: sandbox CRM ↔ ${flags.pair.erp}, ${flags.customers} customers, seed ${flags.seed}`);
  const home = resolve(process.env['TALLY_HOME'] ?? '.tally', `demo-${flags.pair.name}`);
  const world = await say.step('Starting ledger, engine, worker, API and both systems', 8, () =>
    startWorld({ home, customers: flags.customers, seed: flags.seed, pair: flags.pair, say }),
  );
  let agreed = false;
  try {
    agreed = await tell(world, flags);
    if (!flags.once) await stayUp(world);
  } finally {
    await world.stop();
  }
  return agreed ? 0 : 1;
};

process.exitCode = await main().catch(report);
