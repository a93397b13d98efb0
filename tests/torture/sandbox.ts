/** The scene of a torture on the two sandbox systems: they are never killed themselves, so that their ledgers are the truth. */

import { type Commit, ledgerOf, postJson, type Systems, startSystems } from '../../bench/systems.ts';
import { check } from '../../sandbox/checker/check.ts';
import { agrees, findingLines, verdictLine } from '../../sandbox/checker/verdict.ts';
import type { Fault } from '../../sandbox/kit/faults.ts';
import { createPeople } from '../../sandbox/people.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import type { Verdict } from '../../src/cli/demo/story.ts';
import type { ParkedItem } from '../../src/cli/demo/world.ts';

export interface Editing {
  /** Resolves when there is something that a kill can strike; at once, if left out. */
  begun?(): Promise<void>;
  /** Resolves when a run without kills has seen enough edits. */
  enough(): Promise<void>;
  /** People go home; what they did, in words. */
  end(): Promise<string>;
}
export interface Scene {
  /** Addresses of the systems, for the group. */
  readonly env: Readonly<Record<string, string>>;
  /** People begin to edit both sides. */
  edit(): Editing;
  /** No more faults. */
  heal(): Promise<void>;
  /** Bring what was begun to its end, once all is quiet. */
  finish?(): Promise<void>;
  /** When effects of ours came about at either system, ms, in order. */
  effects(): Promise<readonly number[]>;
  verdict(parked: readonly ParkedItem[], interruptions: readonly number[]): Promise<Verdict>;
  stop(): Promise<void>;
}
export interface SceneOptions {
  readonly folder: string;
  readonly customers: number;
  readonly seed: number;
  readonly faults: keyof typeof MIXES;
  /** What a Tryton keeps its data in. */
  readonly erpDb: 'sqlite' | 'postgresql';
}

// What people meet too: they try again.
const OF_ALL: readonly Fault[] = [
  { kind: '500', rate: 0.05 },
  { kind: '429', rate: 0.02, retry_after_s: 1 },
  { kind: 'reset-after', rate: 0.01 },
];
// Left out is what only a person can end: a lost right, a refused login, a field that is no longer there. And a list that
// hides a page while both sides are read for the first time: what nobody could know of is created anew.
const OF_OURS: readonly Fault[] = [
  { kind: '503', rate: 0.01, retry_after_s: 1 },
  { kind: '429', rate: 0.005, retry_after: '-5' },
  { kind: 'reset-before', rate: 0.01 },
  { kind: 'late', rate: 0.01, delay_ms: 500 },
  { kind: '504-after', rate: 0.01 },
  { kind: '500-half', rate: 0.02, only_writes: true },
  { kind: 'html', rate: 0.01 },
  { kind: 'error-in-200', rate: 0.01 },
  { kind: 'empty-body', rate: 0.005 },
  { kind: 'cut', rate: 0.01 },
  { kind: 'cut-json', rate: 0.01 },
  { kind: 'wrong-type', rate: 0.02 },
  { kind: 'wrong-packing', rate: 0.005 },
  { kind: 'wrong-charset', rate: 0.005 },
  { kind: 'oversized', rate: 0.002 },
  { kind: 'slow', rate: 0.02, delay_ms: 300 },
  { kind: 'page-empty', rate: 0.02 },
  { kind: 'page-doubled', rate: 0.02 },
  { kind: 'page-back', rate: 0.01 },
  { kind: 'page-endless', rate: 0.01 },
  { kind: 'rows-stale', rate: 0.02, delay_ms: 500 },
  { kind: 'field-new', rate: 0.05 },
  { kind: 'clock-skew', rate: 0.005 },
  { kind: 'clock-skew', rate: 0.005, skew_ms: -600_000 },
  // Each of these costs the whole time that a call may take.
  { kind: 'hang-before', nth: 60 },
  { kind: 'hang-after', nth: 90 },
  { kind: 'drip', nth: 120 },
];
const ours = (faults: readonly Fault[]): readonly Fault[] => faults.map((fault) => ({ ...fault, actor: 'tally' }));
const ALL = {
  crm: [...OF_ALL, ...ours([...OF_OURS, { kind: 'twice', rate: 0.02 }, { kind: '401', nth: 50 }])],
  // Nothing keeps a reference unique there: a create done twice is two partners, whoever asked for it.
  erp: [...OF_ALL, ...ours([...OF_OURS, { kind: 'twice', rate: 0.02, path: '/api/partners/update' }])],
} as const;
/** What strikes: nothing; what every network knows; or nearly all there is, which slows everything down. */
export const MIXES = {
  none: { crm: [], erp: [] },
  few: { crm: OF_ALL, erp: OF_ALL },
  all: ALL,
} as const satisfies Record<string, Readonly<Record<'crm' | 'erp', readonly Fault[]>>>;
const EDIT_EVERY_MS = 60;
const ENOUGH = 400;

/** What the group must know of them. */
export const envOf = ({ crm, erp }: Systems): Readonly<Record<string, string>> => ({
  SANDBOX_CRM_URL: crm.url,
  SANDBOX_ERP_URL: erp.url,
  SANDBOX_CRM_CONTROL_URL: crm.control,
  SANDBOX_ERP_CONTROL_URL: erp.control,
});

export const setFaults = async (
  systems: Systems,
  lists: Readonly<Record<'crm' | 'erp', readonly Fault[]>>,
): Promise<void> => {
  for (const side of ['crm', 'erp'] as const) await postJson(`${systems[side].control}/control/faults`, lists[side]);
};

/** When what we wrote was committed at either system, ms, in order. */
export const effectsOf = async ({ crm, erp }: Systems): Promise<readonly number[]> => {
  const both = await Promise.all([ledgerOf<Commit>(crm, 'commits'), ledgerOf<Commit>(erp, 'commits')]);
  return both
    .flat()
    .filter(({ actor }) => actor === 'tally')
    .map(({ at }) => Date.parse(at))
    .sort((a, b) => a - b);
};

/** People who work until they are sent home; `round` is a few things that one does, and says how many. */
export const atWork = (round: (signal: AbortSignal) => Promise<number>, enough: number): Editing => {
  const over = new AbortController();
  let done = 0;
  let seen = (): void => undefined;
  let first = (): void => undefined;
  const firstDone = new Promise<void>((resolve) => {
    first = resolve;
  });
  const work = (async () => {
    while (!over.signal.aborted) {
      done += await round(over.signal);
      if (done > 0) first();
      if (done >= enough) seen();
    }
  })();
  work.catch(() => undefined); // whoever waits for its end is told
  return {
    begun: () => Promise.race([work, firstDone]),
    enough: () => Promise.race([work, new Promise<void>((resolve) => (seen = resolve))]),
    end: async () => {
      over.abort();
      await work;
      return `${done} edits`;
    },
  };
};

export const sandboxScene = async ({ folder, customers, seed, faults }: SceneOptions): Promise<Scene> => {
  const systems = await startSystems(folder, customers, seed, customers);
  await setFaults(systems, MIXES[faults]);
  const people = createPeople({ crmUrl: systems.crm.url, erpUrl: systems.erp.url, seed });
  const edit = (): Editing =>
    atWork(async (signal) => (await people.edit(10, { pauseMs: EDIT_EVERY_MS, signal })).length, ENOUGH);
  return {
    env: envOf(systems),
    edit,
    heal: () => setFaults(systems, MIXES.none),
    effects: () => effectsOf(systems),
    verdict: async (parked, interruptions) => {
      const items = parked.map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
      const found = await check({
        crmControl: systems.crm.control,
        erpControl: systems.erp.control,
        parked: items,
        interruptions,
        expectCustomers: customers,
      });
      return { agrees: agrees(found), line: verdictLine(found), findings: findingLines(found) };
    },
    stop: systems.stop,
  };
};
