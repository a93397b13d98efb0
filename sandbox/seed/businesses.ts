/**
 * The businesses both systems know about: the same list from the same seed, so that each server takes its part of it
 * without asking the other. Each business is independent of the others and of how many there are, but for the troubles.
 */
import { type Chance, chance, mix } from '../kit/random.ts';
import { type Trouble, troublesFor } from './troubles.ts';
import { FOREIGN_NAMES, LEGAL_FORMS, PLACES, STREETS, SURNAMES, TRADES } from './words.ts';

/** What one system says about a business, in nobody's words yet. Empty text and null are both possible and different. */
export interface Facts {
  readonly name: string | null;
  readonly kind: 'customer' | 'distributor' | 'other';
  readonly taxId: string | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly language: string | null;
  /** Days, or a word that only the CRM has. */
  readonly terms: '0' | '14' | '30' | '60' | 'Prepaid' | 'Net 45' | null;
  /** A decimal, digit by digit. */
  readonly creditLimit: string | null;
  readonly onHold: boolean;
  readonly street: string | null;
  readonly postalCode: string | null;
  readonly city: string | null;
  readonly country: string | null;
  /** Both sides changed at this very moment, when true. */
  readonly tied?: true;
}

/** One business with its records on each side. */
export interface Business {
  readonly number: number;
  readonly crm: readonly Facts[];
  readonly erp: readonly Facts[];
}

const pickAt = <T>(from: readonly T[], index: number): T => {
  const found = from[index % from.length];
  if (found === undefined) throw new Error('an empty list');
  return found;
};

const nameOf = (number: number, luck: Chance): string => {
  if (luck.often(0.04)) return `${luck.pick(FOREIGN_NAMES)} ${number}`;
  // Multiplied by a prime so that neighbours differ, yet no two numbers meet below 2^31.
  const spread = (number * 48_271) % 2_147_483_647;
  const surname = pickAt(SURNAMES, spread);
  const trade = pickAt(TRADES, Math.floor(spread / SURNAMES.length));
  const form = pickAt(LEGAL_FORMS, Math.floor(spread / (SURNAMES.length * TRADES.length)));
  // With the postal code below the name is unique among 89,999 businesses; later rounds say their round.
  const round = Math.floor(number / 89_999);
  return `${surname} ${trade}${round === 0 ? '' : ` ${round + 1}`} ${form}`;
};

const limitOf = (luck: Chance): string | null => {
  const kind = luck.next();
  if (kind < 0.2) return null;
  if (kind < 0.24) return `${123_456_789_012_000 + luck.below(1000)}.${10 + luck.below(90)}`;
  if (kind < 0.6) return `${(1 + luck.below(200)) * 500}.00`;
  return `${(1 + luck.below(200)) * 500}`;
};

const TERMS = ['0', '14', '30', '60', 'Prepaid'] as const;

/** What an orderly record of this business says. */
export const plainFacts = (number: number, luck: Chance): Facts => {
  const place = luck.pick(PLACES);
  const local = String(1_000_000 + ((number * 7919 + luck.below(9)) % 8_999_999));
  const slug = `${pickAt(TRADES, number)
    .toLowerCase()
    .replace(/[^a-z]/g, '')}${number}`;
  return {
    name: nameOf(number, luck),
    kind: luck.often(0.15) ? 'distributor' : 'customer',
    taxId: `${place.tax}${100_000_000 + ((number * 48_271) % 899_999_999)}`,
    phone: luck.often(0.1) ? null : `${place.dial}${place.area}${local}`,
    email: luck.often(0.1) ? null : `info@${slug}.example`,
    language: luck.often(0.1) ? null : luck.often(0.8) ? 'de' : 'en',
    terms: luck.often(0.1) ? null : luck.pick(TERMS),
    creditLimit: limitOf(luck),
    onHold: luck.often(0.03),
    street: luck.often(0.05) ? null : `${luck.pick(STREETS)} ${1 + luck.below(180)}`,
    postalCode: String(1000 + ((number * 7919) % 89_999)).padStart(5, '0'),
    city: place.city,
    country: place.country,
  };
};

const respelled = (name: string | null, luck: Chance): string | null => {
  if (name === null) return null;
  const ways = [
    name.toUpperCase(),
    name.replace(' ', '  '),
    name.replace('GmbH', 'G m b H'),
    `${name} `,
    name.normalize('NFD'),
  ] as const;
  return luck.pick(ways);
};
const respelledTax = (taxId: string | null, luck: Chance): string | null => {
  if (taxId === null) return null;
  const spaced = taxId.replace(/(\d{3})(?=\d)/g, '$1 ');
  return luck.pick([
    taxId,
    taxId.toLowerCase(),
    spaced,
    spaced.replace(/ /g, '.'),
    `${taxId.slice(0, 2)}-${taxId.slice(2)}`,
  ]);
};
const respelledPhone = (phone: string | null, luck: Chance): string | null => {
  if (phone === null) return null;
  const [dial, area, local] = [phone.slice(0, 3), phone.slice(3, 5), phone.slice(5)];
  return luck.pick([
    `${dial} ${area} ${local}`,
    `${dial}-${area}-${local}`,
    `${dial} (${area}) ${local}`,
    `${dial} ${area}/${local}`,
  ]);
};

/** The other system's record of the same business: mostly alike, spelled its own way, here and there really different. */
export const twinOf = (facts: Facts, luck: Chance): Facts => {
  const other = plainFacts(luck.below(80_000), luck);
  return {
    ...facts,
    name: luck.often(0.3) ? respelled(facts.name, luck) : facts.name,
    taxId: luck.often(0.4) ? respelledTax(facts.taxId, luck) : facts.taxId,
    phone: luck.often(0.12) ? other.phone : luck.often(0.5) ? respelledPhone(facts.phone, luck) : facts.phone,
    email: luck.often(0.12) ? null : facts.email,
    language: luck.often(0.1) ? other.language : facts.language,
    terms: luck.often(0.15) ? other.terms : facts.terms,
    creditLimit: luck.often(0.3) ? other.creditLimit : facts.creditLimit,
    street: luck.often(0.12) ? other.street : facts.street,
    city: luck.often(0.03) ? null : facts.city,
  };
};

const onBothSides = (facts: Facts, luck: Chance): Omit<Business, 'number'> => {
  const way = luck.next();
  const twin = twinOf(facts, luck);
  if (way < 0.8) return { crm: [facts], erp: [twin] };
  // The rest is known by name and postal code only: no tax id at all, or at one side.
  const byName = {
    ...twin,
    name: luck.often(0.3) && facts.name !== null ? ` ${facts.name.normalize('NFD')}` : facts.name,
  };
  if (way < 0.9) return { crm: [{ ...facts, taxId: null }], erp: [{ ...byName, taxId: null }] };
  return way < 0.95
    ? { crm: [facts], erp: [{ ...byName, taxId: '' }] }
    : { crm: [{ ...facts, taxId: ' ' }], erp: [byName] };
};

const ordinary = (number: number, seed: number): Business => {
  const luck = chance(mix(seed, number));
  const facts = plainFacts(number, luck);
  const where = luck.next();
  if (where < 0.2) return { number, ...onBothSides(facts, luck) };
  return where < 0.62 ? { number, crm: [facts], erp: [] } : { number, crm: [], erp: [facts] };
};

const troubled = (number: number, seed: number, trouble: Trouble): Business => {
  const luck = chance(mix(seed, number));
  return { number, ...trouble(plainFacts(number, luck), luck) };
};

/** All businesses of this seed, then a few that stand outside what the integration includes. */
export function* businesses(seed: number, count: number): Generator<Business> {
  const troubles = troublesFor(count);
  for (let number = 1; number <= count; number += 1) {
    const trouble = troubles.get(number);
    yield trouble === undefined ? ordinary(number, seed) : troubled(number, seed, trouble);
  }
  const outside = Math.ceil(count / 400);
  for (let number = count + 1; number <= count + outside; number += 1) {
    const facts: Facts = { ...plainFacts(number, chance(mix(seed, number))), kind: 'other' };
    yield number % 2 === 0 ? { number, crm: [facts], erp: [] } : { number, crm: [], erp: [facts] };
  }
}
