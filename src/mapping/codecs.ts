/** Named translations between a native value and the canonical one. Each is total: a value or a {@link Fault}, never a throw. */

import type { CountryCode } from 'libphonenumber-js/min';
import parsePhone from 'libphonenumber-js/min';
import { ExactNumber, isObject, type Json, type JsonObject, stringifyJson } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { COUNTRIES, LANGUAGES } from './iso.ts';

/** What translates one value at one side. `null` is empty, in and out. */
export type Translate = (value: Json) => Json | Fault;

/** A codec: both directions, examples that are run as tests, and the law it keeps. */
export interface Codec {
  readonly summary: string;
  readonly law: string;
  /** Keys that `with` may have. */
  readonly options: readonly string[];
  /** Native value, its canonical value. */
  readonly examples: readonly (readonly [Json, Json])[];
  /** Several columns on one side are allowed. */
  readonly joins?: true;
  readonly decode: (options: JsonObject, side: Side, columns: number) => Translate;
  readonly encode: (options: JsonObject, side: Side, columns: number) => Translate;
  /** True when a target's normalisation (case, spacing, rounding) may have made one of the other. */
  readonly near?: (a: Json, b: Json) => boolean;
}

const show = (value: Json): string => {
  const text = typeof value === 'string' ? JSON.stringify(value) : stringifyJson(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
const bad = (value: Json, wanted: string): Fault =>
  new Fault('BAD_VALUE', `${show(value)} is not ${wanted}`, `not ${wanted}`);

/** Text as it stands, or null for empty, or a fault for anything that is no text. Outer spaces go, inner ones stay. */
export const plainText = (value: Json): string | null | Fault => {
  if (value === null) return null;
  if (typeof value === 'number' || value instanceof ExactNumber) return String(value);
  if (typeof value !== 'string') return bad(value, 'text');
  if (value.includes('\u0000'))
    return new Fault('INVALID_TEXT', 'the text holds the character U+0000', 'U+0000 in text');
  if (!value.isWellFormed())
    return new Fault('INVALID_TEXT', 'the text holds half of a character pair', 'lone surrogate in text');
  const text = value.normalize('NFC').trim();
  return text === '' ? null : text;
};

/** Text as people compare it: compatibility forms, case and spacing do not count. */
export const foldText = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();

const nearText = (a: Json, b: Json): boolean =>
  typeof a === 'string' && typeof b === 'string' && foldText(a) === foldText(b);

/** A codec over text: `clean` sees trimmed, valid, non-empty text only. */
const textual = (clean: (text: string, value: Json, options: JsonObject) => Json | Fault): Codec['decode'] => {
  return (options) => (value) => {
    const text = plainText(value);
    return text === null || text instanceof Fault ? text : clean(text, value, options);
  };
};
const asIs: Codec['encode'] = () => (value) => value;

/** A number's plain decimal text: no exponent, no zeros that say nothing. Undefined when it is none or absurdly large. */
export const plainDecimal = (text: string): string | undefined => {
  if (text.length > 400 || !/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$/.test(text)) return undefined;
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const shift = Number(exponent);
  if (Math.abs(shift) > 400) return undefined;
  const negative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = point <= 0 ? 1 : point;
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const right = padded.slice(at).replace(/0+$/, '');
  const plain = right === '' ? left : `${left}.${right}`;
  return negative && plain !== '0' ? `-${plain}` : plain;
};

const sideOption = (options: JsonObject, side: Side): Json | undefined => options[side];

const numeric = (value: Json): string | null | Fault => {
  if (value === null || (typeof value === 'string' && value.trim() === '')) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof ExactNumber))
    return bad(value, 'a number');
  return plainDecimal(String(value).trim()) ?? bad(value, 'a number');
};

const renderNumber: Codec['encode'] = (options, side) => {
  const shape = sideOption(options, side);
  const text = isObject(shape ?? null) && (shape as JsonObject)['as'] === 'text';
  return (value) => {
    if (typeof value !== 'string') return value;
    if (text) return value;
    return String(Number(value)) === value ? Number(value) : new ExactNumber(value);
  };
};

const decodeDecimal: Codec['decode'] = (options) => {
  const scale = typeof options['scale'] === 'number' ? options['scale'] : undefined;
  return (value) => {
    const plain = numeric(value);
    if (typeof plain !== 'string' || scale === undefined) return plain;
    const digits = plain.split('.')[1]?.length ?? 0;
    if (digits <= scale) return plain;
    return new Fault(
      'PRECISION',
      `${plain} has ${digits} decimals where ${scale} are allowed`,
      `more than ${scale} decimals`,
    );
  };
};

/** Equal when one is the other rounded half up, or cut, to fewer decimals. */
const nearNumber = (a: Json, b: Json): boolean => {
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  const decimals = Math.min(a.split('.')[1]?.length ?? 0, b.split('.')[1]?.length ?? 0);
  const x = Number(a);
  const y = Number(b);
  return Number.isFinite(x) && Math.abs(x - y) < 10 ** -decimals && a.split('.')[0]?.length === b.split('.')[0]?.length;
};

const realDate = (text: string): boolean => {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
};

const phones = new Map<string, string>();
const CACHED = 20_000;
const cleanPhone = (text: string, country: string | undefined): string => {
  const key = `${country ?? ''}:${text}`;
  const known = phones.get(key);
  if (known !== undefined) return known;
  const parsed = parsePhone(text, country as CountryCode | undefined);
  // What cannot be recognised (an extension, a national number without its country) is kept, without its decoration.
  const clean =
    parsed?.isPossible() === true && parsed.ext === undefined ? parsed.number : text.replace(/[\s()./-]+/g, '');
  if (phones.size >= CACHED) phones.clear();
  phones.set(key, clean);
  return clean;
};

const flagNames = (options: JsonObject, side: Side): JsonObject | undefined => {
  const names = sideOption(options, side);
  return isObject(names ?? null) ? (names as JsonObject) : undefined;
};

const decodeFlag: Codec['decode'] = (options, side) => {
  const names = flagNames(options, side);
  return (value) => {
    if (value === null) return null;
    if (names !== undefined) {
      const key = typeof value === 'object' ? undefined : String(value);
      if (key !== undefined && Object.hasOwn(names, key)) return names[key] ?? null;
      return key === '' ? null : bad(value, `one of ${Object.keys(names).map(show).join(', ')}`);
    }
    if (value === '') return null;
    return typeof value === 'boolean' ? value : bad(value, 'true or false');
  };
};
const encodeFlag: Codec['encode'] = (options, side) => {
  const names = flagNames(options, side);
  if (names === undefined) return asIs(options, side, 1);
  const byValue = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  return (value) =>
    value === null ? null : (byValue.get(value) ?? bad(value, 'a value that this side has a word for'));
};

const collapse = (text: string): string => text.replace(/\s+/gu, ' ').trim();
const separatorOf = (options: JsonObject): string =>
  typeof options['separator'] === 'string' ? options['separator'] : ' ';

const decodeJoin: Codec['decode'] = (options) => {
  const separator = separatorOf(options);
  return (value) => {
    const parts: string[] = [];
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : [value]) {
      const text = plainText(item);
      if (text instanceof Fault) return text;
      if (text !== null) parts.push(collapse(text));
    }
    return parts.length === 0 ? null : parts.join(separator);
  };
};
const encodeJoin: Codec['encode'] = (options, _side, columns) => {
  if (columns === 1) return (value) => value;
  const separator = separatorOf(options);
  return (value) => {
    if (typeof value !== 'string') return [null, null];
    const at = options['split'] === 'first' ? value.indexOf(separator) : value.lastIndexOf(separator);
    if (at < 0) return options['split'] === 'first' ? [value, null] : [null, value];
    return [value.slice(0, at), value.slice(at + separator.length)];
  };
};

const encodeLanguage: Codec['encode'] = (options, side) => {
  const upper = sideOption(options, side) === 'upper';
  return (value) => (upper && typeof value === 'string' ? value.toUpperCase() : value);
};

const cleanUrl = (text: string, value: Json): Json | Fault => {
  const full = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(full)) return bad(value, 'a web address');
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return bad(value, 'a web address');
  return url.href.endsWith('/') && url.pathname === '/' && url.search === '' && url.hash === ''
    ? url.href.slice(0, -1)
    : url.href;
};

/** Every codec by the name that a mapping says after `as:`. */
export const CODECS: Readonly<Record<string, Codec>> = {
  text: {
    summary: 'Text; outer spaces go, inner ones stay, Unicode is composed (NFC).',
    law: 'decode(encode(x)) = x',
    options: [],
    examples: [
      [' Acme  GmbH ', 'Acme  GmbH'],
      ['', null],
    ],
    decode: textual((text) => text),
    encode: asIs,
    near: nearText,
  },
  'upper text': {
    summary: 'Text in capitals. Loses the case, so it is for one direction only.',
    law: 'decode(encode(x)) = x; not invertible',
    options: [],
    examples: [['Acme', 'ACME']],
    decode: textual((text) => text.toUpperCase()),
    encode: asIs,
    near: nearText,
  },
  decimal: {
    summary:
      'A decimal number of any length, kept as text; `with: { scale: 2 }` refuses more decimals; `with: { crm: { as: text } }` writes text.',
    law: 'decode(encode(x)) = x, digit for digit',
    options: ['scale', 'crm', 'erp'],
    examples: [
      ['1200.50', '1200.5'],
      [7, '7'],
    ],
    decode: decodeDecimal,
    encode: renderNumber,
    near: nearNumber,
  },
  integer: {
    summary: 'A whole number of any length.',
    law: 'decode(encode(x)) = x',
    options: ['crm', 'erp'],
    examples: [
      ['007', '7'],
      [12, '12'],
    ],
    decode: () => (value) => {
      const plain = numeric(value);
      return typeof plain === 'string' && plain.includes('.') ? bad(value, 'a whole number') : plain;
    },
    encode: renderNumber,
  },
  date: {
    summary: 'A day without a zone, YYYY-MM-DD.',
    law: 'decode(encode(x)) = x',
    options: [],
    examples: [['2026-02-28', '2026-02-28']],
    decode: textual((text, value) =>
      /^\d{4}-\d{2}-\d{2}$/.test(text) && realDate(text) ? text : bad(value, 'a date (YYYY-MM-DD)'),
    ),
    encode: asIs,
  },
  instant: {
    summary: 'A moment, with its zone, kept in UTC.',
    law: 'decode(encode(x)) = x',
    options: [],
    examples: [['2026-02-28T10:00:00+01:00', '2026-02-28T09:00:00.000Z']],
    decode: textual((text, value) => {
      const at = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? new Date(text) : new Date(Number.NaN);
      return Number.isNaN(at.getTime()) ? bad(value, 'a moment with its zone') : at.toISOString();
    }),
    encode: asIs,
  },
  country: {
    summary: 'A country, ISO 3166 alpha-2 in capitals.',
    law: 'decode(encode(x)) = x',
    options: [],
    examples: [['no', 'NO']],
    decode: textual((text, value) =>
      COUNTRIES.has(text.toUpperCase()) ? text.toUpperCase() : bad(value, 'a country code of two letters'),
    ),
    encode: asIs,
  },
  language: {
    summary: 'A language, ISO 639-1; `with: { erp: upper }` writes capitals there.',
    law: 'decode(encode(x)) = x',
    options: ['crm', 'erp'],
    examples: [['DE', 'de']],
    decode: textual((text, value) =>
      LANGUAGES.has(text.toLowerCase()) ? text.toLowerCase() : bad(value, 'a language code of two letters'),
    ),
    encode: encodeLanguage,
  },
  phone: {
    summary:
      'A telephone number as +countrynumber; `with: { country: DE }` reads national ones. What is not recognised is kept without spaces.',
    law: 'decode(encode(x)) = x',
    options: ['country'],
    examples: [['+49 30 123456', '+4930123456']],
    decode: textual((text, value, options) => {
      if (!/\d/.test(text)) return bad(value, 'a telephone number');
      return cleanPhone(text, typeof options['country'] === 'string' ? options['country'] : undefined);
    }),
    encode: asIs,
  },
  flag: {
    summary: 'Yes or no; `with: { erp: { "X": true, "": false } }` names a side’s words.',
    law: 'decode(encode(x)) = x',
    options: ['crm', 'erp'],
    examples: [
      [true, true],
      [false, false],
    ],
    decode: decodeFlag,
    encode: encodeFlag,
  },
  email: {
    summary: 'An e-mail address; the domain in small letters.',
    law: 'decode(encode(x)) = x',
    options: [],
    examples: [['Ann@EXAMPLE.com', 'Ann@example.com']],
    decode: textual((text, value) => {
      const at = text.lastIndexOf('@');
      if (at < 1 || at === text.length - 1 || /\s/.test(text)) return bad(value, 'an e-mail address');
      return text.slice(0, at + 1) + text.slice(at + 1).toLowerCase();
    }),
    encode: asIs,
    near: nearText,
  },
  'tax id': {
    summary: 'A tax number in capitals without spaces, dots and dashes.',
    law: 'decode(encode(x)) = x',
    options: [],
    examples: [['de 123.456-789', 'DE123456789']],
    decode: textual((text) => {
      const clean = text.toUpperCase().replace(/[\s.-]+/g, '');
      return clean === '' ? null : clean;
    }),
    encode: asIs,
  },
  join: {
    summary:
      'Several columns as one text; `with: { separator: " " }`. Two-way for two columns with `split: first` or `split: last`.',
    law: 'join(split(x)) = x',
    options: ['separator', 'split'],
    examples: [['Ann  Lee', 'Ann Lee']],
    joins: true,
    decode: decodeJoin,
    encode: encodeJoin,
    near: nearText,
  },
  url: {
    summary: 'A web address; the host in small letters, https when no scheme is given.',
    law: 'decode(encode(x)) = x',
    options: [],
    examples: [['Example.com', 'https://example.com']],
    decode: textual(cleanUrl),
    encode: asIs,
  },
};
