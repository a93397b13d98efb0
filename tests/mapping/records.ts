/** Records nobody would wish for: generated values for every path of a mapping. */
import fc from 'fast-check';
import { ExactNumber, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { Side } from '../../src/domain/record.ts';
import type { Field } from '../../src/mapping/field.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { withValues } from '../../src/mapping/path.ts';
import type { World } from './kit.ts';

const NASTY: readonly Json[] = [
  null,
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'x\udc00y',
  'é',
  'e\u0301',
  '  Acme  GmbH ',
  'ACME GMBH',
  '😀'.repeat(90),
  'שלום',
  '\u202eevil',
  '\u200b',
  'ß',
  'İ',
  'ŉ',
  'ΐ',
  '﷽',
  '0',
  0,
  -0,
  1e21,
  0.1,
  1e-7,
  true,
  false,
  new ExactNumber('12345678901234567890123456789012345678'),
  new ExactNumber('1200.50'),
  '1e400',
  '-.5',
  '00',
  [],
  {},
  [null],
  [['x']],
  { toString: 'x' },
  'constructor',
  '__proto__',
  '+49 30 123456',
  '030/123 ext 5',
  'a@b',
  'no',
  'NO',
  'X',
  'x'.repeat(300),
  '\n\t',
];
const GOOD: Readonly<Record<string, readonly Json[]>> = {
  country: ['DE', 'de', 'NO', 'SE'],
  language: ['DE', 'en', 'no'],
  phone: ['+49 30 123456', '+4930123456', '+47 22 12 34 56', '030 123456'],
  email: ['ann@example.com', 'Ann@EXAMPLE.com', 'bo@example.org'],
  flag: [true, false, 'X', ''],
  decimal: [0, 5000, '5000.00', new ExactNumber('5000.00'), new ExactNumber('123456789012345678.25'), '0.1'],
  integer: [1, '007', new ExactNumber('12345678901234567890')],
  date: ['2026-02-28', '2024-02-29'],
  instant: ['2026-02-28T10:00:00Z', '2026-02-28T11:00:00+01:00', '2026-02-28T10:00:00.123456Z'],
  url: ['example.com', 'https://Example.com/', 'http://example.com/a?b'],
  'tax id': ['DE 111', 'de111', 'DE222'],
};
const WORDS: readonly Json[] = ['Acme GmbH', ' Acme GmbH', 'ACME GMBH', 'Acme AG', 'Bo & Co', 'Ann Lee', 'Lee'];

const rowsOf = (files: Readonly<Record<string, string>>, name: string): readonly Json[] => {
  const text = Object.entries(files).find(([path]) => path.endsWith(`/${name}.yaml`))?.[1] ?? '';
  return [...text.matchAll(/(?:crm|erp): ([^,}]+)/g)].map(([, value]) =>
    (value ?? '').trim().replace(/^"(.*)"$/, '$1'),
  );
};

const someValue = (files: Readonly<Record<string, string>>, field: Field): fc.Arbitrary<Json | undefined> => {
  const good = field.translation.startsWith('lookup ')
    ? rowsOf(files, field.translation.slice(7))
    : (GOOD[field.translation] ?? WORDS);
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...good, 'unknown word') },
    { weight: 2, arbitrary: fc.constantFrom(...NASTY) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 100 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
};

/** Values for the paths of a side, some missing. */
export const valuesOf = (
  mapping: CompiledMapping,
  files: Readonly<Record<string, string>>,
  side: Side,
): fc.Arbitrary<Readonly<Record<string, Json>>> => {
  const byPath = new Map(
    mapping.fields.flatMap((field) => field[side].texts.map((text) => [text, someValue(files, field)] as const)),
  );
  return fc
    .record(Object.fromEntries(byPath))
    .map((values) =>
      Object.fromEntries(
        Object.entries(values).flatMap(([path, value]) => (value === undefined ? [] : [[path, value]])),
      ),
    );
};

const JUNK: JsonObject = {
  note: 'keep\u0000 me',
  custom: { deep: [1, { a: new ExactNumber('1.50') }] },
  addresses: [{ use: 'ship-to', street: 'left alone' }],
};

/** A record with values at the mapped paths and things beside them that are none of our business. */
export const bodyOf = (
  mapping: CompiledMapping,
  files: Readonly<Record<string, string>>,
  side: Side,
): fc.Arbitrary<JsonObject> =>
  fc.tuple(valuesOf(mapping, files, side), fc.boolean()).map(([values, junk]) => withValues(junk ? JUNK : {}, values));

const times = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', '2026-01-02T00:00:00Z');

/** Two records that never agreed, or one. */
export const worldOf = (mapping: CompiledMapping, files: Readonly<Record<string, string>>): fc.Arbitrary<World> =>
  fc
    .record({
      crm: fc.option(bodyOf(mapping, files, 'crm'), { nil: undefined, freq: 6 }),
      erp: fc.option(bodyOf(mapping, files, 'erp'), { nil: undefined, freq: 6 }),
      at: fc.record({ crm: times, erp: times }),
    })
    .map(({ crm, erp, at }) => ({
      ...(crm === undefined ? {} : { crm }),
      ...(erp === undefined ? {} : { erp }),
      at,
      baseline: {},
    }));

/** Edits of some paths at both sides. */
export const editsOf = (
  mapping: CompiledMapping,
  files: Readonly<Record<string, string>>,
): fc.Arbitrary<Readonly<Record<Side, Readonly<Record<string, Json>>>>> => {
  const some = (side: Side) =>
    fc
      .tuple(valuesOf(mapping, files, side), fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }))
      .map(([values, kept]) => Object.fromEntries(Object.entries(values).filter((_, i) => kept[i] === true)));
  return fc.record({ crm: some('crm'), erp: some('erp') });
};
