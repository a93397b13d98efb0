/** Those who work for us: one chief, seven to each superior below, some of them users of the CRM already. */
import { chance, mix } from '../kit/random.ts';
import { FIRST_NAMES, SURNAMES } from './words.ts';

/** One of ours, and what the systems say. */
export interface Colleague {
  /** From 1; nobody’s superior has a higher one. */
  readonly number: number;
  readonly first: string;
  readonly last: string;
  readonly email: string;
  readonly phone: string;
  readonly title: string;
  readonly department: string;
  readonly position: string;
  readonly location: string;
  /** The superior’s number; nobody stands above the first. */
  readonly manager: number | undefined;
  readonly territory: string;
  readonly status: 'active' | 'leave' | 'terminated';
  readonly start: string;
  readonly end: string;
  readonly birth: string;
  readonly salary: string;
  readonly home: string;
  /** Known to the CRM before anything was synced. */
  readonly user: boolean;
}

const EACH = 7;
const DEPARTMENTS = ['Vertrieb', 'Innendienst', 'Service', 'Einkauf', 'Fertigung'] as const;
const TITLES = ['Sachbearbeitung', 'Außendienst', 'Projektleitung', 'Technik'] as const;
const PLACES = ['Berlin', 'Görlitz', 'Ulm', 'Łódź'] as const;
const TERRITORIES = ['NORD', 'OST', 'SUED', 'WEST', ''] as const;

const day = (year: number, luck: { below(n: number): number }): string =>
  new Date(Date.UTC(year, luck.below(12), 1 + luck.below(28))).toISOString().slice(0, 10);

/** All of them; each depends on nothing but the seed and the number. */
export function* colleagues(seed: number, many: number): Generator<Colleague> {
  for (let number = 1; number <= many; number += 1) {
    const luck = chance(mix(seed + 61, number));
    const gone = number > EACH && luck.often(0.05);
    yield {
      number,
      first: luck.pick(FIRST_NAMES),
      last: luck.pick(SURNAMES),
      email: `e${number}@ours.example`,
      phone: `+4930${7_000_000 + number}`,
      title: luck.pick(TITLES),
      department: luck.pick(DEPARTMENTS),
      position: `P-${1000 + number}`,
      location: luck.pick(PLACES),
      manager: number === 1 ? undefined : Math.floor((number - 2) / EACH) + 1,
      territory: luck.pick(TERRITORIES),
      status: gone ? 'terminated' : luck.often(0.03) ? 'leave' : 'active',
      start: day(2010 + luck.below(14), luck),
      end: gone ? day(2024, luck) : '',
      birth: day(1962 + luck.below(40), luck),
      salary: String(38_000 + luck.below(60) * 1_000),
      home: `${luck.pick(SURNAMES)}weg ${1 + luck.below(90)}, ${luck.pick(PLACES)}`,
      user: luck.often(0.7),
    };
  }
}
