/** The scene of quotes: sales offers in the CRM, some of it below its cost, and customers accept while the reply may be lost. */
import { startSystems } from '../../bench/systems.ts';
import { checkQuotes, quoteLine } from '../../sandbox/checker/quotes.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import { createCrowd } from '../../sandbox/people/crowd.ts';
import { furnishQuotes, QUOTE_WORK } from '../../sandbox/people/quotes.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { atWork, effectsOf, envOf, MIXES, type Scene, type SceneOptions, setFaults } from './sandbox.ts';

const EDIT_EVERY_MS = 60;
const ENOUGH = 200;

export const quoteScene = async ({ folder, customers, seed, faults }: SceneOptions): Promise<Scene> => {
  const systems = await startSystems(folder, customers, seed, customers);
  const crowd = createCrowd({ crmUrl: systems.crm.url, erpUrl: systems.erp.url, seed, works: QUOTE_WORK });
  await furnishQuotes(crowd);
  await setFaults(systems, MIXES[faults]);
  return {
    env: envOf(systems),
    edit: () => atWork((signal) => crowd.work(10, { pauseMs: EDIT_EVERY_MS, signal }), ENOUGH),
    heal: () => setFaults(systems, MIXES.none),
    effects: () => effectsOf(systems),
    verdict: async (parked) => {
      const items = parked.map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
      const { crm, erp } = systems;
      const found = await checkQuotes({ crmControl: crm.control, erpControl: erp.control, parked: items });
      // Where nothing was offered nothing was tried.
      const agrees = found.findings.length === 0 && found.counts.quote > 0;
      return { agrees, line: quoteLine(found), findings: findingLines(found) };
    },
    stop: systems.stop,
  };
};
