/**
 * What the value of a canonical field may be. A number is decimal text and never a binary number: `0.1` stays `0.1`,
 * and nothing is divided. Each refusal is a sentence without the field's name.
 */
import { z } from 'zod';
import { COUNTRIES, CURRENCIES } from '../codes.ts';
import { isUnit, UNITS } from '../units.ts';
import { decimal, isClean, isDay, isLanguage, isZone, refusal, word } from './values.ts';

/** One type of value. */
export interface ValueType {
  readonly summary: string;
  /** Refuses what is no such value. */
  readonly schema: z.ZodType<string | boolean>;
  /** The codec of a mapping's field that does not name one; none where words must be translated first. */
  readonly codec?: string;
  /** Further codecs whose values are such values. */
  readonly also: readonly string[];
  /** A lookup table may translate it. */
  readonly lookup: boolean;
  readonly examples: readonly (string | boolean)[];
  /** What is refused, and why. */
  readonly wrong: readonly (readonly [value: unknown, sentence: string])[];
}

const NUMBER_WRONG = [
  [12.5, '12.5 is not a decimal number as text'],
  ['1,5', '"1,5" is not a decimal number as text'],
  ['1e3', '"1e3" is not a decimal number as text'],
  ['-0.0', '"-0.0" is not a decimal number as text'],
] as const;

const text = (summary: string, examples: readonly string[]): ValueType => ({
  summary,
  schema: word('text without outer spaces', isClean),
  codec: 'text',
  also: ['upper text', 'join'],
  lookup: true,
  examples,
  wrong: [
    [12, '12 is not text without outer spaces'],
    ['', '"" is not text without outer spaces'],
  ],
});

const number = (summary: string, examples: readonly string[]): ValueType => ({
  summary,
  schema: decimal('a decimal number as text'),
  codec: 'decimal',
  also: ['integer'],
  lookup: false,
  examples,
  wrong: NUMBER_WRONG,
});

/** Every type by name. */
export const VALUE_TYPES = {
  text: text('Text in one composed form (NFC), without outer spaces.', ['Acme GmbH']),
  code: text('A number or code as its system writes it: text, so that leading zeros stay.', ['00100045']),
  choice: {
    summary: 'One of the words that the field lists.',
    schema: word('one word', isClean),
    also: ['text'],
    lookup: true,
    examples: [],
    wrong: [[1, '1 is not one word']],
  },
  flag: {
    summary: 'True or false.',
    schema: z.boolean({ error: refusal('true or false') }),
    codec: 'flag',
    also: [],
    lookup: true,
    examples: [true, false],
    wrong: [['X', '"X" is not true or false']],
  },
  integer: {
    summary: 'A whole number of any length, as text.',
    schema: decimal('a whole number as text', (each) => !each.includes('.')),
    codec: 'integer',
    also: [],
    lookup: false,
    examples: ['30'],
    wrong: [
      [30, '30 is not a whole number as text'],
      ['30.5', '"30.5" is not a whole number as text'],
    ],
  },
  decimal: number('A decimal number of any length, as text.', ['0.10']),
  percent: number('A percentage as text: 19 is 19 %.', ['19', '7.5']),
  quantity: number('How much, as decimal text; the unit stands in a field of its own.', ['2.5']),
  money: number(
    'An amount, as decimal text with no more decimals than its currency has; the currency stands in a field of its own.',
    ['1200.50'],
  ),
  price: number(
    'A price of one unit, as decimal text; it may have more decimals than its currency. The currency stands in a field of its own.',
    ['0.00125'],
  ),
  divisor: {
    ...number('What a numerator is divided by, kept beside it and never worked out: decimal text above zero.', ['12']),
    schema: decimal('a decimal number above zero as text', (each) => !each.startsWith('-') && /[1-9]/.test(each)),
    wrong: [
      [12, '12 is not a decimal number above zero as text'],
      ['0.00', '"0.00" is not a decimal number above zero as text'],
    ],
  },
  date: {
    summary: 'A day without a zone, ISO 8601 (YYYY-MM-DD).',
    schema: word('a date (YYYY-MM-DD)', isDay),
    codec: 'date',
    also: [],
    lookup: false,
    examples: ['2026-02-28'],
    wrong: [['2026-02-30', '"2026-02-30" is not a date (YYYY-MM-DD)']],
  },
  instant: {
    summary: 'A moment in UTC, ISO 8601 with Z.',
    schema: word('a moment in UTC', (each) => z.iso.datetime().safeParse(each).success),
    codec: 'instant',
    also: [],
    lookup: false,
    examples: ['2026-02-28T09:00:00.000Z'],
    wrong: [['2026-02-28 09:00', '"2026-02-28 09:00" is not a moment in UTC']],
  },
  'time zone': {
    summary: 'A time zone by its IANA name.',
    schema: word('the name of a time zone', isZone),
    also: ['text'],
    lookup: true,
    examples: ['Europe/Berlin', 'UTC'],
    wrong: [['+01:00', '"+01:00" is not the name of a time zone']],
  },
  country: {
    summary: 'A country, ISO 3166-1 alpha-2 in capitals.',
    schema: word('a country code of two capitals', (each) => COUNTRIES.has(each)),
    codec: 'country',
    also: [],
    lookup: true,
    examples: ['DE', 'NO'],
    wrong: [['Germany', '"Germany" is not a country code of two capitals']],
  },
  subdivision: {
    summary: 'A state or province, ISO 3166-2.',
    schema: word('a subdivision like DE-BY', (each) => /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(each)),
    also: ['text'],
    lookup: true,
    examples: ['DE-BY', 'US-CA'],
    wrong: [['Bavaria', '"Bavaria" is not a subdivision like DE-BY']],
  },
  language: {
    summary: 'A language, BCP 47 (`de`, `pt-BR`).',
    schema: word('a language tag', isLanguage),
    codec: 'language',
    also: [],
    lookup: true,
    examples: ['de', 'pt-BR', 'zh-Hans'],
    wrong: [['German', '"German" is not a language tag']],
  },
  currency: {
    summary: 'A currency, ISO 4217 in capitals.',
    schema: word('a currency code of three capitals', (each) => CURRENCIES.has(each)),
    codec: 'currency',
    also: [],
    lookup: true,
    examples: ['EUR', 'JPY'],
    wrong: [['€', '"€" is not a currency code of three capitals']],
  },
  unit: {
    summary: `A unit of measure: one of ${UNITS.size} codes of UN/ECE Rec 20, or X and a packaging code of Rec 21.`,
    schema: word('a unit code of UN/ECE Rec 20', isUnit),
    codec: 'unit',
    also: [],
    lookup: true,
    examples: ['C62', 'KGM', 'XBX'],
    wrong: [['Stück', '"Stück" is not a unit code of UN/ECE Rec 20']],
  },
  email: {
    summary: 'An e-mail address; the domain in small letters.',
    schema: word('an e-mail address', (each) => /^\S+@\S+$/u.test(each)),
    codec: 'email',
    also: [],
    lookup: false,
    examples: ['ann@example.com'],
    wrong: [['ann at example', '"ann at example" is not an e-mail address']],
  },
  phone: {
    summary: 'A telephone number, E.164 where it can be recognised, else its digits as written, without spaces.',
    schema: word('a telephone number', (each) => /^\S*\p{Nd}\S*$/u.test(each)),
    codec: 'phone',
    also: [],
    lookup: false,
    examples: ['+4930123456'],
    wrong: [['+49 30', '"+49 30" is not a telephone number']],
  },
  url: {
    summary: 'A web address with its scheme.',
    schema: word('a web address', (each) => /^https?:\/\/\S+$/.test(each)),
    codec: 'url',
    also: [],
    lookup: false,
    examples: ['https://example.com'],
    wrong: [['example.com', '"example.com" is not a web address']],
  },
  'tax id': {
    summary: 'A tax number in capitals without spaces, dots and dashes.',
    schema: word('a tax number in capitals', (each) => /^[^\s.\-a-z]+$/u.test(each)),
    codec: 'tax id',
    also: [],
    lookup: false,
    examples: ['DE123456789'],
    wrong: [['de 123', '"de 123" is not a tax number in capitals']],
  },
  reference: {
    summary: 'Another record, by its number or id.',
    schema: word('the number or id of a record', isClean),
    also: ['text'],
    lookup: true,
    examples: ['100045'],
    wrong: [[100045, '100045 is not the number or id of a record']],
  },
} as const satisfies Readonly<Record<string, ValueType>>;

/** Name of a type. */
export type TypeName = keyof typeof VALUE_TYPES;

/** Every type's name, for a schema. */
export const TYPE_NAMES = Object.keys(VALUE_TYPES) as [TypeName, ...TypeName[]];

/** A type by its name. */
export const typeOf = (name: TypeName): ValueType => VALUE_TYPES[name];
