/** The scene of a torture on the sandbox CRM and a real Tryton: neither is killed itself. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startSystem } from '../../bench/systems.ts';
import { agrees, findingLines, verdictLine } from '../../sandbox/checker/verdict.ts';
import { checkTryton } from '../../sandbox/tryton/checker.ts';
import { createTrytonPeople, type Deed, type Edit, type TrytonPeople } from '../../sandbox/tryton/people.ts';
import { makeTwins } from '../../sandbox/tryton/twins.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { trytonAs } from '../../src/cli/demo/pairs.ts';
import { startCluster } from '../../src/cli/up/cluster.ts';
import { quickFolder } from '../kit/quick-folder.ts';
import type { Editing, Scene, SceneOptions } from './sandbox.ts';

const EDIT_EVERY_MS = 150;
const ENOUGH = 60;
const CLERKS = 3;
// Few enough that nothing takes them for an accident: more than ten records lost in a day are asked about first.
const MOST_DEEDS = 10;
const FEWEST_DEEDS = 5;
const SORTED_WITHIN_MS = 120_000;
const SORT_EVERY_MS = 3_000;

/** Where Tryton keeps its data: its own file, or a PostgreSQL of its own, which goes with the run. */
const trytonData = async (
  kind: SceneOptions['erpDb'],
  folder: string,
): Promise<{ readonly flags: readonly string[]; readonly env: NodeJS.ProcessEnv; stop(): Promise<void> }> => {
  if (kind === 'sqlite') {
    await mkdir(folder, { recursive: true });
    return { flags: ['--data', folder], env: process.env, stop: async () => undefined };
  }
  const temporary = quickFolder('tryton-postgres');
  const cluster = await startCluster(temporary, 'none');
  return {
    flags: ['--postgresql'],
    env: { ...process.env, DATABASE_URL: cluster.url('postgres') },
    stop: async () => {
      await cluster.stop();
      await rm(temporary, { recursive: true, force: true });
    },
  };
};

/** Resolves with the address when Tryton listens; it was built before if need be. */
const startTryton = async (
  { erpDb, customers, seed }: SceneOptions,
  folder: string,
): Promise<{ readonly url: string; stop(): Promise<void> }> => {
  const data = await trytonData(erpDb, folder);
  const file = fileURLToPath(new URL('../../sandbox/tryton/main.ts', import.meta.url));
  const flags = [...data.flags, '--customers', String(customers), '--seed', String(seed)];
  const child: ChildProcess = fork(file, flags, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: data.env });
  const ready = once(child, 'message') as Promise<[{ readonly ready: { readonly url: string } }]>;
  const [said] = await Promise.race([
    ready,
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`Tryton ended with ${code} before it was ready`))),
  ]);
  return {
    url: said.ready.url,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      await data.stop();
    },
  };
};

export const trytonScene = async (options: SceneOptions): Promise<Scene> => {
  const { folder, customers, seed } = options;
  const crm = await startSystem('crm', `${folder}/crm`, 0, seed);
  const erp = await startTryton(options, `${folder}/tryton`);
  const env = { SANDBOX_CRM_URL: crm.url, SANDBOX_CRM_CONTROL_URL: crm.control, SANDBOX_ERP_URL: erp.url };
  const tryton = trytonAs(env, 'people');
  await makeTwins({ crmUrl: crm.url, tryton, customers, seed });
  // Each with a session of their own: several in Tryton at once, one at the CRM's desk, one who sorts customers out.
  const busy = new Set<string>();
  const sitDown = (nth: number): Promise<TrytonPeople> =>
    createTrytonPeople({ crmUrl: crm.url, tryton, seed: seed * 100 + nth, busy });
  const clerks = await Promise.all(Array.from({ length: CLERKS }, (_, nth) => sitDown(nth)));
  const [seller, sorter] = [await sitDown(CLERKS), await sitDown(CLERKS + 1)];
  const edits = (): readonly Edit[] => [...clerks, seller].flatMap(({ done }) => done).sort((a, b) => a.at - b.at);
  const edit = (): Editing => {
    const over = new AbortController();
    let seen = (): void => undefined;
    const pace = { pauseMs: EDIT_EVERY_MS, signal: over.signal };
    const shift = async (work: () => Promise<unknown>): Promise<void> => {
      while (!over.signal.aborted) {
        await work();
        if (edits().length >= ENOUGH) seen();
      }
    };
    const sortOut = async (): Promise<void> => {
      await delay(SORT_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      if (!over.signal.aborted && sorter.deeds.length < MOST_DEEDS) await sorter.sort();
    };
    const work = Promise.all([
      ...clerks.map((clerk) => shift(() => clerk.edit(3, pace))),
      shift(() => seller.editCrm(3, pace)),
      shift(sortOut),
    ]);
    return {
      enough: () => Promise.race([work.then(() => undefined), new Promise<void>((resolve) => (seen = resolve))]),
      end: async () => {
        over.abort();
        await work;
        // However slow the machine was, each kind of deed was done, and a merge after a return to use.
        const late = Date.now() + SORTED_WITHIN_MS;
        while (sorter.deeds.length < FEWEST_DEEDS && Date.now() < late)
          if ((await sorter.sort()) === undefined) await delay(1_000);
        const times = (kind: Deed['deed']): string =>
          `${sorter.deeds.filter(({ deed }) => deed === kind).length} ${kind}`;
        const sorted = [times('deactivated'), times('reactivated'), times('merged')].join(', ');
        return `${edits().length} edits, customers ${sorted}`;
      },
    };
  };
  return {
    env,
    edit,
    heal: async () => undefined,
    // Tryton keeps no ledger that would say when an effect came about.
    effects: async () => [],
    verdict: async (parked, interruptions) => {
      const items = parked.map(({ members, field, code, candidates }) => ({
        ...{ field, code, ...idsOf(members) },
        listed: candidates.map(({ id }) => id),
      }));
      const found = await checkTryton({
        crmControl: crm.control,
        tryton,
        parked: items,
        interruptions,
        edits: edits(),
        deeds: sorter.deeds,
        expectCustomers: customers,
      });
      return { agrees: agrees(found), line: verdictLine(found), findings: findingLines(found) };
    },
    stop: async () => void (await Promise.all([crm.stop(), erp.stop()])),
  };
};
