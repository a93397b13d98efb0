/** `npm run simulate`: many seeds against the ledger, or each rule broken once. */
import { parseArgs } from 'node:util';
import { keep } from './kept.ts';
import type { Answer, Order } from './lane.ts';
import { type Lanes, openLanes } from './lanes.ts';
import type { Verdict } from './run.ts';
import { MUTATIONS, type Mutation } from './setup.ts';

const LANES = 2;
const SHRINK_MS = 40_000;
/** Seeds after which a broken rule counts as not found. */
const PATIENCE = 150;

interface Options {
  readonly seeds: number;
  readonly from: number;
  /** What all orders of this run share. */
  readonly order: Omit<Order, 'seed'>;
}

const show = ({ setup, actions, complaints }: Verdict): string =>
  [
    `seed ${setup.seed}: ${actions.length} actions, ${complaints.length} complaints`,
    ...complaints.slice(0, 3).map(({ promise, text }) => `  ${promise}: ${text}`),
  ].join('\n');

/** The shortest run found that fails alike is written down. */
const kept = async ({ short }: Answer, mutation: Mutation | undefined): Promise<void> => {
  if (short === undefined) return;
  const [first] = short.verdict.complaints;
  console.log(`  shrunk to ${short.actions.length} actions: kept/${await keep(short, mutation)}.json`);
  console.log(`  ${first?.promise}: ${first?.text}`);
};

const orders = ({ seeds, from, order }: Options): readonly Order[] =>
  Array.from({ length: seeds }, (_, place) => ({ ...order, seed: from + place }));

const progress = (ran: number, seeds: number): void => {
  if (process.stdout.isTTY) process.stdout.write(`\r${ran} of ${seeds} seeds`);
  else if (ran % 100 === 0 && ran < seeds) console.log(`${ran} of ${seeds} seeds`);
};

/** Runs a range of seeds. True when no promise was broken. */
const simulate = async (lanes: Lanes, options: Options): Promise<boolean> => {
  const began = Date.now();
  const failing: number[] = [];
  let [ran, actions, commits] = [0, 0, 0];
  await lanes.over(orders(options), async (answer) => {
    const { verdict } = answer;
    ran += 1;
    actions += verdict.actions.length;
    commits += verdict.commits;
    if (verdict.complaints.length > 0) {
      failing.push(verdict.setup.seed);
      console.log(show(verdict));
      await kept(answer, options.order.mutation);
    }
    progress(ran, options.seeds);
    return 'go on';
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const broken = failing.sort((a, b) => a - b).join(' ');
  const verdict = failing.length === 0 ? 'every promise kept' : `${failing.length} broke a promise: ${broken}`;
  console.log(`${ran} seeds, ${actions} actions, ${commits} commits in ${seconds} s: ${verdict}`);
  return failing.length === 0;
};

/** The first seed at which a broken rule shows. */
const breakRule = async (lanes: Lanes, options: Options, mutation: Mutation): Promise<boolean> => {
  let tried = 0;
  let found: Verdict | undefined;
  await lanes.over(orders({ ...options, seeds: PATIENCE, order: { ...options.order, mutation } }), async (answer) => {
    tried += 1;
    if (answer.verdict.complaints.length === 0) return 'go on';
    found ??= answer.verdict;
    await kept(answer, mutation);
    return 'stop';
  });
  const [first] = found?.complaints ?? [];
  const how =
    first === undefined
      ? `NOT found in ${tried} seeds`
      : `seed ${String(found?.setup.seed).padStart(3)}  ${first.promise}: ${first.text.slice(0, 120)}`;
  console.log(`${mutation.padEnd(22)} ${how}`);
  return first !== undefined;
};

/** Breaks one rule after the other. True when each was found. */
const breakRules = async (lanes: Lanes, options: Options): Promise<boolean> => {
  let found = 0;
  for (const mutation of MUTATIONS) found += (await breakRule(lanes, options, mutation)) ? 1 : 0;
  console.log(`${found} of ${MUTATIONS.length} broken rules found`);
  return found === MUTATIONS.length;
};

const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name} is a whole number from 1 on, not "${text}"`);
  return value;
};

const main = async (): Promise<boolean> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '300' },
      from: { type: 'string', default: '1' },
      steps: { type: 'string' },
      mutation: { type: 'string' },
      mutations: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      late: { type: 'boolean', default: false },
    },
  });
  const mutation = MUTATIONS.find((each) => each === values.mutation);
  if (values.mutation !== undefined && mutation === undefined)
    throw new RangeError(`--mutation is one of ${MUTATIONS.join(', ')}`);
  const order = {
    late: values.late,
    shrinkMs: values.shrink ? SHRINK_MS : 0,
    ...(values.steps === undefined ? {} : { steps: whole('steps', values.steps) }),
    ...(mutation === undefined ? {} : { mutation }),
  };
  const options: Options = { seeds: whole('seeds', values.seeds), from: whole('from', values.from), order };
  const lanes = await openLanes(LANES);
  try {
    return await (values.mutations ? breakRules(lanes, options) : simulate(lanes, options));
  } finally {
    await lanes.close();
  }
};

process.exitCode = (await main()) ? 0 : 1;
