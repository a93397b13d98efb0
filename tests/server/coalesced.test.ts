import { expect, test } from 'vitest';
import { coalesced } from '../../src/server/coalesced.ts';

/** Work that ends when it is told to. */
const aWork = () => {
  const ends: (() => void)[] = [];
  let begun = 0;
  const ask = coalesced(() => {
    begun += 1;
    const mine = begun;
    return new Promise<number>((resolve) => ends.push(() => resolve(mine)));
  });
  return { ask, ends, begun: () => begun };
};

test('who asks while work runs waits for the next run, and all who wait share it', async () => {
  const { ask, ends, begun } = aWork();
  const first = ask();
  const later = [ask(), ask(), ask()];
  expect(begun()).toBe(1);
  ends[0]?.();
  expect(await first).toBe(1);
  await expect.poll(begun).toBe(2);
  ends[1]?.();
  expect(await Promise.all(later)).toEqual([2, 2, 2]);
});

test('an answer is never older than its question', async () => {
  let state = 'before';
  const ends: (() => void)[] = [];
  const ask = coalesced(() => {
    const seen = state;
    return new Promise<string>((resolve) => ends.push(() => resolve(seen)));
  });
  const first = ask();
  state = 'after';
  const second = ask();
  ends[0]?.();
  expect(await first).toBe('before');
  await expect.poll(() => ends.length).toBe(2);
  ends[1]?.();
  expect(await second).toBe('after');
});

test('a run that fails is the failure of those who asked for it, and the next runs anew', async () => {
  let fails = true;
  const ask = coalesced(async () => {
    if (fails) throw new Error('no ledger');
    return 1;
  });
  const [first, second] = [ask(), ask()];
  await expect(first).rejects.toThrow('no ledger');
  await expect(second).rejects.toThrow('no ledger');
  fails = false;
  expect(await ask()).toBe(1);
});
