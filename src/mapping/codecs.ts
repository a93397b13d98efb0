/** Every codec by name: named translations between a native value and the canonical one. */
import { z } from 'zod';
import { COUNTRIES, CURRENCIES, LANGUAGES } from '../domain/codes.ts';
import type { Json } from '../domain/json.ts';
import { isUnit } from '../domain/units.ts';
import { asIs, bad, type Codec, nearText, textual } from './codec.ts';
import { NUMBER_CODECS } from './codec-number.ts';
import { WORD_CODECS } from './codec-words.ts';
import type { Fault } from './fault.ts';

const NO_OPTIONS = z.strictObject({});

const realDay = (text: string): boolean => {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
};

const INSTANT = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(Z|[+-]\d{2}:?\d{2})$/i;

/** UTC, to the digits given: a moment is never rounded. */
const cleanInstant = (text: string, value: Json): Json | Fault => {
  const [, day = '', minute = '', second = '00', fraction = '', zone = ''] = INSTANT.exec(text) ?? [];
  const offset = /^z$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const at = new Date(`${day}T${minute}:${second}${offset}`);
  if (!realDay(day) || Number.isNaN(at.getTime()) || at.getUTCFullYear() < 0 || at.getUTCFullYear() > 9999)
    return bad(value, 'a moment with its zone');
  const digits = fraction.replace(/0+$/, '').padEnd(3, '0');
  return `${at.toISOString().slice(0, 19)}.${digits}Z`;
};

const encodeLanguage: Codec['encode'] = (options, side) => {
  const upper = options[side] === 'upper';
  return (value) => (upper && typeof value === 'string' ? value.toUpperCase() : value);
};
const letters = z.literal('upper').optional().meta({ description: 'Write capitals at this side.' });

const cleanEmail = (text: string, value: Json): Json | Fault => {
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1 || /\s/u.test(text)) return bad(value, 'an e-mail address');
  return (text.slice(0, at + 1) + text.slice(at + 1).toLowerCase()).normalize('NFC');
};

const cleanTaxId = (text: string): Json => {
  const clean = text
    .toUpperCase()
    .replace(/[\s.-]+/gu, '')
    .normalize('NFC');
  return clean === '' ? null : clean;
};

/** Every codec by the name that a mapping says after `as:`. */
export const CODECS: Readonly<Record<string, Codec>> = {
  text: {
    summary: 'Text; outer spaces go, inner ones stay, Unicode is composed (NFC).',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [
      [' Acme  GmbH ', 'Acme  GmbH'],
      ['', null],
    ],
    decode: textual((text) => text),
    encode: asIs,
    near: nearText,
  },
  'upper text': {
    summary: 'Text in capitals, for one direction only: the letters’ case is lost.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['Acme', 'ACME']],
    oneWay: () => 'it loses the letters’ case',
    decode: textual((text) => text.toUpperCase().normalize('NFC')),
    encode: asIs,
    near: nearText,
  },
  ...NUMBER_CODECS,
  date: {
    summary: 'A day without a zone, YYYY-MM-DD.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['2026-02-28', '2026-02-28']],
    decode: textual((text, value) =>
      /^\d{4}-\d{2}-\d{2}$/.test(text) && realDay(text) ? text : bad(value, 'a date (YYYY-MM-DD)'),
    ),
    encode: asIs,
  },
  instant: {
    summary: 'A moment with its zone, kept in UTC with all its digits.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['2026-02-28T10:00:00+01:00', '2026-02-28T09:00:00.000Z']],
    decode: textual(cleanInstant),
    encode: asIs,
  },
  country: {
    summary: 'A country, ISO 3166 alpha-2 in capitals.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['no', 'NO']],
    decode: textual((text, value) =>
      COUNTRIES.has(text.toUpperCase()) ? text.toUpperCase() : bad(value, 'a country code of two letters'),
    ),
    encode: asIs,
  },
  language: {
    summary: 'A language, ISO 639-1 in small letters; `with: { erp: upper }` writes capitals there.',
    law: 'decode(encode(x)) = x',
    options: z.strictObject({ crm: letters, erp: letters }),
    examples: [['DE', 'de']],
    decode: textual((text, value) =>
      LANGUAGES.has(text.toLowerCase()) ? text.toLowerCase() : bad(value, 'a language code of two letters'),
    ),
    encode: encodeLanguage,
  },
  currency: {
    summary: 'A currency, ISO 4217 in capitals.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['eur', 'EUR']],
    decode: textual((text, value) =>
      CURRENCIES.has(text.toUpperCase()) ? text.toUpperCase() : bad(value, 'a currency code of three letters'),
    ),
    encode: asIs,
  },
  unit: {
    summary:
      'A unit of measure, UN/ECE Rec 20 in capitals (or a packaging of Rec 21, X before it); other words by a lookup.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['kgm', 'KGM']],
    decode: textual((text, value) =>
      isUnit(text.toUpperCase()) ? text.toUpperCase() : bad(value, 'a unit code of UN/ECE Rec 20'),
    ),
    encode: asIs,
  },
  email: {
    summary: 'An e-mail address; the domain in small letters.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['Ann@EXAMPLE.com', 'Ann@example.com']],
    decode: textual(cleanEmail),
    encode: asIs,
    near: nearText,
  },
  'tax id': {
    summary: 'A tax number in capitals without spaces, dots and dashes.',
    law: 'decode(encode(x)) = x',
    options: NO_OPTIONS,
    examples: [['de 123.456-789', 'DE123456789']],
    decode: textual(cleanTaxId),
    encode: asIs,
  },
  ...WORD_CODECS,
};
