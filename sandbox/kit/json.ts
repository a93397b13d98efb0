/** JSON as the sandbox keeps it: a number that a double would change stays as its own text. */

/** A number kept digit by digit. */
export class Digits {
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

/** Any JSON value. */
export type Value = null | boolean | number | string | Digits | readonly Value[] | Doc;
/** A JSON object. */
export interface Doc {
  readonly [key: string]: Value;
}

const rawJSON = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

// Sixteen digits, a fraction ending in 0, an exponent, many zeros after the point, minus zero: only these can lose something.
// It may also strike inside a string; then we are only slower.
const DELICATE = /[:,[]\s*-?(?:[\d.]{16}|\d+\.\d*0(?!\d)|\d+(?:\.\d+)?[eE]|0\.0{6})|-0(?![.\d])/;

/** Parse JSON without losing a digit; throws SyntaxError as JSON.parse does. */
export const parse = (text: string): Value => {
  if (!DELICATE.test(text)) return JSON.parse(text) as Value;
  return parseWithSource(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && context.source !== String(value)
      ? new Digits(context.source)
      : value,
  ) as Value;
};

/** JSON text of a value, every digit as it came. */
export const text = (value: unknown): string => JSON.stringify(value) ?? 'null';

/** Is it a JSON object? */
export const isDoc = (value: unknown): value is Doc =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);

/** The same value, numbers by their text. Key order counts: the sandbox writes its documents in one order. */
export const same = (a: Value | undefined, b: Value | undefined): boolean => a === b || text(a) === text(b);
