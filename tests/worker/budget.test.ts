import { expect, test } from 'vitest';
import { createLeave } from '../../src/worker/budget.ts';

/** A budget that says how long to wait and remembers what was taken and given back. */
const aBudget = (waitMs = 0) => {
  const said: string[] = [];
  return {
    said,
    draw: async (requests: number) => {
      said.push(`draw ${requests}`);
      return waitMs;
    },
    giveBack: async (requests: number) => void said.push(`back ${requests}`),
  };
};

test('without a limit nobody is asked', async () => {
  const budget = aBudget();
  await createLeave('crm', undefined, budget)();
  expect(budget.said).toEqual([]);
});

test('requests are drawn a quarter of a second at a time, also when many ask at once', async () => {
  const budget = aBudget();
  const leave = createLeave('crm', 40, budget);
  await Promise.all(Array.from({ length: 20 }, () => leave()));
  expect(budget.said).toEqual(['draw 10', 'draw 10']);
});

test('what is not used is given back', async () => {
  const budget = aBudget();
  await createLeave('crm', 40, budget)();
  await expect.poll(() => budget.said, { timeout: 5_000 }).toEqual(['draw 10', 'back 9']);
});

test('a budget that is used up for long gives the work back instead of holding it', async () => {
  const budget = aBudget(31_000);
  const asked = createLeave('crm', 40, budget)();
  await expect(asked).rejects.toMatchObject({ code: 'RATE_LIMITED', facts: { retryAfterMs: 31_000, unsent: true } });
  expect(budget.said).toEqual(['draw 10', 'back 10']);
});
