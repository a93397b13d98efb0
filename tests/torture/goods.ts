/** The scene of goods: products, prices, stock and bills of materials are edited and entered on both sides, one bill would close a loop. */
import { startSystems } from '../../bench/systems.ts';
import { checkGoods, goodsLine } from '../../sandbox/checker/goods.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import { createCrowd } from '../../sandbox/people/crowd.ts';
import { closingBill, furnishGoods, GOODS_WORK } from '../../sandbox/people/goods.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { until } from '../../src/cli/demo/world.ts';
import { atWork, effectsOf, envOf, MIXES, type Scene, type SceneOptions, setFaults } from './sandbox.ts';

const EDIT_EVERY_MS = 60;
const ENOUGH = 400;
const ALL_WITHIN_MS = 120_000;

/** How many products the seed makes. */
export interface GoodsSceneOptions extends SceneOptions {
  readonly products: number;
}

export const goodsScene = async (options: GoodsSceneOptions): Promise<Scene> => {
  const { folder, customers, seed, faults, products } = options;
  const systems = await startSystems(folder, customers, seed, customers, products);
  const crowd = createCrowd({ crmUrl: systems.crm.url, erpUrl: systems.erp.url, seed, works: GOODS_WORK });
  await furnishGoods(crowd);
  await setFaults(systems, MIXES[faults]);
  let closed = false;
  const close = async (): Promise<void> => {
    const bill = closed ? undefined : await closingBill(crowd);
    if (bill === undefined) return;
    closed = true;
    await crowd.enter('crm', 'bom', bill);
  };
  return {
    env: envOf(systems),
    edit: () => {
      const work = atWork(async (signal) => {
        await close();
        return crowd.work(10, { pauseMs: EDIT_EVERY_MS, signal });
      }, ENOUGH);
      return {
        ...work,
        end: async () => {
          const done = await work.end();
          await until(ALL_WITHIN_MS, async () => {
            await close();
            return closed;
          });
          return done;
        },
      };
    },
    heal: () => setFaults(systems, MIXES.none),
    effects: () => effectsOf(systems),
    verdict: async (parked, interruptions) => {
      const items = parked.map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
      const { crm, erp } = systems;
      const found = await checkGoods({
        ...{ crmControl: crm.control, erpControl: erp.control, parked: items, interruptions },
      });
      // The bill that closes a loop is set aside.
      const loops = items.filter(({ code }) => code === 'REFERENCE_LOOP').length;
      return {
        agrees: found.findings.length === 0 && loops > 0,
        line: `${goodsLine(found)}; ${loops} bills that would close a loop`,
        findings: findingLines(found),
      };
    },
    stop: systems.stop,
  };
};
