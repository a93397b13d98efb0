/** How often each action is drawn: as usual, or pressing on one kind of trouble. */
import type { Random } from './random.ts';
import { FATES, type Fate } from './wire.ts';

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
  'run',
  'freeze',
  'rest',
  'belate',
  'lag',
] as const;
export type Kind = (typeof KINDS)[number];
export const ACTORS = ['capture-crm', 'capture-erp', 'sync-customer', 'sync-contact-data'] as const;
/** Who reads afresh, plans and writes. */
export const SYNCS = ['sync-customer', 'sync-contact-data'] as const;
export const SHARES = ['tax id', 'name', 'both', 'nothing', 'nothing'] as const;
export type Share = (typeof SHARES)[number];
const EDITED = ['name', 'city', 'city', 'payment terms', 'phone', 'phone', 'email', 'tax id'] as const;

/** How often each action is drawn. */
export interface Weights {
  readonly kinds: Readonly<Record<Kind, number>>;
  readonly actors: Readonly<Record<string, number>>;
  readonly fates: Readonly<Record<Fate, number>>;
  /** What people edit, and what a new record shares with one that stands. */
  readonly edited: readonly string[];
  readonly shares: readonly Share[];
  /** The part of the edits that fall on a record of a segment which is being written. */
  readonly held: number;
  /** The part of the frozen workers that wake when their segment is about to be released. */
  readonly late: number;
  /** Who does many steps at once. */
  readonly runners: readonly string[];
}

/** What a run presses on. `lossy`: answers are lost; `frozen`: workers wake late as well; `crowded`: many are alike; `hurried`: people edit what is being written; `belated`: requests arrive when nobody waits for them; `lagging`: copies answer that are behind. */
export type Mood = 'usual' | 'lossy' | 'crowded' | 'hurried' | 'frozen' | 'belated' | 'lagging';
const HARD = ['lossy', 'crowded', 'hurried', 'frozen'] as const;

// One hard run in ten each: the others stay as they were, so that seeds known for something keep showing it.
const ONE_IN = 10;
const BELATED = 9;
const LAGGING = 2;

/** Hard runs press on one thing each, in turn. */
export const moodOf = (seed: number, hard: boolean): Mood => {
  if (!hard) return 'usual';
  if (seed % ONE_IN === LAGGING) return 'lagging';
  return seed % ONE_IN === BELATED ? 'belated' : (HARD[seed % HARD.length] ?? 'usual');
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
  run: 0,
  freeze: 0,
  rest: 0,
  belate: 1,
  lag: 0,
};
const KINDS_IN: Readonly<Record<Mood, Partial<Record<Kind, number>>>> = {
  usual: {},
  lossy: { belate: 0, step: 25, run: 25, zombie: 8, forget: 1.5, arrive: 5, edit: 6, create: 5, rest: 1 },
  frozen: { belate: 0, step: 25, run: 25, freeze: 14, zombie: 8, forget: 1.5, arrive: 5, edit: 14, rest: 1 },
  crowded: { belate: 0, step: 60, run: 20, create: 7, edit: 9, arrive: 4, time: 3, rest: 1 },
  hurried: { belate: 0, step: 75, run: 5, edit: 15, time: 3, rest: 5 },
  belated: { belate: 14, step: 40, run: 25, edit: 9, arrive: 6, rest: 1 },
  lagging: { belate: 0, lag: 14, step: 40, run: 25, edit: 9, time: 6, rest: 1 },
};

const FATES_USUAL: Readonly<Record<Fate, number>> = {
  ok: 14,
  'reply-lost': 2,
  'request-lost': 1,
  'in-flight': 2,
  torn: 1,
  unsent: 0.5,
  busy: 0.5,
  twice: 0,
};
const LOSSES = { ok: 6, 'reply-lost': 6, 'request-lost': 3, 'in-flight': 4 };
const FATES_IN: Readonly<Record<Mood, Partial<Record<Fate, number>>>> = {
  usual: {},
  lossy: LOSSES,
  frozen: LOSSES,
  belated: { 'in-flight': 5 },
  crowded: { ok: 8, 'reply-lost': 4, 'in-flight': 4 },
  hurried: {},
  lagging: {},
};

// In a crowd syncs come between two pages of a capture, in a hurry captures and edits between two steps of a sync.
const RUNNERS: Readonly<Record<Mood, readonly string[]>> = {
  usual: ACTORS,
  lossy: ACTORS,
  frozen: ACTORS,
  belated: ACTORS,
  lagging: ACTORS,
  crowded: SYNCS,
  hurried: ['capture-crm', 'capture-erp'],
};

/** Some seeds starve an action, others repeat it. */
export const weightsFrom = (random: Random, mood: Mood): Weights => {
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
    kinds: swung(KINDS, { ...USUAL, ...KINDS_IN[mood] }, [
      'step',
      'time',
      'edit',
      'run',
      'freeze',
      'rest',
      'belate',
      'lag',
    ]),
    actors: Object.fromEntries(ACTORS.map((name) => [name, random.pick([0.3, 1, 1, 2])])),
    fates: { ...swung(FATES, { ...FATES_USUAL, ...FATES_IN[mood] }, ['ok']), twice: 0 },
    edited: mood === 'crowded' ? [...EDITED, 'tax id', 'tax id', 'name', 'name'] : EDITED,
    shares: mood === 'crowded' ? ['tax id', 'name', 'both', 'both', 'nothing'] : SHARES,
    held: mood === 'hurried' ? 0.8 : 0,
    late: mood === 'frozen' ? 0.8 : 0,
    runners: RUNNERS[mood],
  };
};
