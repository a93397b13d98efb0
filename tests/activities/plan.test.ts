import { expect, test } from 'vitest';
import { createPlan } from '../../activities/plan.ts';
import { aWorld } from './deps.ts';

/** A ledger whose plans end when the test says so. */
const slowly = () => {
  const { deps } = aWorld();
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const plan = (segment: string) =>
    new Promise<{ readonly targets: readonly string[]; readonly nudge: readonly string[]; readonly orders: [] }>(
      (resolve) => {
        began.push(segment);
        ends.set(segment, () => resolve({ targets: [segment], nudge: [], orders: [] }));
      },
    );
  return {
    plan: createPlan({ ...deps, pipeline: { ...deps.pipeline, plan } }),
    began,
    end: (segment: string) => ends.get(segment)?.(),
  };
};
const soon = () => new Promise((resolve) => setImmediate(resolve));

test('two lanes of a mapping plan one after the other, so that one can write while the other plans', async () => {
  const { plan, began, end } = slowly();
  const both = [plan({ segment: 'S1', mapping: 'customer' }), plan({ segment: 'S2', mapping: 'customer' })];
  await soon();
  expect(began).toEqual(['S1']);
  end('S1');
  expect(await both[0]).toEqual({ targets: ['S1'] });
  await soon();
  expect(began).toEqual(['S1', 'S2']);
  end('S2');
  expect(await both[1]).toEqual({ targets: ['S2'] });
});

test('another mapping is planned meanwhile, and a plan that fails holds up none', async () => {
  const { plan, began, end } = slowly();
  const first = plan({ segment: 'S1', mapping: 'customer' });
  const other = plan({ segment: 'T1', mapping: 'product' });
  await soon();
  expect(began).toEqual(['S1', 'T1']);
  end('S1');
  end('T1');
  await Promise.all([first, other]);
  const { deps } = aWorld();
  const failing = createPlan({
    ...deps,
    pipeline: { ...deps.pipeline, plan: (segment) => Promise.reject(new Error(segment)) },
  });
  await expect(failing({ segment: 'S1', mapping: 'customer' })).rejects.toThrow();
  await expect(failing({ segment: 'S2', mapping: 'customer' })).rejects.toThrow();
});
