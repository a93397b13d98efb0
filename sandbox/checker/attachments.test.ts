import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { type AttachmentCase, judgeAttachments } from './attachments.ts';

const LINK = 'https://files.example.com/flange.pdf';
const left: Doc = { attachment_id: 'AT-1', name: 'Flange.pdf', media_type: 'application/pdf', size: 48213, link: LINK };
const right: Doc = { document: 'AT-1', file_name: 'Flange.pdf', mime_type: 'application/pdf', bytes: 48213, url: LINK };
const both = (crm: readonly Doc[], erp: readonly Doc[], parked: AttachmentCase['parked'] = []): readonly string[] =>
  judgeAttachments({
    orders: [{ id: 'O-1', erp_number: '700', attachments: crm }],
    salesOrders: [{ number: '700', external_order: 'O-1', attachments: erp }],
    hosts: ['files.example.com'],
    parked,
  }).map(({ kind, field, reason }) => `${kind} ${field}: ${reason}`);
const aside = { crm: 'O-1', field: 'attachments[AT-1].link', code: 'LINK_REFUSED' };

test('an attachment that both sides name alike is in agreement', () => {
  expect(both([left], [right])).toEqual([]);
});

test.each([
  ['url', 'https://files.example.com/other.pdf', 'link'],
  ['file_name', 'Other.pdf', 'name'],
  ['checksum', '9f86', 'hash'],
])('an attachment whose %s is another there is seen', (column, value, name) => {
  expect(both([left], [{ ...right, [column]: value }])).toEqual([
    `unexplained attachment lines[AT-1].${name}: both sides say it otherwise`,
  ]);
});

test('one that a side has not, or has twice, is seen', () => {
  expect(both([left], [])).toEqual(['lost attachment lines[AT-1]: one side has no such line']);
  expect(both([left], [right, right])).toEqual(['doubled attachment lines[AT-1]: a line stands there twice']);
});

test.each([
  'javascript:alert(1)',
  'https://files.example.org/f',
  'http://files.example.com/f',
  'https://u@files.example.com/f',
])('a link to elsewhere may not cross, and somebody must be told: %s', (link) => {
  const bad = { ...left, link };
  expect(both([bad], [right], [aside])).toEqual([]);
  expect(both([bad], [], [aside])).toEqual([]);
  expect(both([bad], [right])).toEqual(['lost attachments[AT-1].link: nobody is told of it']);
  expect(both([bad], [{ ...right, url: link }], [aside])).toEqual([
    'unexplained attachments[AT-1].link: a link to elsewhere',
  ]);
});
