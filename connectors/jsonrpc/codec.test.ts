import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactNumber, type Json, parseJson, stringifyJson } from '../../src/domain/json.ts';
import { decoded, encoded, type FieldType, readAs } from './codec.ts';

const wire = (value: Json): Json => parseJson(stringifyJson(value));

describe('values that JSON has no word for', () => {
  test.each<[FieldType, Json]>([
    ['decimal', new ExactNumber('1234567890123456.50')],
    ['decimal', new ExactNumber('0.10')],
    ['decimal', 12.5],
    ['date', '2024-02-29'],
    ['time', '23:59:01.5'],
    ['instant', '2026-11-25T01:43:06.852087Z'],
    ['instant', '1969-12-31T23:59:59Z'],
    ['duration', 'PT5400S'],
    ['bytes', 'aGVsbG8='],
    ['text', 'plain'],
    ['integer', 7],
    ['boolean', false],
    ['float', 0.35],
    ['date', null],
  ])('a %s goes over the wire and comes back as it was', (type, value) => {
    expect(decoded(wire(encoded(value, type)))).toEqual(value);
  });

  test('every decimal keeps its digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.stringMatching(/^[0-9]{1,12}$/), (whole, part) => {
        const digits = `${whole}.${part}`;
        expect(String(decoded(wire(encoded(digits, 'decimal'))))).toBe(digits);
      }),
    );
  });

  test('tagged values are found at any depth, and an unknown tag stays as it is', () => {
    const row = { lines: [{ price: { __class__: 'Decimal', decimal: '2.50' } }], odd: { __class__: 'set', v: 1 } };
    expect(decoded(row)).toEqual({ lines: [{ price: new ExactNumber('2.50') }], odd: { __class__: 'set', v: 1 } });
  });

  test.each<[FieldType, Json]>([
    ['decimal', 'twelve'],
    ['date', '29.2.2024'],
    ['date', '2024-13-01'],
    ['instant', 'yesterday'],
    ['boolean', 'yes'],
    ['duration', '3 hours'],
  ])('a %s that is none is refused before anything is sent: %s', (type, value) => {
    expect(() => encoded(value, type)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  test('a flag that the database keeps as 0 or 1 reads as a flag', () => {
    expect([readAs(0, 'boolean'), readAs(1, 'boolean'), readAs(true, 'boolean'), readAs(1, 'integer')]).toEqual([
      false,
      true,
      true,
      1,
    ]);
  });
});
