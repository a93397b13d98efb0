/** Made-up businesses, each the same for the same seed and number, in words that both systems understand. */

import { mix } from '../kit/random.ts';

/** One business as a person would write it down. Absent: not known. */
export interface Business {
  readonly name: string;
  readonly street?: string;
  readonly postal_code?: string;
  readonly city?: string;
  readonly country?: string;
  readonly language?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly website?: string;
  /** Valid by its check digits; Tryton refuses others. */
  readonly vat?: string;
  /** As Tryton calls its payment terms. */
  readonly term?: string;
  /** Where goods go, beside the first address. */
  readonly warehouse?: string;
  readonly active?: boolean;
}

/** How many of `total` distinct businesses are Tryton's at the start, and how many of those the CRM has too. */
export const shares = (total: number): { readonly tryton: number; readonly twins: number } => ({
  tryton: Math.ceil(total * 0.6),
  twins: Math.floor(total * 0.2),
});

const FIRST = [
  'Adler', 'Birken', 'Ceder', 'Dünen', 'Eichen', 'Falken', 'Gletscher', 'Hafen', 'Inn', 'Jütland',
  'Kristall', 'Lärchen', 'Mühlen', 'Nordsee', 'Öland', 'Pfälzer', 'Quellen', 'Ruhr', 'Spree', 'Tannen',
]; // biome-ignore format: a list of words
const SECOND = [
  'Anlagen', 'Bäckerei', 'Chirurgie', 'Dämmstoffe', 'Energie', 'Fahrräder', 'Getriebe', 'Hydraulik', 'Isolierung', 'Jachten',
  'Keramik', 'Lacke', 'Möbel', 'Netze', 'Öle', 'Pumpen', 'Reifen', 'Sägen', 'Türen', 'Uhren',
]; // biome-ignore format: a list of words
const ABROAD = [
  '株式会社 青空',
  'Łódzka Fabryka',
  'İzmir Ticaret',
  'Завод Север',
  'Ελαιώνας',
  "O'Neill & Sons",
  'Ñandú',
];
const FORM: Readonly<Record<string, string>> = { DE: 'GmbH', BE: 'BV', AT: 'AG', FR: 'SA', GB: 'Ltd', US: 'Inc.' };

interface Place {
  readonly country: string;
  readonly city: string;
  readonly postal_code: string;
  readonly language: string;
  /** Digits after it are free: such a number is valid. */
  readonly phone: string;
}
const PLACES: readonly Place[] = [
  { country: 'DE', city: 'Köln', postal_code: '50667', language: 'de', phone: '+49 221 4' },
  { country: 'DE', city: 'Dresden', postal_code: '01067', language: 'de', phone: '+49 351 4' },
  { country: 'BE', city: 'Liège', postal_code: '4000', language: 'fr', phone: '+32 4 2' },
  { country: 'AT', city: 'Graz', postal_code: '8010', language: 'de', phone: '+43 316 8' },
  { country: 'FR', city: 'Orléans', postal_code: '45000', language: 'fr', phone: '+33 2 38' },
  { country: 'GB', city: 'Leeds', postal_code: 'LS1 1AA', language: 'en', phone: '+44 113 2' },
  { country: 'US', city: 'Austin', postal_code: '78701', language: 'en', phone: '+1 512 2' },
];
const DIGITS: Readonly<Record<string, number>> = { DE: 6, BE: 6, AT: 5, FR: 6, GB: 6, US: 6 };
const TERMS = ['Net 30', 'Net 14', 'Net 60', 'Direct'];

const pick = <T>(list: readonly [T, ...T[]] | readonly T[], at: number): T => list[at % list.length] as T;

/** German VAT number: the ninth digit checks the other eight (ISO 7064, mod 11, 10). */
const german = (eight: string): string => {
  let product = 10;
  for (const digit of eight) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (2 * sum) % 11;
  }
  return `DE${eight}${(11 - product) % 10}`;
};

/** Belgian VAT number: the last two digits are 97 less the others' remainder. */
const belgian = (eight: string): string => `BE${eight}${String(97 - (Number(eight) % 97)).padStart(2, '0')}`;

/** A tax number that passes its country's check; undefined where we know no such rule. The same number never twice. */
export const vatNumber = (country: string | undefined, index: number): string | undefined => {
  if (country === 'DE') return german(String(10_000_000 + index * 7));
  if (country === 'BE') return belgian(`0${String(4_000_000 + index * 3).padStart(7, '0')}`);
  return undefined;
};

/** Would Tryton take this tax number? Known for the countries whose numbers are made here. */
export const knownVat = (number: string): boolean => {
  if (/^DE[1-9]\d{8}$/.test(number)) return german(number.slice(2, 10)) === number;
  if (/^BE[01]\d{9}$/.test(number)) return belgian(number.slice(2, 10)) === number;
  return false;
};

/** Business number `index` of a seed. Now and then something is missing, as in life. */
export const business = (seed: number, index: number): Business => {
  const chance = mix(seed, index);
  const place = pick(PLACES, chance >>> 3);
  const stem = index % 23 === 5 ? pick(ABROAD, chance) : `${pick(FIRST, chance >>> 7)} ${pick(SECOND, chance >>> 12)}`;
  const line = String(chance % 1_000_000)
    .padStart(6, '0')
    .slice(0, DIGITS[place.country] ?? 6);
  const vat = index % 9 === 4 ? undefined : vatNumber(place.country, index);
  return {
    // The number makes the name one of its kind, as the place makes real names.
    name: `${stem} ${index + 1} ${FORM[place.country] ?? ''}`.trim(),
    street: `${pick(SECOND, chance >>> 5)}straße ${1 + (chance % 180)}`,
    postal_code: place.postal_code,
    city: place.city,
    country: place.country,
    ...(index % 10 === 3 ? {} : { language: place.language }),
    ...(index % 8 === 6 ? {} : { email: `office${index + 1}@customer.example` }),
    ...(index % 4 === 1 ? {} : { phone: `${place.phone}${line}` }),
    ...(index % 6 === 0 ? { website: `https://customer${index + 1}.example/` } : {}),
    ...(vat === undefined ? {} : { vat }),
    ...(index % 11 === 7 ? {} : { term: pick(TERMS, chance >>> 9) }),
    ...(index % 7 === 0 ? { warehouse: `Tor ${1 + (chance % 40)}` } : {}),
  };
};

/** Former customers: Tryton keeps them inactive, and nobody syncs them. */
export const former = (seed: number): readonly Business[] =>
  [0, 1, 2, 3].map((n) => {
    const { vat: _none, email: _nobody, ...rest } = business(seed, 9_000_000 + n);
    return { ...rest, active: false };
  });
