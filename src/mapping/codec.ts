/** What a codec is, and what all of them read text with. */
import type { z } from 'zod';
import { ExactNumber, type Json, type JsonObject } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { showValue } from './show.ts';

/** What translates one value at one side: total, a value or a {@link Fault}, never a throw. `null` is empty, in and out. */
export type Translate = (value: Json) => Json | Fault;

/** A codec: both directions, examples that are run as tests, and the law it keeps. */
export interface Codec {
  readonly summary: string;
  readonly law: string;
  /** What `with` may say. */
  readonly options: z.ZodObject;
  /** Native value, its canonical value. */
  readonly examples: readonly (readonly [Json, Json])[];
  /** Reads several columns at one side as one value. */
  readonly joins?: true;
  /** Why it may not be used two-way, or undefined when it may. */
  readonly oneWay?: (options: JsonObject, columns: number) => string | undefined;
  readonly decode: (options: JsonObject, side: Side, columns: number) => Translate;
  readonly encode: (options: JsonObject, side: Side, columns: number) => Translate;
  /** True when a target's normalisation (case, spacing, rounding) may have made one canonical value of the other. */
  readonly near?: (a: Json, b: Json) => boolean;
}

/** A value that is not what the field needs. */
export const bad = (value: Json, wanted: string): Fault =>
  new Fault('BAD_VALUE', `${showValue(value)} is not ${wanted}`, `not ${wanted}`);

/** Text as it stands, or null for empty, or a fault for anything that is no text. Outer spaces go, inner ones stay. */
export const plainText = (value: Json): string | null | Fault => {
  if (value === null) return null;
  if (typeof value === 'number' || value instanceof ExactNumber) return String(value);
  if (typeof value !== 'string') return bad(value, 'text');
  if (value.includes('\u0000'))
    return new Fault('INVALID_TEXT', 'the text holds the character U+0000', 'U+0000 in text');
  if (!value.isWellFormed())
    return new Fault(
      'INVALID_TEXT',
      'the text holds half of a character pair (a lone surrogate)',
      'lone surrogate in text',
    );
  const text = value.normalize('NFC').trim();
  return text === '' ? null : text;
};

/** Text as people compare it: compatibility forms, case and spacing do not count. */
export const foldText = (text: string): string =>
  text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();

/** Two texts that differ in spelling only as {@link foldText} allows. */
export const nearText = (a: Json, b: Json): boolean =>
  typeof a === 'string' && typeof b === 'string' && foldText(a) === foldText(b);

/** Reads text with `clean`, which sees trimmed, valid, non-empty text only. */
export const textual = (clean: (text: string, value: Json, options: JsonObject) => Json | Fault): Codec['decode'] => {
  return (options) => (value) => {
    const text = plainText(value);
    return text === null || text instanceof Fault ? text : clean(text, value, options);
  };
};

/** Writes the canonical value itself. */
export const asIs: Codec['encode'] = () => (value) => value;
