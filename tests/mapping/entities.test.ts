import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TypeName, typeOf, VALUE_TYPES } from '../../src/domain/entities/types.ts';
import type { Json } from '../../src/domain/json.ts';
import { CODECS } from '../../src/mapping/codecs.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { Fault } from '../../src/mapping/fault.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { problemLine } from '../../src/mapping/problem.ts';
import { broken, CUSTOMER } from './broken.ts';
import { compiledOf, only, shippedFiles, smallFiles } from './kit.ts';

const PROJECT = `entity: project
summary: Work that we do for a customer.
fields:
  name: { type: text, summary: What it is called., required: true }
  budget: { type: money, summary: What it may cost., in: currency }
  currency: { type: currency, summary: The currency of its amounts. }
  state: { type: choice, summary: How far it is., one_of: [open, closed] }
  start: { type: date, summary: First day. }
  customer: { type: reference, summary: For whom., to: customer }
lines:
  steps:
    summary: What is to be done.
    fields:
      cost: { type: money, summary: What it costs., in: currency }
`;
const own = (find = '', put = ''): Readonly<Record<string, string>> => {
  if (!PROJECT.includes(find)) throw new Error(`the declaration does not say ${find}`);
  return { 'entities/project.yaml': PROJECT.replace(find, put) };
};
/** A small mapping of an entity, with one more field. */
const of = (entity: string, field: string): Readonly<Record<string, string>> =>
  smallFiles(`  ${field}`, {
    text: `entity: ${entity}`,
    lookups: ['lookup: table\nrevision: 1\nsummary: x\nrows: [{ crm: a, erp: b }]'],
  });
const WAY = 'crm: a, erp: b, flow: crm <-> erp, conflict: park';
const fieldOf = (mapping: CompiledMapping, name: string) => {
  const found = mapping.fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`there is no field ${name}`);
  return found;
};
const shape = (mapping: CompiledMapping): unknown =>
  mapping.fields.map(({ crm, erp, near: _near, ...field }) => ({
    ...field,
    crm: { ...crm, decode: null, encode: null },
    erp: { ...erp, decode: null, encode: null },
  }));

const TYPES = Object.keys(VALUE_TYPES) as TypeName[];

test('every codec that a type names is there', () => {
  const named = TYPES.map(typeOf).flatMap(({ codec, also }) => [...(codec === undefined ? [] : [codec]), ...also]);
  expect(named.filter((name) => CODECS[name] === undefined)).toEqual([]);
});

test.each(TYPES.filter((name) => typeOf(name).codec !== undefined))(
  'the type %s takes whatever its codec gives',
  (name) => {
    const { codec, schema } = typeOf(name);
    const decode = CODECS[codec ?? '']?.decode({}, 'crm', 1);
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.emailAddress(),
      fc.webUrl(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom(...Object.values(CODECS).flatMap(({ examples }) => examples.map(([native]) => native))),
      fc.constantFrom('de', 'PT', 'tl', 'xk', 'gv', 'xbx', 'DE 1.2-3', '0', '-0', '-0.00', '1e-300', '9'.repeat(399)),
    ) as fc.Arbitrary<Json>;
    fc.assert(
      fc.property(anything, (native) => {
        const value = decode?.(native) ?? null;
        if (value === null || value instanceof Fault) return;
        // A codec knows no zero of its own: by nothing nothing is divided, and the record's check says so.
        if (name === 'divisor' && !/^0*[.0]*[1-9]/.test(String(value))) return;
        expect(schema.safeParse(value)).toMatchObject({ success: true });
      }),
      { numRuns: 1_000 },
    );
  },
);

test('a field that names a canonical one has its codec and its limit without saying so', () => {
  const { mappings, problems } = compileMappings({
    ...of(
      'customer',
      `email: { ${WAY} }\n  own words: { ${WAY.replace('crm: a, erp: b', 'crm: c, erp: d')}, as: text }`,
    ),
  });
  expect(problems).toEqual([]);
  const mapping = only(mappings);
  expect(mapping.entity?.entity).toBe('customer');
  expect(fieldOf(mapping, 'email')).toMatchObject({ translation: 'email', crm: { max: 254 }, erp: { max: 254 } });
  expect(fieldOf(mapping, 'own words')).toMatchObject({ translation: 'text' });
});

test('a limit that a mapping states stands before that of the entity', () => {
  const mapping = only(compiledOf(of('customer', `email: { ${WAY}, max: { erp: 40 } }`)));
  expect(fieldOf(mapping, 'email')).toMatchObject({ crm: { max: 254 }, erp: { max: 40 } });
});

test('the party mapping, which states no codec, is what it was when it stated them all', () => {
  const files = shippedFiles();
  const text = files['mappings/party.yaml'] ?? '';
  const codecs = {
    ...{ name: 'text', language: 'language', phone: 'phone', street: 'text', 'postal code': 'text', city: 'text' },
    ...{ country: 'country', 'tax id': 'tax id', email: 'email\n    max: { crm: 254, erp: 254 }' },
  };
  expect(text).not.toMatch(/^ {4}as:/m);
  const spelt = Object.entries(codecs).reduce(
    (before, [name, codec]) => before.replace(`\n  ${name}:\n`, `\n  ${name}:\n    as: ${codec}\n`),
    text.replace(/^entity: .*\n/m, ''),
  );
  const [now, before] = [text, spelt].map((each) => compiledOf({ ...files, 'mappings/party.yaml': each }).get('party'));
  if (now === undefined || before === undefined) throw new Error('there is no party');
  expect(before.entity).toBeUndefined();
  expect(shape(now)).toEqual(shape(before));
  expect([now.identityHash, now.projectionHash]).toEqual([before.identityHash, before.projectionHash]);
});

test('the customer mapping is what it was without the word, but that too long an e-mail address parks', () => {
  const files = shippedFiles();
  const text = files[CUSTOMER] ?? '';
  const [now, before] = [text, text.replace(/^entity: .*\n/m, '')].map((each) =>
    compiledOf({ ...files, [CUSTOMER]: each }).get('customer'),
  );
  if (now === undefined || before === undefined) throw new Error('there is no customer');
  const limited = shape(before) as { name: string; crm: object; erp: object }[];
  expect(shape(now)).toEqual(
    limited.map((field) =>
      field.name === 'email' ? { ...field, crm: { ...field.crm, max: 254 }, erp: { ...field.erp, max: 254 } } : field,
    ),
  );
  expect([now.identityHash, now.projectionHash]).toEqual([before.identityHash, before.projectionHash]);
});

test.each([
  [
    'as: country',
    'as: text',
    'country: in the entity "customer" it is of the type country, which the codec "text" does not give',
    'Leave `as:` out, or say one of `country`; or give the field another name if it means something else.',
  ],
  [
    'as: decimal',
    'as: text',
    'credit limit: in the entity "customer" it is of the type money, which the codec "text" does not give',
    'Leave `as:` out, or say one of `decimal`, `integer`; or give the field another name if it means something else.',
  ],
  [
    'as: decimal',
    'lookup: payment-terms',
    'credit limit: in the entity "customer" it is of the type money, which no table of words gives',
    'Leave `lookup:` out; the codec is then `decimal`. Or give the field another name if it means something else.',
  ],
])('a translation that contradicts the type is found: %s → %s', (find, put, message, remedy) => {
  const { mappings, problems } = broken(find, put);
  expect(mappings.has('customer')).toBe(false);
  const found = problems.find(({ rule }) => rule === 'entity-type');
  expect(found).toMatchObject({ file: CUSTOMER, message, remedy });
  expect((shippedFiles()[CUSTOMER] ?? '').replace(find, put).split('\n')[(found?.line ?? 0) - 1]).toContain(put);
});

test('a choice must be translated, by a table or as the word it is', () => {
  const rules = (more: string) =>
    compileMappings(of('customer', `status: { ${WAY}${more} }`)).problems.map(({ rule }) => rule);
  expect(rules('')).toEqual(['one-translation']);
  expect(rules(', as: flag')).toEqual(['entity-type']);
  expect(rules(', as: text')).toEqual([]);
  expect(rules(', lookup: table')).toEqual([]);
});

const LINES = `lines:
  order lines:
    crm: items
    erp: rows
    key: line number
    fields:
      line number: { crm: no, erp: pos, flow: crm <-> erp, conflict: park }
      quantity: { crm: amount, erp: qty, flow: crm -> erp }
      our words: { crm: c, erp: d, flow: crm -> erp, as: text }
`;
const withLines = (text: string): Readonly<Record<string, string>> =>
  smallFiles('', { text: `entity: order\n${text}` });

test('the fields of a list take their types from the list of that name', () => {
  const [lines] = only(compiledOf(withLines(LINES))).lines;
  const translations = lines?.fields.map(({ name, translation }) => [name, translation]);
  expect(translations).toEqual([
    ['line number', 'text'],
    ['quantity', 'decimal'],
    ['our words', 'text'],
  ]);
  const wrong = compileMappings(
    withLines(LINES.replace('erp: qty, flow: crm -> erp', 'erp: qty, flow: crm -> erp, as: text')),
  );
  expect(wrong.problems).toMatchObject([
    {
      rule: 'entity-type',
      message: expect.stringMatching(/^quantity: in the entity "order" it is of the type quantity/),
    },
  ]);
  expect(wrong.problems[0]?.line).toBe(14);
});

test('an entity that there is not is named, with what was meant', () => {
  expect(broken('entity: customer #', 'entity: costumer #').problems).toMatchObject([
    {
      rule: 'unknown-entity',
      message: 'there is no entity "costumer"',
      remedy: expect.stringMatching(/^Did you mean "customer"\?/),
    },
  ]);
});

test('an entity of one’s own is read from entities/, and a mapping of it has its types', () => {
  const files = { ...of('project', `budget: { ${WAY} }`), ...own() };
  const mapping = only(compiledOf(files));
  expect(fieldOf(mapping, 'budget').translation).toBe('decimal');
  const wrong = compileMappings({ ...of('project', `start: { ${WAY}, as: instant }`), ...own() });
  expect(wrong.problems.map(({ rule }) => rule)).toEqual(['entity-type']);
});

test.each([
  [
    'type: money, summary: What it may cost., in: currency',
    'type: money, summary: What it may cost.',
    'entity-unit',
    'budget: a money needs its currency',
    5,
  ],
  [
    'in: currency }\n  currency',
    'in: state }\n  currency',
    'entity-unit',
    'budget: "state" is no field of the type currency',
    5,
  ],
  ['one_of: [open, closed]', 'sources: []', 'entity-words', 'state: a choice must say its words', 7],
  ['type: date,', 'type: date, one_of: [a],', 'entity-words', 'start: a date has no words to choose from', 8],
  ['to: customer', 'to: costumer', 'unknown-entity', 'customer: there is no entity "costumer"', 9],
  ['type: date', 'type: day', 'bad-value', 'start, type: "day" is not one of the words allowed here', 8],
  ['type: date,', 'type: date, colour: red,', 'unknown-key', 'start: there is no key "colour" here', 8],
  [
    'type: date,',
    'type: date, examples: ["2026-02-30"],',
    'bad-value',
    'start: "2026-02-30" is not a date (YYYY-MM-DD)',
    8,
  ],
  ['type: date,', 'type: date, unit: DAYS,', 'entity-unit', 'start: "DAYS" is no unit code of UN/ECE Rec 20', 8],
  ['type: date,', 'type: date, over: name,', 'entity-unit', 'start: "name" is no field of the type divisor', 8],
  [
    'What it costs., in: currency',
    'What it costs., in: unit',
    'entity-unit',
    'cost: "unit" is no field of the type currency',
    14,
  ],
  ['entity: project', 'entity: invoice', 'name-taken', '"invoice" is an entity of the product', 1],
  ['entity: project', 'entity: work', 'misnamed', 'the file is named "project", the entity "work"', 1],
  [
    'summary: First day. }',
    'summary: First day. }\n  passport no: { type: code, summary: His passport., personal: true }',
    'identity-number',
    'passport no: it identifies a person, and nothing says why it must cross',
    9,
  ],
])('what is wrong in an entity of one’s own is found: %s → %s', (find, put, rule, message, line) => {
  const files = {
    ...of('project', `start: { ${WAY} }`),
    ...own(find, put),
  };
  const { mappings, problems } = compileMappings(files);
  expect(mappings.size).toBe(0);
  const found = problems.find((problem) => problem.rule === rule);
  expect(found === undefined ? problems.map(problemLine) : [found.file, found.line, found.message]).toEqual([
    'entities/project.yaml',
    line,
    message,
  ]);
  expect(found?.remedy).toMatch(/[.?]$/);
});

test('a file that is broken takes its mappings along, and nothing else', () => {
  const files = { ...shippedFiles(), ...of('project', `start: { ${WAY} }`), 'entities/project.yaml': 'entity: [' };
  const { mappings, problems } = compileMappings(files);
  expect([...mappings.keys()]).toEqual([...compileMappings(shippedFiles()).mappings.keys()]);
  expect(problems.map(({ rule }) => rule)).toEqual(['broken-yaml']);
});

test.each([
  [
    'passport number: { crm: a, erp: b',
    'passport number: it identifies a person, and "employee" does not say why it must cross',
  ],
  [
    'key: { crm: Birthdate, erp: b',
    'key: "Birthdate" identifies a person, and "employee" does not say why it must cross',
  ],
])('of staff nothing crosses that identifies a person: %s', (start, message) => {
  const field = `${start}, flow: crm -> erp, as: text }`;
  expect(compileMappings(of('employee', field)).problems).toMatchObject([{ rule: 'identity-number', message }]);
  // Of a company it may be the account that it pays from.
  expect(compileMappings(of('customer', field)).problems).toEqual([]);
});

test('it crosses where an entity of one’s own says why', () => {
  const driver = `entity: driver
summary: Somebody who drives for us.
fields:
  family name: { type: text, summary: Last name., personal: true, required: true }
  driving licence: { type: code, summary: Its number., personal: true, necessary: The law has it checked twice a year. }
`;
  const field = `driving licence: { ${WAY} }`;
  expect(compileMappings({ ...of('driver', field), 'entities/driver.yaml': driver }).problems).toEqual([]);
  const silent = driver.replace(/, necessary: [^}]*/, ' ');
  expect(compileMappings({ ...of('driver', field), 'entities/driver.yaml': silent }).problems).toMatchObject([
    { file: 'entities/driver.yaml', rule: 'identity-number' },
  ]);
});
