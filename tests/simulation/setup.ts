import type { Side } from '../../src/domain/record.ts';
import type { Mutation as LedgerMutation } from '../../src/ledger/steps/context.ts';
import type { Manners } from './books.ts';
import type { MappingChoice } from './mappings.ts';
import { type Random, randomFrom } from './random.ts';
import type { Mood } from './weights.ts';

/** Rules that can be broken on purpose. */
export type Mutation = LedgerMutation | 'canonical-compare';
export const MUTATIONS: readonly Mutation[] = [
  'blind-retry-of-create',
  'cursor-before-commit',
  'key-from-run',
  'no-first-pass-gate',
  'no-reservation',
  'delete-without-seq',
  'no-epoch',
  'no-stale-check',
  'blind-plan-in-doubt',
  'no-watch',
  'believe-older',
  'canonical-compare',
];

type Habits = Pick<Manners, 'idempotency' | 'guard' | 'deletes' | 'returnsRecord' | 'repeat'>;

/** One business as it stands before the first run: how many records at each side, and what they share. */
export interface Beginning {
  readonly crm: number;
  readonly erp: number;
  readonly share: 'tax id' | 'name' | 'both';
}

/** Everything about a run that is drawn before it begins. */
export interface Setup {
  readonly seed: number;
  readonly crm: Habits;
  readonly erp: Habits;
  readonly mappings: MappingChoice;
  /** Whether capture enqueues every row that a page shows, or passes over equal ones. */
  readonly capture: 'all' | 'equal';
  readonly page: number;
  readonly beginnings: readonly Beginning[];
  /** Requests and workers may be later than the settle time allows. */
  readonly late: boolean;
  /** Copies may answer that are behind. */
  readonly lags?: true;
}

/** The record types of both systems. */
export const RECORDS: Readonly<Record<Side, string>> = { crm: 'Account', erp: 'Partner' };
export const slotAt = (side: Side): string => `${side}/${RECORDS[side]}`;

const habits = (random: Random, side: Side): Habits => {
  const deletes = side === 'crm' ? 'in-feed' : random.pick(['in-feed', 'absence'] as const);
  const repeat = random.pick(['answers', 'refuses'] as const);
  if (side === 'crm') return { idempotency: 'unique', guard: 'version', deletes, repeat, returnsRecord: true };
  return {
    idempotency: random.pick(['unique', 'searchable', 'searchable', 'none'] as const),
    guard: random.pick(['version', 'none'] as const),
    deletes,
    repeat,
    returnsRecord: random.chance(0.7),
  };
};

/** What stands there when a run begins: more that are alike, or what is soon linked and can be edited. */
const USUAL = { twins: 4, crm: 3, erp: 3, doubledCrm: 1, doubledErp: 1 };
const PAIRS = { twins: 8, crm: 1, erp: 1, doubledCrm: 0, doubledErp: 0 };
const BEGINNINGS: Readonly<Record<Mood, typeof USUAL>> = {
  usual: USUAL,
  lossy: USUAL,
  frozen: PAIRS,
  crowded: { twins: 3, crm: 1, erp: 1, doubledCrm: 3, doubledErp: 3 },
  hurried: PAIRS,
  belated: PAIRS,
  lagging: PAIRS,
};

const beginning = (random: Random, mood: Mood): Beginning => {
  const share = random.pick(['tax id', 'name', 'both'] as const);
  switch (random.weighted(BEGINNINGS[mood])) {
    case 'twins':
      return { crm: 1, erp: 1, share };
    case 'crm':
      return { crm: 1, erp: 0, share };
    case 'erp':
      return { crm: 0, erp: 1, share };
    case 'doubledCrm':
      return { crm: 2, erp: random.below(2), share };
    default:
      return { crm: random.below(2), erp: 2, share };
  }
};

/** Half of the belated runs are against versions that count and guard nothing. */
const counts = (seed: number, mood: Mood): boolean => mood === 'belated' && seed % 20 > 9;

/** What a seed makes of a run. */
export const setupFrom = (seed: number, late: boolean, mood: Mood): Setup => {
  const random = randomFrom(seed);
  const captures = mood === 'hurried' ? (['equal', 'equal'] as const) : (['all', 'equal'] as const);
  const crm = habits(random, 'crm');
  const erp = habits(random, 'erp');
  const onDeleteToErp =
    crm.deletes === 'in-feed'
      ? random.pick(['block', 'report', 'delete'] as const)
      : random.pick(['block', 'report'] as const);
  return {
    seed,
    crm,
    erp: counts(seed, mood) && erp.guard === 'none' ? { ...erp, guard: 'detect' } : erp,
    late,
    ...(mood === 'lagging' ? { lags: true } : {}),
    mappings: { onDeleteToErp, rareTerms: 0 },
    // Whoever enqueues every row that a page shows makes up for one that was lost.
    capture: random.pick(captures),
    page: mood === 'crowded' ? 1 + random.below(2) : 2 + random.below(3),
    beginnings: Array.from({ length: 2 + random.below(4) }, () => beginning(random, mood)),
  };
};
