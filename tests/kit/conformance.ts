/** The laws that every connector keeps, as one suite. A law that a system cannot be tried on is left out with a reason. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLaws } from './laws-read.ts';
import { writeLaws } from './laws-write.ts';
import { actionsOf, type ConformanceWorld, type Trial } from './trial.ts';

export type { ConformanceWorld };

type Law = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
const LAWS: readonly Law[] = [1, 2, 3, 4, 5, 6, 7, 8, 9];
interface LeftOut {
  readonly law: Law;
  readonly reason: string;
}

/** Runs the laws on a system. `open` is called once. */
export const conformance = (
  name: string,
  open: () => Promise<ConformanceWorld>,
  { skip = [] }: { readonly skip?: readonly LeftOut[] } = {},
): void => {
  describe(`${name} keeps the laws of connectors`, () => {
    let opened: ReturnType<Trial> | undefined;
    const at: Trial = () => {
      if (opened === undefined) throw new Error('the system is not there');
      return opened;
    };
    beforeAll(async () => {
      const world = await open();
      opened = { world, actions: actionsOf(world, world.connect()) };
    });
    afterAll(async () => {
      await opened?.actions.connector.close();
      await opened?.world.close();
    });
    const suite: Partial<Record<Law, () => void>> = { ...writeLaws(at), ...readLaws(at) };
    const left = new Map(skip.map(({ law, reason }) => [law, reason]));
    for (const law of LAWS) if (!left.has(law)) suite[law]?.();

    test(`every law is kept or left out with a reason: ${skip.map(({ law, reason }) => `${law}: ${reason}`).join('; ')}`, () => {
      expect(
        LAWS.filter((law) => (suite[law] === undefined || left.has(law)) && (left.get(law) ?? '').length < 20),
      ).toEqual([]);
    });
  });
};
