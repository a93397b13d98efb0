/**
 * The products both systems know about, from the same seed as the businesses and independent of them. Each product
 * depends on nothing but the seed and its number, so that twenty thousand of them are no different from the first.
 */
import { type Chance, chance, mix } from '../kit/random.ts';
import { productTroublesFor } from './goods-troubles.ts';

/** What one system says about a product, in nobody's words yet. Units are codes of UN/ECE Rec 20. */
export interface Good {
  readonly sku: string | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly kind: 'goods' | 'made' | 'half' | 'raw' | 'service' | 'kit' | 'configurable';
  readonly group: Group | 'Antiques';
  readonly active: boolean;
  readonly unit: string | null;
  readonly gtin: string | null;
  /** Decimals, digit by digit. */
  readonly price: string | null;
  readonly cost: string | null;
  readonly currency: string | null;
  readonly weight: string | null;
  /** The number of the product that this one varies, and what tells it from its like. */
  readonly variantOf?: number;
  readonly traits: readonly (readonly [name: string, value: string])[];
  readonly conversions: readonly (readonly [unit: string, numerator: string, denominator: string])[];
}

/** The families of products. */
export type Group = (typeof GROUPS)[number];
const GROUPS = ['Pumps', 'Drives', 'Controls', 'Valves', 'Fasteners', 'Raw material', 'Packaging', 'Services'] as const;

/** One product with its records on each side. */
export interface Product {
  readonly number: number;
  readonly crm: readonly Good[];
  readonly erp: readonly Good[];
}

const NOUNS: Readonly<Record<Group, readonly [string, ...string[]]>> = {
  Pumps: ['Kreiselpumpe', 'Dosierpumpe', 'Tauchpumpe', 'Zahnradpumpe'],
  Drives: ['Getriebemotor', 'Servoantrieb', 'Kupplung', 'Riementrieb'],
  Controls: ['Steuerung', 'Frequenzumrichter', 'Bedienfeld', 'Sensor'],
  Valves: ['Kugelhahn', 'Magnetventil', 'Rückschlagklappe', 'Schieber'],
  Fasteners: ['Sechskantschraube', 'Passstift', 'Dichtring', 'Unterlegscheibe'],
  'Raw material': ['Wickeldraht', 'Rundstahl', 'Blech', 'Granulat'],
  Packaging: ['Faltkarton', 'Einwegpalette', 'Holzkiste', 'Füllmaterial'],
  Services: ['Inbetriebnahme', 'Wartung', 'Schulung', 'Einlagerung'],
};
const FOREIGN = [
  'Насос центробежный',
  '遠心ポンプ',
  '离心泵',
  'مضخة طرد مركزي',
  'Čerpadlo odstředivé',
  'Αντλία',
] as const;
const COLOURS = ['rot', 'grün', 'blau', 'schwarz'] as const;
/** Every so many products one is a family, and those after it are its variants. */
const FAMILY = 20;
const VARIANTS = 3;

const unitOf = (group: Group, luck: Chance): string => {
  if (group === 'Services') return luck.pick(['HUR', 'DAY']);
  if (group === 'Raw material') return luck.pick(['KGM', 'MTR', 'LTR', 'MTK']);
  return luck.often(0.05) ? 'SET' : 'C62';
};

const kindOf = (group: Group, luck: Chance): Good['kind'] => {
  if (group === 'Services') return 'service';
  if (group === 'Raw material') return 'raw';
  const made = luck.next();
  return made < 0.4 ? 'goods' : made < 0.7 ? 'made' : made < 0.95 ? 'half' : 'kit';
};

/** Prices come with two decimals, with more than a currency has, and with zeros that say nothing. */
const priceOf = (luck: Chance): string => {
  const kind = luck.next();
  if (kind < 0.05) return `0.00${100 + luck.below(900)}`;
  if (kind < 0.1) return `${123_456_789_012 + luck.below(1000)}.${1000 + luck.below(9000)}`;
  return `${1 + luck.below(900)}.${luck.pick(['00', '50', '95', '10'])}`;
};

const conversionsOf = (unit: string, luck: Chance): Good['conversions'] => {
  if (unit === 'C62' && luck.often(0.3)) return [['XCT', String(6 + luck.below(40)), '1']];
  if (unit === 'C62' && luck.often(0.1))
    return [
      ['XCT', '12', '1'],
      ['XPX', '480', '1'],
    ];
  // A third: 1,000 metres of wire weigh 3 kg. Nobody divides it.
  return unit === 'MTR' ? [['KGM', String(1000 + luck.below(9)), '3']] : [];
};

const GTIN = 4_012_000_000_000;

/** What an orderly record of this product says. */
export const plainGood = (number: number, luck: Chance): Good => {
  const group = luck.pick(GROUPS);
  const unit = unitOf(group, luck);
  const noun = luck.often(0.04) ? luck.pick(FOREIGN) : luck.pick(NOUNS[group]);
  const cost = luck.often(0.1) ? null : `${luck.below(500)}.${10 + luck.below(90)}`;
  return {
    sku: luck.often(0.1) ? String(number).padStart(8, '0') : `${group.slice(0, 2).toUpperCase()}-${1000 + number}`,
    name: `${noun} ${number}`,
    description: luck.often(0.4) ? `${noun}, Baureihe ${luck.below(90) + 10}, nach Zeichnung ${number * 7}` : null,
    kind: kindOf(group, luck),
    group,
    active: luck.often(0.95),
    unit,
    gtin: luck.often(0.5) ? String(GTIN + number).padStart(14, '0') : null,
    price: luck.often(0.1) ? null : priceOf(luck),
    cost,
    currency: 'EUR',
    weight: group === 'Services' ? null : `${luck.below(90)}.${100 + luck.below(900)}`,
    traits: [],
    conversions: conversionsOf(unit, luck),
  };
};

/** The other system's record of the same product: mostly alike, spelled its own way, here and there really different. */
const twinOf = (good: Good, luck: Chance): Good => ({
  ...good,
  sku: luck.often(0.2) ? ` ${good.sku} ` : good.sku,
  name: luck.often(0.2) && good.name !== null ? luck.pick([good.name.normalize('NFD'), `${good.name} `]) : good.name,
  price: luck.often(0.15) ? priceOf(luck) : good.price === null ? null : good.price.replace(/\.00$/, ''),
  gtin: luck.often(0.1) ? null : good.gtin,
  description: luck.often(0.1) ? null : good.description,
  active: luck.often(0.05) ? !good.active : good.active,
});

const placed = (number: number, good: Good, luck: Chance): Product => {
  const where = luck.next();
  if (where < 0.3) return { number, crm: [good], erp: [twinOf(good, luck)] };
  return where < 0.45 ? { number, crm: [good], erp: [] } : { number, crm: [], erp: [good] };
};

/** A family and its variants stand where the family stands: a variant names it by its number there. */
const member = (number: number, seed: number): Product => {
  const nth = number % FAMILY;
  const parent = number - nth;
  const luck = chance(mix(seed + 61, parent));
  const head: Good = { ...plainGood(parent, luck), unit: 'C62', conversions: [] };
  const where = luck.next();
  const own: Good =
    nth === 0
      ? { ...head, kind: 'configurable' }
      : {
          ...head,
          kind: 'made',
          sku: `${head.sku}-${nth}`,
          name: `${head.name} ${COLOURS[nth]}`,
          gtin: null,
          variantOf: parent,
          traits: [
            ['Farbe', COLOURS[nth] ?? 'rot'],
            ['Ausführung', String(nth)],
          ],
        };
  return {
    number,
    crm: where < 0.6 ? [own] : [],
    erp: where >= 0.3 ? [own] : [],
  };
};

/** All products of this seed. */
export function* goods(seed: number, count: number): Generator<Product> {
  const troubles = productTroublesFor(count);
  for (let number = 1; number <= count; number += 1) {
    const luck = chance(mix(seed + 61, number));
    const trouble = troubles.get(number);
    if (trouble !== undefined) yield { number, ...trouble(plainGood(number, luck)) };
    else if (number >= FAMILY && number % FAMILY <= VARIANTS) yield member(number, seed);
    else yield placed(number, plainGood(number, luck), luck);
  }
}
