/** The scene of staff: personnel hires, moves and lets go in the ERP, customers pass from one to the other, and one slip would make a loop of superiors. */
import { getJson, startSystems } from '../../bench/systems.ts';
import { checkStaff, staffLine } from '../../sandbox/checker/staff.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { createCrowd } from '../../sandbox/people/crowd.ts';
import { erpDesk } from '../../sandbox/people/desk.ts';
import { STAFF_WORK, slipOf } from '../../sandbox/people/staff.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { atWork, effectsOf, envOf, MIXES, type Scene, type SceneOptions, setFaults } from './sandbox.ts';

const EDIT_EVERY_MS = 60;
const ENOUGH = 400;

/** How many work for us. */
export interface StaffSceneOptions extends SceneOptions {
  readonly employees: number;
}

export const staffScene = async (options: StaffSceneOptions): Promise<Scene> => {
  const { folder, customers, seed, faults, employees } = options;
  const systems = await startSystems(folder, customers, seed, customers, 0, employees);
  await setFaults(systems, MIXES[faults]);
  const crowd = createCrowd({ crmUrl: systems.crm.url, erpUrl: systems.erp.url, seed, works: STAFF_WORK });
  const slip = async (): Promise<void> => {
    const address = `${systems.erp.control}/control/state?record=employee&limit=5000`;
    const found = slipOf((await getJson<{ readonly records: readonly Doc[] }>(address)).records);
    if (found === undefined) throw new Error('nobody reports to anybody who does');
    const desk = erpDesk(systems.erp.url, 'employee');
    for (let done = false; !done; ) {
      const whom = await desk.read(String(found.whom['number']));
      done = whom === undefined || (await desk.write(whom, { manager: found.under['number'] ?? '' }));
    }
  };
  let slipped: Promise<void> | undefined;
  return {
    env: envOf(systems),
    edit: () =>
      atWork(async (signal) => {
        slipped ??= slip();
        await slipped;
        return crowd.work(10, { pauseMs: EDIT_EVERY_MS, signal });
      }, ENOUGH),
    heal: () => setFaults(systems, MIXES.none),
    effects: () => effectsOf(systems),
    verdict: async (parked, interruptions) => {
      const items = parked.map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
      const { crm, erp } = systems;
      const found = await checkStaff({
        ...{ crmControl: crm.control, erpControl: erp.control, today: new Date().toISOString().slice(0, 10) },
        ...{ parked: items, interruptions },
      });
      const loops = items.filter(({ code }) => code === 'REFERENCE_LOOP').length;
      return {
        agrees: found.findings.length === 0,
        line: `${staffLine(found)}; ${loops} superiors would stand above themselves`,
        findings: findingLines(found),
      };
    },
    stop: systems.stop,
  };
};
