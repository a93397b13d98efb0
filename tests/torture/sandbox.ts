/** The scene of a torture on the two sandbox systems: they are never killed themselves, so that their ledgers are the truth. */

import { type Commit, ledgerOf, postJson, startSystems } from '../../bench/systems.ts';
import { check } from '../../sandbox/checker/check.ts';
import { agrees, findingLines, verdictLine } from '../../sandbox/checker/verdict.ts';
import { createPeople } from '../../sandbox/people.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import type { Verdict } from '../../src/cli/demo/story.ts';
import type { ParkedItem } from '../../src/cli/demo/world.ts';

export interface Editing {
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
  /** When effects of ours came about at either system, ms, in order. */
  effects(): Promise<readonly number[]>;
  verdict(parked: readonly ParkedItem[], interruptions: readonly number[]): Promise<Verdict>;
  stop(): Promise<void>;
}
export interface SceneOptions {
  readonly folder: string;
  readonly customers: number;
  readonly seed: number;
  readonly faults: boolean;
  /** What a Tryton keeps its data in. */
  readonly erpDb: 'sqlite' | 'postgresql';
}

const FAULTS = [
  { kind: '500', rate: 0.05 },
  { kind: '429', rate: 0.02, retry_after_s: 1 },
  { kind: 'reset-after', rate: 0.01 },
];
const EDIT_EVERY_MS = 60;
const ENOUGH = 400;

export const sandboxScene = async ({ folder, customers, seed, faults }: SceneOptions): Promise<Scene> => {
  const systems = await startSystems(folder, customers, seed, customers);
  const setFaults = async (list: readonly unknown[]): Promise<void> => {
    for (const { control } of [systems.crm, systems.erp]) await postJson(`${control}/control/faults`, list);
  };
  if (faults) await setFaults(FAULTS);
  const people = createPeople({ crmUrl: systems.crm.url, erpUrl: systems.erp.url, seed });
  const edit = (): Editing => {
    const over = new AbortController();
    let done = 0;
    let seen = (): void => undefined;
    const work = (async () => {
      while (!over.signal.aborted) {
        done += (await people.edit(10, { pauseMs: EDIT_EVERY_MS, signal: over.signal })).length;
        if (done >= ENOUGH) seen();
      }
    })();
    return {
      enough: () => Promise.race([work, new Promise<void>((resolve) => (seen = resolve))]),
      end: async () => {
        over.abort();
        await work;
        return `${done} edits`;
      },
    };
  };
  return {
    env: {
      SANDBOX_CRM_URL: systems.crm.url,
      SANDBOX_ERP_URL: systems.erp.url,
      SANDBOX_CRM_CONTROL_URL: systems.crm.control,
      SANDBOX_ERP_CONTROL_URL: systems.erp.control,
    },
    edit,
    heal: () => setFaults([]),
    effects: async () => {
      const both = await Promise.all([
        ledgerOf<Commit>(systems.crm, 'commits'),
        ledgerOf<Commit>(systems.erp, 'commits'),
      ]);
      return both
        .flat()
        .filter(({ actor }) => actor === 'tally')
        .map(({ at }) => Date.parse(at))
        .sort((a, b) => a - b);
    },
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
