/**
 * Lossless JSON. A number whose text a double would change (more digits, trailing zeros, an exponent) is kept
 * as an {@link ExactNumber}; every other number is a plain one. Writing puts the same digits back.
 */

/** A decimal number kept as its text. Two are equal when their text is. */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): unknown {
    return rawJSON(this.text);
  }
  toString(): string {
    return this.text;
  }
}

export type Json = null | boolean | number | string | ExactNumber | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

// Node 24 has JSON.rawJSON and the reviver's context; TypeScript's library does not declare them yet.
const rawJSON = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

// A number stands between two of these: so the seconds of a time are none, which nearly every page of records has.
// Over-approximates: such text may also stand inside a string; then we are only slower.
const MAY_LOSE =
  /(?:^|[:,[\s])(?:-?(?=\d{16}|[\d.]{17}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|0\.0{6})[\d.eE+-]+|-0)(?=[\s,\]}]|$)/;

/** Parse JSON text without losing a digit. Throws SyntaxError like JSON.parse. `__proto__` keys become plain own keys. */
export const parseJson = (text: string): Json => {
  if (!MAY_LOSE.test(text)) return JSON.parse(text) as Json;
  return parseWithSource(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? new ExactNumber(context.source)
      : value,
  ) as Json;
};

/** Serialise; an {@link ExactNumber} is written with its own digits. */
export const stringifyJson = (value: unknown): string => JSON.stringify(value);

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** Same JSON value: key order does not matter, array order does, numbers compare by their text. */
export const sameJson = (a: Json | undefined, b: Json | undefined): boolean => {
  if (a === b) return true;
  if (a === undefined || b === undefined || a === null || b === null) return false;
  if (a instanceof ExactNumber || b instanceof ExactNumber) {
    const text = (v: Json): string | undefined =>
      v instanceof ExactNumber ? v.text : typeof v === 'number' ? String(v) : undefined;
    const left = text(a);
    return left !== undefined && left === text(b);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
    );
  }
  return false;
};

/** JSON text with sorted keys: equal values give equal text, so it can be hashed. */
export const canonicalJson = (value: Json | undefined): string => {
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  let parts = '';
  for (const key of Object.keys(value).sort())
    parts += `${parts === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(value[key])}`;
  return `{${parts}}`;
};
