/** Values as people read them in one line: quoted, short, and without characters that a terminal would obey. */
import { ExactNumber, isObject, type Json, stringifyJson } from '../domain/json.ts';

const LONGEST = 60;
// Controls, and the marks that turn the direction of what follows.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Escape what must not reach a terminal. */
export const safeText = (text: string): string =>
  text.toWellFormed().replace(UNSAFE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A value in one short line: `"Acme"`, `12.5`, `empty`. */
export const showValue = (value: Json | undefined): string => {
  if (value === undefined || value === null) return 'empty';
  if (
    Array.isArray(value) &&
    !value.some((item) => typeof item === 'object' && item !== null && !(item instanceof ExactNumber))
  ) {
    return value.length > 5 ? 'a list' : value.map((item) => showValue(item as Json)).join(' + ');
  }
  // Not spelled out: it may be nested as deep as somebody likes.
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  const text = safeText(stringifyJson(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
};
