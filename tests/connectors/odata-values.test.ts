/** Kinds of values: their writing in a record, on the wire, and as literals, in both versions. */
import { describe, expect, test } from 'vitest';
import { type Dialect, fromWire, type Kind, literal, toWire } from '../../connectors/odata/edm.ts';
import { ExactNumber, type Json } from '../../src/domain/json.ts';

const V2: Dialect = { version: 'v2', suffix: true };
const BARE: Dialect = { version: 'v2', suffix: false };
const V4: Dialect = { version: 'v4', suffix: true };

const UUID = '7b9d4a34-3b1c-4f7e-9d1f-0d6f5a6c0001';
const KINDS: readonly [Kind, string | boolean | number, Json, Json, string, string][] = [
  ['string', "O'Neil", "O'Neil", "O'Neil", "'O''Neil'", "'O''Neil'"],
  ['guid', UUID, UUID, UUID, `guid'${UUID}'`, UUID],
  ['boolean', true, true, true, 'true', 'true'],
  ['integer', 7, 7, 7, '7', '7'],
  [
    'int64',
    '9223372036854775807',
    '9223372036854775807',
    '9223372036854775807',
    '9223372036854775807L',
    '9223372036854775807',
  ],
  [
    'decimal',
    '1234567890123456.50',
    '1234567890123456.50',
    '1234567890123456.50',
    '1234567890123456.50M',
    '1234567890123456.50',
  ],
  ['date', '2026-11-27', '/Date(1795737600000)/', '2026-11-27', "datetime'2026-11-27T00:00:00'", '2026-11-27'],
  ['time', '12:30:05', 'PT12H30M05S', '12:30:05', "time'PT12H30M05S'", '12:30:05'],
  [
    'datetime',
    '2026-11-27T12:30:00.000',
    '/Date(1795782600000)/',
    '2026-11-27T12:30:00.000',
    "datetime'2026-11-27T12:30:00.000'",
    '2026-11-27T12:30:00.000',
  ],
  [
    'instant',
    '2026-11-27T12:30:00.000Z',
    '/Date(1795782600000)/',
    '2026-11-27T12:30:00.000Z',
    "datetimeoffset'2026-11-27T12:30:00.000Z'",
    '2026-11-27T12:30:00.000Z',
  ],
  ['binary', '3q2+7w==', '3q2+7w==', '3q2+7w==', "binary'DEADBEEF'", "binary'3q2+7w=='"],
];

describe.each(KINDS)('%s', (kind, value, inV2, inV4, literalV2, literalV4) => {
  test('goes out and comes back the same in both versions', () => {
    expect([toWire(kind, value, V2), toWire(kind, value, V4)]).toEqual([inV2, inV4]);
    expect([fromWire(kind, inV2), fromWire(kind, inV4)]).toEqual([value, value]);
    expect([toWire(kind, null, V2), fromWire(kind, null)]).toEqual([null, null]);
  });
  test('is a literal of its version', () => {
    expect([literal(kind, value, V2), literal(kind, value, V4)]).toEqual([literalV2, literalV4]);
    expect(literal(kind, null, V2)).toBe('null');
  });
});

test('a number that came without quotes keeps its digits as text', () => {
  expect(fromWire('decimal', new ExactNumber('0.10'))).toBe('0.10');
  expect([fromWire('decimal', 5), fromWire('int64', new ExactNumber('10000000000000001'))]).toEqual([
    '5',
    '10000000000000001',
  ]);
});

test('V2: an offset in a date moves nothing; without suffixes numbers stand bare', () => {
  expect(fromWire('instant', '/Date(1795782600000+0060)/')).toBe('2026-11-27T12:30:00.000Z');
  expect([literal('decimal', '1.50', BARE), literal('int64', '7', BARE)]).toEqual(['1.50', '7']);
  expect(literal('double', '1.5', V2)).toBe('1.5d');
});

test.each([
  ['decimal', '1,5'],
  ['decimal', '1 or 1 eq 1'],
  ['guid', "x' or 'a' eq 'a"],
  ['date', '2026-11-27T00:00:00Z'],
  ['time', '25:00:00'],
  ['integer', '1e3'],
  ['boolean', 'yes'],
  ['string', '\ud800'],
  ['string', ['a']],
] as readonly [Kind, Json][])(
  '%s: %j is refused where a literal or a body is due, and breaks out of neither',
  (kind, value) => {
    for (const dialect of [V2, V4]) {
      expect(() => literal(kind, value, dialect)).toThrow(`is no ${kind}`);
      expect(() => toWire(kind, value, dialect)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
    }
  },
);

test('what has not its form stays as it came, so that a codec can judge it', () => {
  const strange: readonly [Kind, Json][] = [
    ['date', 'soon'],
    ['time', 'noon'],
    ['instant', '/Date(99999999999999999)/'],
    ['decimal', 'NaN'],
    ['string', 7],
  ];
  for (const [kind, value] of strange) expect(fromWire(kind, value)).toEqual(value);
});
