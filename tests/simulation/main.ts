/** `npm run simulate`: many seeds against the ledger, or each rule broken once. */
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Lanes, openLanes } from './lanes.ts';
import { runSeed, type Verdict } from './run.ts';
import { MUTATIONS, type Mutation } from './setup.ts';
import { shrink } from './shrink.ts';
import type { Ground } from './world.ts';

const LANES = 2;
const SHRINK_MS = 60_000;
/** Seeds after which a broken rule counts as not found. */
const PATIENCE = 150;
const FOLDER = new URL('kept/', import.meta.url);

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly steps: number | undefined;
  readonly late: boolean;
  readonly shrink: boolean;
  readonly mutation: Mutation | undefined;
}

const whole = (name: string, text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name} is a whole number from 1 on, not "${text}"`);
  return value;
};

const show = (verdict: Verdict): string =>
  [
    `seed ${verdict.setup.seed}: ${verdict.actions.length} actions, ${verdict.complaints.length} complaints`,
    ...verdict.complaints.slice(0, 3).map(({ promise, text }) => `  ${promise}: ${text}`),
  ].join('\n');

/** Where the shortest run that fails alike is kept, so that it can be looked at and replayed ever after. */
const keep = async (ground: Ground, failing: Verdict, mutation: Mutation | undefined): Promise<string> => {
  const short = await shrink(ground, failing, mutation, Date.now() + SHRINK_MS);
  const first = short.verdict.complaints[0];
  const name = `${mutation ?? 'seed'}-${failing.setup.seed}.json`;
  await mkdir(FOLDER, { recursive: true });
  await writeFile(
    new URL(name, FOLDER),
    `${JSON.stringify({ promise: first?.promise, setup: short.setup, actions: short.actions, ...(mutation === undefined ? {} : { mutation }) }, null, 1)}\n`,
  );
  return `  shrunk to ${short.actions.length} actions in kept/${name}\n  ${first?.promise}: ${first?.text}`;
};

/** Runs a range of seeds. True when no promise was broken. */
const simulate = async (lanes: Lanes, options: Options): Promise<boolean> => {
  const { seeds, from, mutation } = options;
  const began = Date.now();
  const failing: number[] = [];
  let ran = 0;
  let actions = 0;
  let commits = 0;
  await lanes.over(
    Array.from({ length: seeds }, (_, place) => from + place),
    async (ground, seed) => {
      const verdict = await runSeed(ground, seed, options);
      ran += 1;
      actions += verdict.actions.length;
      commits += verdict.commits;
      if (verdict.complaints.length > 0) {
        failing.push(seed);
        console.log(`\n${show(verdict)}`);
        if (options.shrink) console.log(await keep(ground, verdict, mutation));
      }
      if (process.stdout.isTTY) process.stdout.write(`\r${ran} of ${seeds} seeds`);
      else if (ran % 100 === 0) console.log(`${ran} of ${seeds} seeds`);
      return 'go on';
    },
  );
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const verdict =
    failing.length === 0
      ? 'every promise kept'
      : `${failing.length} seeds broke a promise: ${failing.sort((a, b) => a - b).join(' ')}`;
  console.log(`\n${ran} seeds, ${actions} actions, ${commits} commits in ${seconds} s: ${verdict}`);
  return failing.length === 0;
};

/** Breaks one rule after the other until a seed finds it. True when each was found. */
const breakRules = async (lanes: Lanes, options: Options): Promise<boolean> => {
  let found = 0;
  for (const mutation of MUTATIONS) {
    let tried = 0;
    let finding: Verdict | undefined;
    await lanes.over(
      Array.from({ length: PATIENCE }, (_, place) => options.from + place),
      async (ground, seed) => {
        const verdict = await runSeed(ground, seed, { ...options, mutation });
        tried += 1;
        if (verdict.complaints.length === 0 || finding !== undefined) return 'go on';
        finding = verdict;
        if (options.shrink) console.log(await keep(ground, verdict, mutation));
        return 'stop';
      },
    );
    if (finding !== undefined) found += 1;
    const [first] = finding?.complaints ?? [];
    console.log(
      `${mutation.padEnd(22)} ${first === undefined ? `NOT found in ${tried} seeds` : `seed ${String(finding?.setup.seed).padEnd(4)} ${first.promise}: ${first.text.slice(0, 140)}`}`,
    );
  }
  console.log(`${found} of ${MUTATIONS.length} broken rules found`);
  return found === MUTATIONS.length;
};

const main = async (): Promise<boolean> => {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
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
  const options: Options = {
    seeds: whole('seeds', values.seeds, 300),
    from: whole('from', values.from, 1),
    steps: values.steps === undefined ? undefined : whole('steps', values.steps, 1),
    late: values.late,
    shrink: values.shrink,
    mutation,
  };
  const lanes = await openLanes(LANES);
  try {
    return await (values.mutations ? breakRules(lanes, options) : simulate(lanes, options));
  } finally {
    await lanes.close();
  }
};

process.exitCode = (await main()) ? 0 : 1;
