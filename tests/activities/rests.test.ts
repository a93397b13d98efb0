import { expect, test } from 'vitest';
import { createRests } from '../../activities/rests.ts';

const LONG_MS = 3_600_000;
const signal = (): AbortSignal => new AbortController().signal;

test('a rest ends with its time, and the step goes on', async () => {
  expect(await createRests(1).rest('erp/Partner', 1, signal())).toBe(true);
});

test('whoever is called looks at once; the others rest on', async () => {
  const rests = createRests(2);
  const called = rests.rest('erp/Partner', LONG_MS, signal());
  const other = rests.rest('crm/Account', LONG_MS, signal());
  rests.call(['erp/Partner']);
  expect(await called).toBe(true);
  expect(rests.resting()).toBe(1);
  rests.sendHome();
  expect(await other).toBe(false);
});

test('another configuration ends the steps that rest, and later ones may rest again', async () => {
  const rests = createRests(1);
  const before = rests.rest('erp/Partner', LONG_MS, signal());
  rests.sendHome();
  expect(await before).toBe(false);
  expect(await rests.rest('erp/Partner', 1, signal())).toBe(true);
});

test('a worker that stops is held up by nobody, also by none that was looking meanwhile', async () => {
  const rests = createRests(1);
  const before = rests.rest('erp/Partner', LONG_MS, signal());
  rests.close();
  expect(await before).toBe(false);
  expect(await rests.rest('erp/Partner', LONG_MS, signal())).toBe(false);
});

test('a step that the engine gave up rests no longer', async () => {
  const rests = createRests(1);
  const attempt = new AbortController();
  const resting = rests.rest('erp/Partner', LONG_MS, attempt.signal);
  attempt.abort();
  expect(await resting).toBe(false);
  expect(await rests.rest('erp/Partner', LONG_MS, attempt.signal)).toBe(false);
});

test('where too many rest already the next one ends its step, so that others find a place', async () => {
  const rests = createRests(1);
  const first = rests.rest('erp/Partner', LONG_MS, signal());
  expect(await rests.rest('crm/Account', LONG_MS, signal())).toBe(false);
  rests.close();
  await first;
});
