import { expect, test } from 'vitest';
import { createTurn } from '../../activities/turn.ts';
import type { Claimed } from '../../src/ledger/port.ts';

const NOTHING: Claimed = { segment: null, records: 0, changes: false, sources: [], nextDue: null, more: false };
const FOUND: Claimed = { ...NOTHING, segment: 'S2', records: 1, changes: true };
const request = { mapping: 'order', fresh: 'S2', workflow: 'sync-order' };

/** A turn whose claim answers so, and what it did, in order. */
const aTurn = (claimed: Claimed) => {
  const did: unknown[] = [];
  const turn = createTurn({
    release: async ({ segment }) => void did.push(`release ${segment}`),
    claim: async (given) => {
      did.push(given);
      return claimed;
    },
    plan: async ({ segment, mapping }) => {
      did.push(`plan ${segment} of ${mapping}`);
      return { targets: ['erp'] };
    },
  });
  return { did, turn };
};

test('what is done is released first, and what is due is claimed and planned in the same step', async () => {
  const { did, turn } = aTurn(FOUND);
  expect(await turn({ ...request, done: 'S1' })).toEqual({ ...FOUND, targets: ['erp'] });
  expect(did).toEqual(['release S1', request, 'plan S2 of order']);
});

test.each([
  ['nothing is due', NOTHING],
  ['records must be read first', { ...FOUND, sources: ['crm'] }],
  ['a second lane is to work beside the plan of a load', { ...FOUND, more: true }],
])('where %s nothing is planned in this step', async (_why, claimed) => {
  const { did, turn } = aTurn(claimed);
  expect(await turn(request)).toEqual(claimed);
  expect(did).toEqual([request]);
});
