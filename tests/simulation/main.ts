/** `npm run simulate`: many seeds against the ledger, or each rule broken once. */
import { parseArgs } from 'node:util';
import { openLanes } from './lanes.ts';
import { breakRules } from './rules.ts';
import { type Range, simulate } from './seeds.ts';
import { MUTATIONS, type Mutation } from './setup.ts';

const LANES = 2;
const SHRINK_MS = 40_000;

const whole = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new RangeError(`--${name} is a whole number from 1 on, not "${text}"`);
  return value;
};

const mutationOf = (text: string | undefined): Mutation | undefined => {
  const mutation = MUTATIONS.find((each) => each === text);
  if (text !== undefined && mutation === undefined)
    throw new RangeError(`--mutation is one of ${MUTATIONS.join(', ')}`);
  return mutation;
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
      hard: { type: 'boolean', default: false },
    },
  });
  const mutation = mutationOf(values.mutation);
  const order: Range['order'] = {
    late: values.late,
    hard: values.hard || values.mutations,
    shrinkMs: values.shrink ? SHRINK_MS : 0,
    ...(values.steps === undefined ? {} : { steps: whole('steps', values.steps) }),
    ...(mutation === undefined ? {} : { mutation }),
  };
  const range: Range = { seeds: whole('seeds', values.seeds), from: whole('from', values.from), order };
  const lanes = await openLanes(LANES);
  try {
    return await (values.mutations ? breakRules(lanes, range) : simulate(lanes, range));
  } finally {
    await lanes.close();
  }
};

process.exitCode = (await main()) ? 0 : 1;
