/** How values are compared: each reader makes one text of all spellings of one value. */
import { Digits, isDoc } from '../kit/json.ts';
import type { Reader, Reading, Side } from './words.ts';

const EMPTY: Reading = { value: null };

const raw = (native: unknown): Reading => {
  if (native === null || native === undefined) return EMPTY;
  if (typeof native === 'number' || native instanceof Digits || typeof native === 'boolean')
    return { value: String(native) };
  if (typeof native !== 'string') return { value: JSON.stringify(native), wrong: 'BAD_VALUE' };
  if (native.includes('\u0000') || !native.isWellFormed()) return { value: native, wrong: 'INVALID_TEXT' };
  const text = native.normalize('NFC').trim();
  return text === '' ? EMPTY : { value: text };
};

const textual =
  (shape: (text: string) => string, valid: (text: string) => boolean = () => true): Reader =>
  (native) => {
    const reading = raw(native);
    if (reading.value === null || reading.wrong !== undefined) return reading;
    const value = shape(reading.value);
    if (value === '') return EMPTY;
    return valid(value) ? { value } : { value, wrong: 'BAD_VALUE' };
  };

/** Text: composed, without outer spaces. */
export const plain: Reader = textual((text) => text);

/** Text in capitals, cut to its first characters. */
export const upperCut = (length: number): Reader =>
  textual((text) => [...text.toUpperCase()].slice(0, length).join('').trim());

/** A telephone number by its digits; a national German one gets its country. */
export const phone: Reader = textual(
  (text) => text.replace(/\D/g, '').replace(/^00/, '').replace(/^0/, '49') || text,
  (text) => /\d/.test(text),
);

/** An e-mail address; the part after @ knows no case. */
export const email: Reader = textual(
  (text) => text.replace(/@[^@]*$/, (domain) => domain.toLowerCase()),
  (text) => /^[^\s@][^\s]*@[^\s@]+$/.test(text),
);

/** A country or language code. */
export const twoLetters: Reader = textual(
  (text) => text.toUpperCase(),
  (text) => /^[A-Z]{2}$/.test(text),
);

/** A tax number without spaces, dots and dashes. */
export const taxNumber: Reader = textual((text) => text.toUpperCase().replace(/[\s.-]/g, ''));

/** A decimal by its value. */
export const decimal: Reader = (native) => {
  const reading = raw(native);
  if (reading.value === null) return reading;
  const parts = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(reading.value);
  if (parts === null) return { value: reading.value, wrong: 'BAD_VALUE' };
  const [, sign = '', whole = '0', fraction = ''] = parts;
  const value = fraction === '' ? whole : `${whole}.${fraction}`;
  return { value: value === '0' ? value : `${sign}${value}` };
};

/** Yes or no, by the words that mean yes. */
export const flag =
  (...yes: readonly unknown[]): Reader =>
  (native) => ({ value: yes.includes(native) ? 'true' : 'false' });

/** A pair of words for one thing; `late` pairs are not in the table at first. */
export interface Pair {
  readonly crm: string;
  readonly erp: string;
  readonly late?: true;
}

/** Words of two systems for the same thing, compared by the ERP's word. */
export const pairs =
  (table: readonly Pair[]): Reader =>
  (native, side: Side) => {
    const reading = raw(native);
    if (reading.value === null || reading.wrong !== undefined) return reading;
    const row = table.find((pair) => pair[side] === reading.value);
    if (row === undefined) return { value: `${side}:${reading.value}`, wrong: 'LOOKUP_MISS' };
    return row.late === true ? { value: row.erp, mayMiss: true } : { value: row.erp };
  };

/** Words of two systems by what they mean, where one meaning has several words: `{ crm: { word: meaning }, erp: … }`. */
export const meanings =
  (words: Readonly<Record<Side, Readonly<Record<string, string>>>>): Reader =>
  (native, side) => {
    const reading = raw(native);
    if (reading.value === null || reading.wrong !== undefined) return reading;
    const value = Object.hasOwn(words[side], reading.value) ? words[side][reading.value] : undefined;
    return value === undefined ? { value: `${side}:${reading.value}`, wrong: 'LOOKUP_MISS' } : { value };
  };

/** Rows as one text, whatever their order: each by these columns. What is wrong with one is wrong with all. */
export const rows =
  (columns: Readonly<Record<string, Reader>>): Reader =>
  (native, side) => {
    if (!Array.isArray(native) || native.length === 0) return EMPTY;
    const read = native.map((row: unknown) =>
      Object.entries(columns).map(([name, reader]) => reader(isDoc(row) ? row[name] : undefined, side)),
    );
    const wrong = read.flat().find((reading) => reading.wrong !== undefined)?.wrong;
    const value = JSON.stringify(read.map((row) => row.map((reading) => reading.value)).sort(byText));
    return wrong === undefined ? { value } : { value, wrong };
  };
const byText = (one: unknown, other: unknown): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
