import type { Side } from '../../src/domain/record.ts';
import type { Mutation as LedgerMutation } from '../../src/ledger/steps/context.ts';
import type { MappingChoice } from './mappings.ts';
import { type Random, randomFrom } from './random.ts';
import { FATES, type Fate, type Manners } from './system.ts';

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
  'canonical-compare',
];

type Habits = Pick<Manners, 'idempotency' | 'guard' | 'deletes' | 'returnsRecord' | 'repeat'>;

/** One business as it stands before the first run: how many records at each side, and what they share. */
export interface Beginning {
  readonly crm: number;
  readonly erp: number;
  readonly share: 'tax id' | 'name' | 'both';
}

export const KINDS = [
  'step',
  'edit',
  'create',
  'delete',
  'restore',
  'kill',
  'lost',
  'crash',
  'detach',
  'zombie',
  'forget',
  'arrive',
  'time',
  'lookup',
  'decide',
  'retry',
  'sweep',
] as const;
export type Kind = (typeof KINDS)[number];

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
}

/** How often each action is drawn. */
export interface Weights {
  readonly kinds: Readonly<Record<Kind, number>>;
  readonly actors: Readonly<Record<string, number>>;
  readonly fates: Readonly<Record<Fate, number>>;
}

/** The record types of both systems. */
export const RECORDS: Readonly<Record<Side, string>> = { crm: 'Account', erp: 'Partner' };
export const slotAt = (side: Side): string => `${side}/${RECORDS[side]}`;
export const ACTORS = ['capture-crm', 'capture-erp', 'sync-customer', 'sync-contact-data'] as const;

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

const beginning = (random: Random): Beginning => {
  const share = random.pick(['tax id', 'name', 'both'] as const);
  switch (random.weighted({ twins: 4, crm: 3, erp: 3, doubledCrm: 1, doubledErp: 1 })) {
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

/** What a seed makes of a run. */
export const setupFrom = (seed: number, late: boolean): Setup => {
  const random = randomFrom(seed);
  const crm = habits(random, 'crm');
  const erp = habits(random, 'erp');
  const onDeleteToErp =
    crm.deletes === 'in-feed'
      ? random.pick(['block', 'report', 'delete'] as const)
      : random.pick(['block', 'report'] as const);
  return {
    seed,
    crm,
    erp,
    late,
    mappings: { onDeleteToErp, rareTerms: 0 },
    capture: random.pick(['all', 'equal'] as const),
    page: 2 + random.below(3),
    beginnings: Array.from({ length: 2 + random.below(4) }, () => beginning(random)),
  };
};

const USUAL: Readonly<Record<Kind, number>> = {
  step: 70,
  edit: 9,
  create: 1.5,
  delete: 0.7,
  restore: 0.4,
  kill: 1.5,
  lost: 1.5,
  crash: 2,
  detach: 2,
  zombie: 4,
  forget: 0.4,
  arrive: 2,
  time: 5,
  lookup: 0.3,
  decide: 1,
  retry: 0.6,
  sweep: 0.3,
};
const FATE_WEIGHTS: Readonly<Record<Fate, number>> = {
  ok: 14,
  'reply-lost': 2,
  'request-lost': 1,
  'in-flight': 2,
  torn: 1,
  unsent: 0.5,
  busy: 0.5,
};

/** Some seeds starve an action, others repeat it. */
export const weightsFrom = (random: Random): Weights => {
  const swing = (): number => random.pick([0, 0.4, 1, 1, 1, 2.5]);
  const swung = <K extends string>(
    names: readonly K[],
    usual: Readonly<Record<K, number>>,
    fixed: readonly string[],
  ): Record<K, number> =>
    Object.fromEntries(names.map((name) => [name, usual[name] * (fixed.includes(name) ? 1 : swing())])) as Record<
      K,
      number
    >;
  return {
    kinds: swung(KINDS, USUAL, ['step', 'time', 'edit']),
    actors: Object.fromEntries(ACTORS.map((name) => [name, random.pick([0.3, 1, 1, 2])])),
    fates: swung(FATES, FATE_WEIGHTS, ['ok']),
  };
};
