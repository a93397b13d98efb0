/** What values are held to. */
import { z } from 'zod';
import { LANGUAGES } from '../codes.ts';

const DECIMAL = /^-?(0|[1-9]\d{0,399})(\.\d{1,399})?$/;
const MORE_ZEROS = /^-0(\.0+)?$/;

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value) : String(value);

/** Why a value is refused, as a sentence. */
export const refusal =
  (wanted: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined ? 'it is missing' : `${shown(input)} is not ${wanted}`;

/** Text that passes `holds`, else `… is not <wanted>`. */
export const word = (wanted: string, holds: (text: string) => boolean): z.ZodType<string> =>
  z.string({ error: refusal(wanted) }).refine(holds, { error: refusal(wanted) });

/** Decimal text without exponent and grouping; its zeros stay as they came. */
export const decimal = (wanted: string, holds: (text: string) => boolean = () => true): z.ZodType<string> =>
  word(wanted, (text) => DECIMAL.test(text) && !MORE_ZEROS.test(text) && holds(text));

/** A real day. */
export const isDay = (text: string): boolean => z.iso.date().safeParse(text).success;
/** A well-formed tag of BCP 47 whose language is known, or has three letters. */
export const isLanguage = (text: string): boolean =>
  /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*$/.test(text) &&
  (/^[a-z]{3}(-|$)/.test(text) || LANGUAGES.has(text.slice(0, 2)));
/** Valid text, composed, without outer spaces, not empty. */
export const isClean = (text: string): boolean =>
  text !== '' && text === text.normalize('NFC').trim() && text.isWellFormed() && !text.includes('\u0000');
/** Shaped like a name of the IANA time zone database. */
export const isZone = (text: string): boolean => /^(UTC|[A-Z][A-Za-z_]+(\/[A-Z][A-Za-z0-9_+-]*)+)$/.test(text);

/** How many decimals stand in decimal text. */
export const decimalsOf = (text: string): number => text.split('.')[1]?.length ?? 0;
