import { expect, test } from 'vitest';
import type { Call } from '../sdk/seam.ts';
import { createReferences } from './references.ts';
import type { Rpc } from './rpc.ts';

const CALL: Call = { signal: new AbortController().signal };
const currency = (code: string) => ({ of: 'currency', by: 'code', code });

/** Answers when the test says so. */
const aSlowSystem = () => {
  const waiting: (() => void)[] = [];
  const ask: Rpc['ask'] = (_what, shape, values) =>
    new Promise((done) => {
      const { codes } = values as { codes: readonly string[] };
      shape({ ...values, lead: [] });
      waiting.push(() => done({ result: codes.map((code, id) => ({ id, code })), serverMs: undefined }));
    });
  return { rpc: { ask } as Pick<Rpc, 'ask'> as Rpc, waiting };
};

test('a code that is looked up anew stands until the answer is there: a write beside it is not refused for it', async () => {
  let now = 0;
  const { rpc, waiting } = aSlowSystem();
  const references = createReferences({ method: 'find', params: [] }, rpc, () => now);
  const first = references.learn([currency('EUR')], CALL);
  waiting.shift()?.();
  await first;
  // One write knows EUR and asks for USD; meanwhile EUR is out of date, and another write asks for it again.
  const one = references.learn([currency('EUR'), currency('USD')], CALL);
  now = 61_000;
  const other = references.learn([currency('EUR')], CALL);
  waiting.shift()?.();
  await one;
  expect(references.resolve({ of: 'currency', by: 'code' }, 'EUR')).toEqual({ id: 0 });
  waiting.shift()?.();
  await other;
});
