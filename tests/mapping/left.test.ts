import { describe, expect, test } from 'vitest';
import { leftOf, leftPaths } from '../../src/mapping/left.ts';
import { pathOf } from '../../src/mapping/path.ts';
import type { MappingFile } from '../../src/mapping/schema.ts';

const fileOf = (identity: object): MappingFile => ({ identity }) as MappingFile;
const marks = { crm: [], erp: [{ text: 'active', path: pathOf('active'), allowed: new Set(['false']) }] };

describe('a side that marks records as out of use and names what they were merged into', () => {
  const file = fileOf({ retired: { erp: { active: [false] } }, merged_into: { erp: 'replaced_by' } });
  const { retired, mergedInto } = leftOf(file, marks);
  test.each([
    ['in use', { active: true, replaced_by: null }, false, undefined],
    ['out of use', { active: false, replaced_by: null }, true, undefined],
    ['merged', { active: false, replaced_by: 7 }, true, '7'],
    ['in use again, though it still names the other', { active: true, replaced_by: 7 }, false, undefined],
    ['without either', {}, false, undefined],
  ])('says of a record that is %s what it is', (_what, body, out, into) => {
    expect([retired('erp', body), mergedInto('erp', body)]).toEqual([out, into]);
    expect([retired('crm', body), mergedInto('crm', body)]).toEqual([false, undefined]);
  });
  test('keeps both in the ledger', () => {
    expect([leftPaths(file, 'erp'), leftPaths(file, 'crm')]).toEqual([['active', 'replaced_by'], []]);
  });
});

test('a side that only names what took a record’s place is believed without a mark', () => {
  const { retired, mergedInto } = leftOf(fileOf({ merged_into: { crm: 'MasterId' } }), { crm: [], erp: [] });
  expect([mergedInto('crm', { MasterId: '001A' }), mergedInto('crm', { MasterId: '' })]).toEqual(['001A', undefined]);
  expect(retired('crm', { MasterId: '001A' })).toBe(false);
});
