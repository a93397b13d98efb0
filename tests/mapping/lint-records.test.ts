import { describe, expect, test } from 'vitest';
import { lintRevision } from '../../src/mapping/lint.ts';
import { type DescribedRecord, lint } from '../../src/mapping/lint-records.ts';
import { compiledOf, only, small, smallFiles } from './kit.ts';

describe('against the systems’ own descriptions', () => {
  const fine: DescribedRecord['capabilities'] = {
    changes: { mode: 'timestamp', deletes: 'in-feed' },
    write: { delete: true },
  };
  const account: DescribedRecord = {
    record: 'Account',
    fields: [
      { path: 'name', type: 'text', max: 100, required: true },
      { path: 'town', type: 'text' },
      { path: 'addresses[].street', type: 'text' },
      { path: 'custom', type: 'object' },
    ],
    capabilities: fine,
  };
  const partner: DescribedRecord = {
    record: 'Partner',
    fields: [
      { path: 'title', type: 'text', max: 80, required: true },
      { path: 'place', type: 'text' },
    ],
    capabilities: fine,
  };
  const rules = (fields: string, records: { crm: DescribedRecord; erp: DescribedRecord }, text?: string) =>
    lint(small(fields, text === undefined ? {} : { text }), records).map(({ rule, message, line }) => ({
      rule,
      message,
      at: line > 1,
    }));
  const city =
    '  city: { crm: town, erp: place, flow: crm <-> erp, as: text, conflict: newest wins, max: { erp: 40 } }';

  test('a mapping that fits is clean', () => {
    expect(
      rules(
        `${city}\n  s: { crm: "addresses[use=x].street", erp: s, flow: crm <- erp, as: text }\n  c: { crm: custom.any.thing, erp: s, flow: crm <- erp, as: text }`,
        { crm: account, erp: { ...partner, fields: [...partner.fields, { path: 's', type: 'text', readOnly: true }] } },
      ),
    ).toEqual([]);
  });

  test('a column that cannot be written may be one that records are only known by', () => {
    const shown = { ...partner, fields: [partner.fields[0], { path: 'place', type: 'text', readOnly: true }] };
    const found = (toErp: string, more: string): readonly string[] => {
      const files = smallFiles(`  city: { crm: town, erp: place, flow: crm -> erp, as: text${more} }`);
      const text = (files['mappings/small.yaml'] ?? '').replace('to_erp: create', `to_erp: ${toErp}`);
      const mapping = only(compiledOf({ 'mappings/small.yaml': text }));
      return lint(mapping, { crm: account, erp: shown as DescribedRecord }).map(({ rule }) => rule);
    };
    expect(found('ignore', ', create_only: true')).toEqual([]);
    expect(found('ignore', '')).toEqual(['read-only-target']);
    expect(found('create', ', create_only: true')).toEqual(['read-only-target']);
  });

  test('fields that somebody added are known by how their names begin or end', () => {
    const found = (path: string, erp: string) =>
      rules(`  s: { crm: town, erp: ${erp}, flow: crm -> erp, as: text }`, {
        crm: account,
        erp: { ...partner, fields: [...partner.fields, { path, type: 'unknown' }] },
      }).map(({ rule }) => rule);
    expect(found('*__c', 'Score__c')).toEqual([]);
    expect(found('props.*', 'props.score')).toEqual([]);
    expect(found('*__c', 'Score__x')).toEqual(['unknown-path']);
    expect(found('*__c', '__c')).toEqual(['unknown-path']);
  });

  test.each([
    ['unknown-path', 'Partner has no "place"', { ...partner, fields: partner.fields.slice(0, 1) }],
    [
      'read-only-target',
      '"place" of Partner cannot be written',
      { ...partner, fields: [...partner.fields.slice(0, 1), { path: 'place', type: 'text', readOnly: true }] },
    ],
    [
      'length-mismatch',
      'city: the mapping allows 40 characters, Partner takes 20',
      { ...partner, fields: [...partner.fields.slice(0, 1), { path: 'place', type: 'text', max: 20 }] },
    ],
    [
      'required-target-unmapped',
      'Partner needs "tax", and nothing writes it',
      { ...partner, fields: [...partner.fields, { path: 'tax', type: 'text', required: true }] },
    ],
    [
      'newest-without-time',
      'city: Partner does not say when it was changed',
      { ...partner, capabilities: { ...fine, changes: { mode: 'none', deletes: 'in-feed' } } },
    ],
  ] as const)('%s', (rule, message, erp) => {
    expect(rules(city, { crm: account, erp })).toEqual([{ rule, message, at: true }]);
  });

  test('deletes that only show by absence are never mirrored', () => {
    const absent = { ...account, capabilities: { ...fine, changes: { mode: 'timestamp', deletes: 'absence' } } };
    const files = smallFiles(city);
    const text = (files['mappings/small.yaml'] ?? '').replace(
      'to_crm: create } }',
      'to_crm: create }, on_delete: { to_erp: delete, to_crm: report } }',
    );
    const mapping = only(compiledOf({ 'mappings/small.yaml': text }));
    expect(
      lint(mapping, { crm: absent, erp: { ...partner, capabilities: { ...fine, write: { delete: false } } } }).map(
        ({ rule }) => rule,
      ),
    ).toEqual(['delete-needs-tombstone', 'delete-unsupported']);
  });
});

test('a change without a new revision is named', () => {
  const before = small('  city: { crm: town, erp: place, flow: crm -> erp, as: text }');
  const now = small('  city: { crm: town, erp: place, flow: crm -> erp, as: text, drift: keep }');
  expect(lintRevision(before, now)).toMatchObject([
    { rule: 'revision-not-raised', line: 2, remedy: 'Say `revision: 2`.' },
  ]);
  expect(lintRevision(before, before)).toEqual([]);
});
