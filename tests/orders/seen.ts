/** What a run shows as it goes: each thing seen a line with its time, and an end with a sentence where one is not so. */
import { until } from '../../src/cli/demo/world.ts';

export const WITHIN_MS = 60_000;
const since = performance.now();
export const line = (text: string): void =>
  void process.stdout.write(`${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
/** Ends the run with a sentence unless it is so. */
export const expect = (what: string, so: boolean, seen: unknown): void => {
  if (!so) throw new Error(`${what}, but: ${JSON.stringify(seen)}`);
  line(what);
};
export const eventually = async (
  what: string,
  look: () => Promise<unknown>,
  so: (seen: never) => boolean,
): Promise<void> => {
  let seen: unknown;
  const held = await until(WITHIN_MS, async () => {
    seen = await look();
    return so(seen as never);
  });
  expect(what, held, seen);
};
