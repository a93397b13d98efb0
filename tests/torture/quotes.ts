/** The scene of quotes: sales offers in the CRM, some of it below its cost, and customers accept; the reply to an acceptance is lost, and one order comes of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { startSystems } from '../../bench/systems.ts';
import { checkQuotes, quoteLine } from '../../sandbox/checker/quotes.ts';
import { readSystem } from '../../sandbox/checker/read.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import type { Fault } from '../../sandbox/kit/faults.ts';
import { createCrowd } from '../../sandbox/people/crowd.ts';
import { furnishQuotes, QUOTE_WORK } from '../../sandbox/people/quotes.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { until } from '../../src/cli/demo/world.ts';
import { atWork, type Editing, effectsOf, envOf, MIXES, type Scene, type SceneOptions, setFaults } from './sandbox.ts';

const EDIT_EVERY_MS = 60;
const ENOUGH = 200;
const LOST_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 2_000;
/** The ERP has taken the acceptance and made its order, and we are not told: so it goes until one was lost. */
const LOST: Fault = {
  kind: 'reset-after',
  rate: 1,
  path: '/api/quotations/update',
  actor: 'tally',
  only_writes: true,
};

export const quoteScene = async ({ folder, customers, seed, faults }: SceneOptions): Promise<Scene> => {
  const systems = await startSystems(folder, customers, seed, customers);
  const crowd = createCrowd({ crmUrl: systems.crm.url, erpUrl: systems.erp.url, seed, works: QUOTE_WORK });
  await furnishQuotes(crowd);
  const mix = MIXES[faults];
  await setFaults(systems, faults === 'none' ? mix : { ...mix, erp: [...mix.erp, LOST] });
  /** How many quotations were accepted by us without our hearing of it. */
  const lost = async (): Promise<number> => {
    const { commits = [] } = await readSystem(systems.erp.control, 'quotation');
    const unheard = commits.filter(
      ({ actor, unanswered, after }) => actor === 'tally' && unanswered === true && after?.['status'] === 'ACCEPTED',
    );
    return new Set(unheard.map(({ id }) => id)).size;
  };
  const edit = (): Editing => {
    const editing = atWork((signal) => crowd.work(10, { pauseMs: EDIT_EVERY_MS, signal }), ENOUGH);
    const met = async (): Promise<boolean> => {
      if ((await lost()) > 0) return true;
      await pause(LOOK_EVERY_MS);
      return false;
    };
    const meeting = (async () => {
      if (faults === 'none') return;
      if (!(await until(LOST_WITHIN_MS, met))) throw new Error('no acceptance of a quote has lost its reply');
      await setFaults(systems, mix);
    })();
    meeting.catch(() => undefined); // whoever waits for the end is told
    return {
      ...editing,
      end: async () => {
        await meeting;
        return editing.end();
      },
    };
  };
  return {
    env: envOf(systems),
    edit,
    heal: () => setFaults(systems, MIXES.none),
    effects: () => effectsOf(systems),
    verdict: async (parked) => {
      const items = parked.map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
      const { crm, erp } = systems;
      const found = await checkQuotes({ crmControl: crm.control, erpControl: erp.control, parked: items });
      // Where nothing was offered nothing was tried.
      const agrees = found.findings.length === 0 && found.counts.quote > 0;
      return {
        agrees,
        line: `${quoteLine(found)}; ${await lost()} accepted with a lost reply`,
        findings: findingLines(found),
      };
    },
    stop: systems.stop,
  };
};
