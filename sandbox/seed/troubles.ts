/** The troubles that are put into the seed on purpose, each a few times, so that a run always meets all of them. */
import type { Chance } from '../kit/random.ts';
import type { Facts } from './businesses.ts';

/** Turns an orderly business into a troublesome one: what each side says about it. */
export type Trouble = (
  facts: Facts,
  luck: Chance,
) => { readonly crm: readonly Facts[]; readonly erp: readonly Facts[] };

const longName = (facts: Facts): string =>
  `${facts.name} für Entwicklung, Herstellung und weltweiten Vertrieb von Sondermaschinen, Ersatzteilen und Zubehör`;
const longStreet = (facts: Facts): string =>
  `Gewerbepark Nord, Gebäude 7, Aufgang B, drittes Obergeschoss, Tor ${facts.postalCode}`;
const otherTaxId = (facts: Facts): string => `${(facts.taxId ?? '').slice(0, -9)}0${(facts.taxId ?? '').slice(-8)}`;

const TROUBLES: readonly Trouble[] = [
  // Duplicates inside one side, alone and with a record on the other side.
  (facts) => ({ crm: [facts, { ...facts, name: `${facts.name} (alt)`, postalCode: '99998' }], erp: [] }),
  (facts) => ({ crm: [facts, { ...facts, name: `${facts.name} (neu)`, postalCode: '99997' }], erp: [facts] }),
  (facts) => ({ crm: [], erp: [facts, { ...facts, name: `Filiale ${facts.name}`, postalCode: '99996' }] }),
  // Equal name and postal code, but two tax ids: one business or two?
  (facts) => ({ crm: [facts], erp: [{ ...facts, taxId: otherTaxId(facts) }] }),
  // A payment term that the lookup does not have.
  (facts) => ({ crm: [{ ...facts, terms: 'Net 45' }], erp: [] }),
  // Longer than the ERP allows: alone, with a counterpart, and in a field without which the partner can be made.
  (facts) => ({ crm: [{ ...facts, name: longName(facts) }], erp: [] }),
  (facts) => ({ crm: [{ ...facts, name: longName(facts) }], erp: [facts] }),
  (facts) => ({ crm: [{ ...facts, street: longStreet(facts) }], erp: [] }),
  // Nothing to identify it by.
  (facts) => ({ crm: [{ ...facts, taxId: null, postalCode: null }], erp: [] }),
  (facts) => ({ crm: [], erp: [{ ...facts, taxId: null, postalCode: '' }] }),
  // Lacking what the ERP wants.
  (facts) => ({ crm: [{ ...facts, country: null }], erp: [] }),
  (facts) => ({ crm: [{ ...facts, name: '   ' }], erp: [] }),
  // Its counterpart stands outside what is included.
  (facts) => ({ crm: [{ ...facts, kind: 'other' }], erp: [facts] }),
  // Two phone numbers, entered at the same moment: nobody can say which is newer.
  (facts, luck) => ({
    crm: [{ ...facts, tied: true, phone: `+4930${5_000_000 + luck.below(999_999)}` }],
    erp: [{ ...facts, tied: true, phone: `+4940${5_000_000 + luck.below(999_999)}` }],
  }),
];

/** How often each trouble occurs among so many customers. */
export const TROUBLE_KINDS = TROUBLES.length;
const repeats = (count: number): number => (count < 40 ? 0 : count < 1000 ? 1 : 2);

/** Which businesses are troubled, and how: spread evenly over the numbers. */
export const troublesFor = (count: number): ReadonlyMap<number, Trouble> => {
  const all = Array.from({ length: repeats(count) }, () => TROUBLES).flat();
  const step = Math.floor(count / Math.max(all.length, 1));
  return new Map(all.map((trouble, index) => [1 + Math.floor(step / 2) + index * step, trouble] as const));
};
