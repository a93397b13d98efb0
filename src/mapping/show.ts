/** Values as people read them in one line: quoted, short, and without characters that a terminal would obey. */
import { type Json, stringifyJson } from '../domain/json.ts';

const LONGEST = 60;
// Controls, and the marks that turn the direction of what follows.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Escape what must not reach a terminal. */
export const safeText = (text: string): string =>
  text.toWellFormed().replace(UNSAFE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A value in one short line: `"Acme"`, `12.5`, `empty`. */
export const showValue = (value: Json | undefined): string => {
  if (value === undefined || value === null) return 'empty';
  const text = safeText(stringifyJson(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
};
