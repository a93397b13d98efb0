/** The people at the businesses: some known to one system only, some to both, a few entered twice. */
import { type Chance, chance, mix } from '../kit/random.ts';
import type { Business } from './businesses.ts';
import { FIRST_NAMES, ROLES, SURNAMES } from './words.ts';

/** One person at a business, and what each system says about them; a person may stand twice in one system. */
export interface Person {
  /** The same for all records of one person. */
  readonly number: number;
  readonly first: string;
  readonly last: string;
  readonly email: string;
  readonly phone: string;
  readonly role: string;
  /** How many records each system has. */
  readonly crm: number;
  readonly erp: number;
}

// Most businesses are known without a name of anybody there.
const WITH_PEOPLE = 0.15;
const MOST = 3;
const TWICE = 0.02;

const places = ({ crm, erp }: Business, luck: Chance): Pick<Person, 'crm' | 'erp'> => {
  const twice = luck.often(TWICE) ? 2 : 1;
  const where = luck.next();
  if (crm.length > 0 && erp.length > 0)
    return where < 0.5 ? { crm: 1, erp: 1 } : where < 0.75 ? { crm: 1, erp: 0 } : { crm: 0, erp: 1 };
  return crm.length > 0 ? { crm: twice, erp: 0 } : { crm: 0, erp: twice };
};

/** The people of one business; they depend on nothing but the seed and the business. */
export const personsOf = (seed: number, business: Business): readonly Person[] => {
  const luck = chance(mix(seed + 43, business.number));
  const outside = [...business.crm, ...business.erp].some(({ kind }) => kind === 'other');
  if (outside || !luck.often(WITH_PEOPLE)) return [];
  return Array.from({ length: 1 + luck.below(MOST) }, (_, nth): Person => {
    const number = business.number * 10 + nth;
    return {
      number,
      first: luck.pick(FIRST_NAMES),
      last: luck.pick(SURNAMES),
      email: `p${number}@people.example`,
      phone: `+4930${2_000_000 + luck.below(7_000_000)}`,
      role: luck.pick(ROLES),
      ...places(business, luck),
    };
  });
};
