/** Codecs for what has a form of its own: telephone numbers, flags, addresses of the web, several columns. */
import parsePhone, { type CountryCode, isSupportedCountry } from 'libphonenumber-js/min';
import { z } from 'zod';
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { asIs, bad, type Codec, nearText, plainText, textual } from './codec.ts';
import { Fault } from './fault.ts';
import { showValue } from './show.ts';

const possible = (text: string, country: CountryCode | undefined): string | undefined => {
  const parsed = parsePhone(text, country);
  return parsed?.isPossible() === true && parsed.ext === undefined ? parsed.number : undefined;
};

/** The international form, if reading that again gives the same (`000000` in Germany would lose a zero each time). */
const international = (text: string, country: CountryCode | undefined): string | undefined => {
  const number = possible(text, country);
  if (number === undefined || number === text) return number;
  return possible(number, country) === number ? number : undefined;
};

// The same numbers come again and again, and reading one costs more than the whole rest of a plan.
const phones = new Map<string, string>();
const CACHED = 20_000;

const cleanPhone = (text: string, country: CountryCode | undefined): string => {
  const key = `${country ?? ''}:${text}`;
  const known = phones.get(key);
  if (known !== undefined) return known;
  // What cannot be recognised (an extension, a national number without its country) is kept, without its decoration.
  const bare = text.replace(/[\s()./-]+/gu, '').normalize('NFC');
  const clean = international(text, country) ?? international(bare, country) ?? bare;
  if (phones.size >= CACHED) phones.clear();
  phones.set(key, clean);
  return clean;
};

const decodePhone = textual((text, value, { country }) => {
  if (!/\p{Nd}/u.test(text)) return bad(value, 'a telephone number');
  return cleanPhone(text, typeof country === 'string' && isSupportedCountry(country) ? country : undefined);
});

const flagNames = (options: JsonObject, side: Side): JsonObject | undefined => {
  const names = options[side];
  return isObject(names) ? names : undefined;
};

const decodeFlag: Codec['decode'] = (options, side) => {
  const names = flagNames(options, side);
  if (names === undefined)
    return (value) =>
      value === null || value === '' ? null : typeof value === 'boolean' ? value : bad(value, 'true or false');
  const words = Object.keys(names)
    .map((word) => JSON.stringify(word))
    .join(', ');
  return (value) => {
    if (value === null) return null;
    const word = typeof value === 'object' ? undefined : String(value).trim();
    if (word !== undefined && Object.hasOwn(names, word)) return names[word] ?? null;
    return word === '' ? null : bad(value, `one of ${words}`);
  };
};
const encodeFlag: Codec['encode'] = (options, side) => {
  const names = flagNames(options, side);
  if (names === undefined) return asIs(options, side, 1);
  const entries = Object.entries(names).map(([word, value]) => [value, word] as const);
  // Of several words for one value the first is written.
  const words = new Map(entries.toReversed());
  return (value) => words.get(value) ?? bad(value, 'a value that this side has a word for');
};

const collapse = (text: string): string => text.replace(/\s+/gu, ' ').trim();
const separatorOf = ({ separator }: JsonObject): string => (typeof separator === 'string' ? separator : ' ');

const decodeJoin: Codec['decode'] = (options) => {
  const separator = separatorOf(options);
  return (value) => {
    const parts: string[] = [];
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : [value]) {
      const text = plainText(item);
      if (text instanceof Fault) return text;
      if (text !== null) parts.push(collapse(text));
    }
    const joined = collapse(parts.join(separator)).normalize('NFC');
    return joined === '' ? null : joined;
  };
};
const encodeJoin: Codec['encode'] = (options, side, columns) => {
  if (columns === 1) return (value) => value;
  const separator = separatorOf(options);
  const join = decodeJoin(options, side, columns);
  return (value) => {
    if (typeof value !== 'string') return bad(value, 'text');
    const first = options['split'] === 'first';
    const at = first ? value.indexOf(separator) : value.lastIndexOf(separator);
    const whole = first ? [value, null] : [null, value];
    const parts = at < 0 ? whole : [value.slice(0, at), value.slice(at + separator.length)];
    return join(parts) === value ? parts : bad(value, 'text that can be split and joined again');
  };
};

const cleanUrl = (text: string, value: Json): Json | Fault => {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(full)) return bad(value, 'a web address');
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return bad(value, 'a web address');
  return url.pathname === '/' && url.search === '' && url.hash === '' ? url.href.replace(/\/[?#]*$/, '') : url.href;
};

// As a host is compared: small letters, no port, no dot at the end.
const HOST = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

const unsafe = (value: Json, why: string): Fault =>
  new Fault('LINK_REFUSED', `${showValue(value)} is not passed on: ${why}`, `link refused: ${why}`);

/** Only what a browser would fetch from a host that somebody vouched for: never a script, a file of the reader's, or a password. */
const cleanFileLink = (text: string, value: Json, options: JsonObject): Json | Fault => {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text) || !URL.canParse(text)) return unsafe(value, 'it is no whole address');
  const url = new URL(text);
  if (url.protocol !== 'https:') return unsafe(value, `it begins with ${url.protocol}, and only https: is safe`);
  if (url.username !== '' || url.password !== '') return unsafe(value, 'a user or a password stands in it');
  const hosts = Array.isArray(options['hosts']) ? (options['hosts'] as readonly Json[]) : [];
  if (!hosts.includes(url.hostname) || url.port !== '')
    return unsafe(value, `its host ${url.host} is not one of those that are allowed`);
  return url.href;
};

const words = z
  .record(z.string(), z.boolean())
  .optional()
  .meta({ description: 'This side’s words: `{ "X": true, "": false }`.' });

/** Codecs for values with a form of their own. */
export const WORD_CODECS = {
  phone: {
    summary:
      'A telephone number as +countrynumber; `with: { country: DE }` reads national ones. What is not recognised is kept without spaces.',
    law: 'decode(encode(x)) = x',
    options: z.strictObject({
      country: z
        .string()
        .refine((code) => isSupportedCountry(code), { error: 'a country code of two capitals, like DE' })
        .optional(),
    }),
    examples: [['+49 30 123456', '+4930123456']],
    decode: decodePhone,
    encode: asIs,
  },
  flag: {
    summary: 'Yes or no; `with: { erp: { "X": true, "": false } }` names a side’s words.',
    law: 'decode(encode(x)) = x',
    options: z.strictObject({ crm: words, erp: words }),
    examples: [
      [true, true],
      [false, false],
    ],
    decode: decodeFlag,
    encode: encodeFlag,
  },
  join: {
    summary:
      'Several columns as one text; `with: { separator: " " }`. Two-way for two columns with `split: first` or `split: last`.',
    law: 'join(split(x)) = x, else BAD_VALUE',
    options: z.strictObject({
      separator: z.string().min(1).max(10).optional(),
      split: z.enum(['first', 'last']).optional(),
    }),
    examples: [['Ann  Lee', 'Ann Lee']],
    joins: true,
    oneWay: ({ split }, columns) =>
      columns === 1 || (columns === 2 && split !== undefined)
        ? undefined
        : 'it can only be split again into two columns, with `split: first` or `split: last`',
    decode: decodeJoin,
    encode: encodeJoin,
    near: nearText,
  },
  url: {
    summary: 'A web address; the host in small letters, https when no scheme is given.',
    law: 'decode(encode(x)) = x',
    options: z.strictObject({}),
    examples: [['Example.com', 'https://example.com']],
    decode: textual(cleanUrl),
    encode: asIs,
  },
  'file link': {
    summary:
      'Where a file lies, which crosses by this link alone: an https address on a host that `with: { hosts: [files.example.com] }` names. Anything else (another host, `javascript:`, `data:`, `file:`, a password in it) is refused, `LINK_REFUSED`.',
    law: 'decode(encode(x)) = x',
    options: z.strictObject({
      hosts: z
        .array(z.string().regex(HOST, { error: 'a host alone, in small letters, like files.example.com' }))
        .min(1)
        .meta({ description: 'Hosts that links may lead to, each whole: a host below one of them is another host.' }),
    }),
    examples: [['', null]],
    decode: textual(cleanFileLink),
    encode: textual(cleanFileLink),
  },
} as const satisfies Readonly<Record<string, Codec>>;
