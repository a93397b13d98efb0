import { expect, test } from 'vitest';
import { createGiveBack } from '../../activities/give-back.ts';
import { createObserve } from '../../activities/observe.ts';
import type { ReadAnswer } from '../../connectors/sdk/seam.ts';
import type { Reading } from '../../src/ledger/port.ts';
import { aWorld, CAPABILITIES, found } from './deps.ts';

const part = { segment: 'S1', connection: 'erp' };
const reading = (facts: Partial<Reading>): Reading => ({
  slot: 'erp/Partner',
  record: 'Partner',
  ids: [],
  keys: [],
  control: null,
  ...facts,
});
type By = { readonly ids: readonly string[] } | { readonly keys: readonly string[] };
const asked: By[] = [];
const answering = (answer: (id: string) => ReadAnswer) => ({
  read: async (_record: string, by: By) => {
    asked.push(by);
    return ('ids' in by ? by.ids : by.keys).map(answer);
  },
});

test('records are asked for in batches as large as the system takes, and stored one by one as answered', async () => {
  asked.length = 0;
  const { deps, told } = aWorld({
    settings: { concurrency: 1 },
    readings: [reading({ ids: ['1', '2', '3', '4'], keys: ['k'] })],
    connector: answering((id) => (id === '2' ? { absent: true } : found(id))),
  });
  expect(await createObserve(deps)(part)).toEqual({ records: 5 });
  expect(asked).toEqual([{ ids: ['1', '2', '3'] }, { ids: ['4'] }, { keys: ['k'] }]);
  expect(told.readings.map(({ ids, keys }) => [ids.length, keys.length])).toEqual([
    [3, 0],
    [1, 0],
    [0, 1],
  ]);
  expect(told.readings[0]?.ids[1]).toEqual({ id: '2', answer: { absent: true } });
  expect(told.calls.filter((call) => call.startsWith('storeReading'))).toEqual(Array(3).fill('storeReading 7'));
});

test('a suspect is asked for beside a record that is known to be there', async () => {
  asked.length = 0;
  const { deps, told } = aWorld({
    readings: [reading({ ids: ['gone'], control: 'there' })],
    connector: answering((id) => (id === 'gone' ? { absent: true } : found(id))),
  });
  await createObserve(deps)(part);
  expect(asked).toEqual([{ ids: ['gone', 'there'] }]);
  expect(told.readings[0]).toMatchObject({ ids: [{ id: 'gone' }], controlPresent: true });
});

test('where the control record is not seen either, nothing is said to be gone', async () => {
  const { deps, told } = aWorld({
    readings: [reading({ ids: ['gone'], control: 'there' })],
    connector: answering(() => ({ absent: true })),
  });
  await createObserve(deps)(part);
  expect(told.readings[0]?.controlPresent).toBe(false);
});

test('a system that cannot be asked for one record is not asked, and does not make it absent', async () => {
  const { deps, told } = aWorld({
    readings: [reading({ ids: ['1'] })],
    connector: { capabilities: { Partner: { ...CAPABILITIES, read: { byId: false, byKey: false, maxBatch: 3 } } } },
  });
  await createObserve(deps)(part);
  expect(told.readings[0]?.ids).toMatchObject([{ id: '1', answer: { error: { class: 'unsupported' } } }]);
});

test('a record that the connector does not know is a fault of the configuration', async () => {
  const { deps } = aWorld({ readings: [reading({ record: 'Invoice', ids: ['1'] })] });
  await expect(createObserve(deps)(part)).rejects.toMatchObject({ type: 'CONFIG_INVALID', nonRetryable: true });
});

test.each([
  ['UNREACHABLE', 'UNREACHABLE'],
  ['LOGIN_REFUSED', 'CONNECTION_PAUSED'],
] as const)('after %s the writes not sent wait as %s', async (code, reason) => {
  const { deps, told } = aWorld();
  await createGiveBack(deps)({ ...part, code, retryAfterMs: 1_500 });
  expect(told.calls).toEqual([`withdraw S1 erp ${reason} 1500`]);
});
