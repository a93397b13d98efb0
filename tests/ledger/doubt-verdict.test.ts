/** What a reading says of an update in doubt that writes into elements of a list. */
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Context } from '../../src/ledger/steps/context.ts';
import { judgeUpdate } from '../../src/ledger/steps/doubt-verdict.ts';
import type { OpenIntent } from '../../src/ledger/steps/intents.ts';
import { compiledOf, shippedFiles } from '../mapping/kit.ts';

const mappings = compiledOf(shippedFiles());
const context = { mappings: () => mappings } as unknown as Context;
const KEY = 'lines[line_no=10].line_no';
const STATE = 'lines[line_no=10].state';
// As it is stated: the key of a line is sent with what is written there, and `before` does not know it.
const intent = {
  ...{ mapping: 'order', slot: 'crm/Order', op: 'update', outcome: null, expect_version: 'v1', sends: 1 },
  body: {
    side: 'crm',
    intended: { number: { value: '0000700001' }, 'order lines[10].state': { value: 'confirmed' } },
    values: { erp_number: '0000700001', [KEY]: '10', [STATE]: 'confirmed' },
    before: { erp_number: null, [KEY]: null, [STATE]: null },
  },
} as unknown as OpenIntent;
const judged = (version: string, body: JsonObject) =>
  judgeUpdate(context, intent, { id: 'O-1', found: [{ id: 'O-1', version, body }] } as never);
const order = (number: string | null, state: string | null): JsonObject => ({
  ...{ id: 'O-1', erp_number: number },
  lines: [{ line_no: '10', state }],
});

test('a line that stands there as before is no sign that the write took effect: it is sent again', () => {
  expect(judged('v1', order(null, null))).toEqual({ again: true });
});

test('where the version moved on and nothing of ours stands there, nobody says that it took effect', () => {
  expect(judged('v2', order(null, null))).toEqual({ end: 'unknown' });
});

test('what stands there in part took effect, and was edited since', () => {
  expect(judged('v2', order('0000700001', null))).toMatchObject({ overtaken: true });
});

test('what stands there whole took effect', () => {
  expect(judged('v2', order('0000700001', 'confirmed'))).not.toHaveProperty('overtaken');
  expect(judged('v2', order('0000700001', 'confirmed'))).toHaveProperty('took');
});
