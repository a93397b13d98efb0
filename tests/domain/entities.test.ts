import { globSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CURRENCIES } from '../../src/domain/codes.ts';
import { findingsOf, privateOf } from '../../src/domain/entities/check.ts';
import { type Entity, EntityFile, type Fields, fieldSchema, refusals } from '../../src/domain/entities/entity.ts';
import { ENTITIES } from '../../src/domain/entities/index.ts';
import { type TypeName, typeOf, VALUE_TYPES } from '../../src/domain/entities/types.ts';
import { UNITS } from '../../src/domain/units.ts';

const NAMES = [
  ...['customer', 'contact', 'employee', 'product', 'price-list-entry', 'bom', 'stock-level', 'opportunity', 'quote'],
  ...['order', 'delivery', 'invoice', 'payment', 'sales-target', 'forecast', 'service-case'],
];
const entity = (name: string): Entity => {
  const found = ENTITIES.get(name);
  if (found === undefined) throw new Error(`there is no entity ${name}`);
  return found;
};
/** Every group of fields of an entity: its head and its lists. */
const groups = ({ fields, lines = {} }: Entity): readonly (readonly [string, Fields])[] => [
  ['', fields],
  ...Object.entries(lines).map(([name, line]) => [name, line.fields] as const),
];
const sentenceOf = (schema: ReturnType<typeof fieldSchema>, value: unknown): string | undefined =>
  schema.safeParse(value).error?.issues[0]?.message;

test('the kinds of record that a CRM and an ERP share are all declared', () => {
  expect([...ENTITIES.keys()]).toEqual(NAMES);
});

describe.each(Object.keys(VALUE_TYPES) as TypeName[])('the type %s', (name) => {
  const { schema, summary, examples, wrong, codec, also, lookup } = typeOf(name);

  test('takes its examples, and refuses what is wrong with a sentence', () => {
    expect(summary).toMatch(/\.$/);
    for (const example of examples) expect(schema.safeParse(example).success).toBe(true);
    expect(wrong.length).toBeGreaterThan(0);
    for (const [value, sentence] of wrong) expect(sentenceOf(schema, value)).toBe(sentence);
    expect(sentenceOf(schema, undefined)).toBe('it is missing');
    // Somehow a mapping must be able to give one.
    expect(codec !== undefined || also.length > 0 || lookup).toBe(true);
  });
});

describe.each(NAMES)('the entity %s', (name) => {
  const declared = entity(name);

  test('is declared in the words that a file of one’s own has, and keeps their rules', () => {
    expect(EntityFile.parse(JSON.parse(JSON.stringify(declared)))).toEqual(declared);
    expect(findingsOf(declared, new Set(NAMES))).toEqual([]);
    expect(declared.summary).toMatch(/\.$/);
    expect(Object.values(declared.fields).some(({ required }) => required === true) || name === 'contact').toBe(true);
  });

  test('says of each field what it means and where it was read, takes its examples, and refuses what is wrong', () => {
    for (const [, fields] of groups(declared))
      for (const [field, facts] of Object.entries(fields)) {
        const type = typeOf(facts.type);
        const schema = fieldSchema(facts);
        expect([field, facts.summary]).toEqual([field, expect.stringMatching(/\.$/)]);
        expect([field, facts.sources.length]).toEqual([field, expect.toSatisfy((count: number) => count > 0)]);
        const examples = facts.examples ?? facts.one_of ?? (facts.max === undefined ? type.examples : []);
        for (const example of examples) expect([field, sentenceOf(schema, example)]).toEqual([field, undefined]);
        const [value, sentence] = type.wrong[0] ?? [];
        expect([field, sentenceOf(schema, value)]).toEqual([field, sentence]);
        if (facts.max !== undefined)
          expect(
            sentenceOf(schema, facts.type === 'email' ? `${'a'.repeat(facts.max)}@b` : 'x'.repeat(facts.max + 1)),
          ).toMatch(/^the text has \d+ characters where \d+ are allowed$/);
        if (facts.one_of !== undefined)
          expect(sentenceOf(schema, 'nonsense')).toBe(`"nonsense" is not one of ${facts.one_of.join(', ')}`);
      }
  });

  test('a number in it is decimal text, and no binary number ever passes', () => {
    const numbers = groups(declared).flatMap(([, fields]) =>
      Object.values(fields).filter(({ type }) =>
        ['decimal', 'percent', 'quantity', 'money', 'price', 'divisor', 'integer'].includes(type),
      ),
    );
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.double(), fc.bigInt()), (value) => {
        for (const field of numbers) expect(fieldSchema(field).safeParse(value).success).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

test('decimal text of any length passes as it stands, with all its zeros', () => {
  const digits = fc
    .stringMatching(/^-?(0|[1-9][0-9]{0,60})(\.[0-9]{1,60})?$/)
    .filter((text) => !/^-0(\.0+)?$/.test(text));
  fc.assert(
    fc.property(digits, (text) => {
      expect(typeOf('price').schema.parse(text)).toBe(text);
    }),
  );
});

const LINE = { 'line number': '10', quantity: '3', unit: 'H87', 'unit price': '33.335', 'net amount': '100.01' };
const INVOICE = {
  number: 'R1',
  customer: '100045',
  'issue date': '2026-11-27',
  currency: 'EUR',
  'invoice lines': [LINE],
};

test.each<[string, string, Record<string, unknown>, readonly string[]]>([
  ['a sound invoice', 'invoice', {}, []],
  [
    'a price of more decimals than the currency',
    'invoice',
    { 'invoice lines': [{ ...LINE, 'unit price': '0.00125' }] },
    [],
  ],
  [
    'yen with sen',
    'invoice',
    { currency: 'JPY', 'invoice lines': [], 'net total': '100.5' },
    ['net total: 100.5 has 1 decimals where JPY has 0'],
  ],
  ['dinars with fils', 'invoice', { currency: 'KWD', 'invoice lines': [], 'net total': '100.125' }, []],
  [
    'euros with mills in a line, whose currency stands in the head',
    'invoice',
    { 'invoice lines': [{ ...LINE, 'net amount': '1.005' }] },
    ['invoice lines, 0, net amount: 1.005 has 3 decimals where EUR has 2'],
  ],
  ['no currency', 'invoice', { currency: undefined, 'invoice lines': [] }, ['currency: it is missing']],
  ['a field that is not there', 'invoice', { colour: 'red' }, ['colour: there is no such field']],
  [
    'a line without a number',
    'invoice',
    { 'invoice lines': [{ ...LINE, 'line number': undefined }] },
    ['invoice lines, 0, line number: it is missing'],
  ],
  [
    'a binary number',
    'invoice',
    { 'invoice lines': [{ ...LINE, quantity: 3 }] },
    ['invoice lines, 0, quantity: 3 is not a decimal number as text'],
  ],
])('%s is judged with its place', (_what, name, change, sentences) => {
  expect(refusals(entity(name), { ...INVOICE, ...change })).toEqual(sentences);
});

test('a quantity without its unit, an amount without its currency, and a numerator without its denominator are refused', () => {
  const bom = { product: 'P1', components: [{ 'line number': '1', numerator: '1', unit: 'KGM' }] };
  expect(refusals(entity('bom'), bom)).toEqual(['components, 0, numerator: "denominator" is missing beside it']);
  const third = { ...bom, components: [{ ...bom.components[0], denominator: '3' }] };
  expect(refusals(entity('bom'), third)).toEqual([]);
  expect(refusals(entity('customer'), { name: 'Acme', 'credit limit': '5000' })).toEqual([
    'credit limit: "currency" is missing beside it',
  ]);
  expect(refusals(entity('product'), { number: 'P', name: 'Pump', 'net weight': '2.5' })).toEqual([
    'net weight: "weight unit" is missing beside it',
  ]);
});

test('currencies are those that another list knows too, and have their own minor units', () => {
  const known = new Set(Intl.supportedValuesOf('currency'));
  // Newer, or for accounts alone.
  const strange = [...CURRENCIES.keys()].filter((code) => !known.has(code));
  expect(strange.filter((code) => !['CLF', 'UYW', 'VED', 'XCG', 'ZWG', 'SLE'].includes(code))).toEqual([]);
  expect(['EUR', 'JPY', 'KWD', 'CLF', 'ISK'].map((code) => CURRENCIES.get(code))).toEqual([2, 0, 3, 4, 0]);
  expect(CURRENCIES.size).toBeGreaterThan(150);
});

test('a unit’s code has two or three characters, and stands once', () => {
  for (const [code, name] of UNITS)
    expect([code, name]).toEqual([expect.stringMatching(/^[A-Z0-9]{2,3}$/), expect.any(String)]);
  expect(new Set(UNITS.values()).size).toBe(UNITS.size);
});

test('a column named as a source of a system whose records we have is really there', () => {
  const SYSTEMS: Readonly<Record<string, string>> = {
    Salesforce: 'salesforce',
    HubSpot: 'hubspot',
    Odoo: 'odoo',
    ERPNext: 'erpnext',
    Tryton: 'tryton',
  };
  const root = new URL('../../connectors/', import.meta.url).pathname;
  const columns = new Map<string, ReadonlySet<string>>();
  for (const [system, folder] of Object.entries(SYSTEMS))
    for (const path of globSync(`${folder}/schema/*.json`, { cwd: root })) {
      const { record, fields } = JSON.parse(readFileSync(`${root}${path}`, 'utf8'));
      columns.set(`${system} ${record}`, new Set(fields.map((field: { path: string }) => field.path)));
    }
  let looked = 0;
  const missing: string[] = [];
  for (const declared of ENTITIES.values())
    for (const [, fields] of groups(declared))
      for (const source of Object.values(fields).flatMap((field) => field.sources)) {
        const at = source.indexOf('.');
        const known = at < 0 ? undefined : columns.get(source.slice(0, at));
        if (known === undefined) continue;
        looked += 1;
        if (!known.has(source.slice(at + 1))) missing.push(`${declared.entity}: ${source}`);
      }
  expect(missing).toEqual([]);
  expect(looked).toBeGreaterThan(80);
});

test.each([
  ['passport no', true],
  ['passportNumber', true],
  ['Birthdate', true],
  ['date_of_birth', true],
  ['national id', true],
  ['bankAccount', true],
  ['IBAN', true],
  ['social security number', true],
  ['number', false],
  ['tax id', false],
  ['start date', false],
  ['account', false],
  ['sales code', false],
])('"%s" identifies a person: %s', (name, does) => {
  expect(privateOf(name) !== undefined).toBe(does);
});

test('what is declared about staff is little: nothing that identifies anybody to a state or a bank', () => {
  for (const name of ['employee', 'contact'])
    expect(Object.keys(entity(name).fields).filter((field) => privateOf(field) !== undefined)).toEqual([]);
  expect(Object.keys(entity('employee').fields)).toHaveLength(20);
});
