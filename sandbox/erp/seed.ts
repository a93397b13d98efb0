/** The ERP's part of the seed. */

import type { Seed } from '../kit/file.ts';
import { Digits, type Doc, text } from '../kit/json.ts';
import { type Chance, chance, mix } from '../kit/random.ts';
import { businesses, type Facts } from '../seed/businesses.ts';
import { type Person, personsOf } from '../seed/persons.ts';
import { seededAt, TIED_AT } from '../seed/stamps.ts';
import { CONTACTS } from './contacts.ts';
import { numberOf, PARTNERS } from './shape.ts';

const GROUPINGS = { customer: 'Z001', distributor: 'Z002', other: 'Z009' } as const;
const TERMS: Readonly<Record<string, string>> = {
  '0': 'ZB00',
  '14': 'ZB14',
  '30': 'ZB30',
  '60': 'ZB60',
  Prepaid: 'ZB00',
};

const partnerOf = (facts: Facts, number: string, stamp: string, luck: Chance): Doc => {
  const name = facts.name ?? '';
  const term = [...name.toUpperCase()].slice(0, 20).join('').trim();
  return {
    number,
    reference: null,
    organization_name: name,
    search_term: luck.often(0.1) ? `OWN ${number.slice(-6)}` : term,
    grouping: GROUPINGS[facts.kind],
    tax_number: facts.taxId ?? '',
    language: facts.language?.toUpperCase() ?? '',
    payment_terms: facts.terms === null ? '' : (TERMS[facts.terms] ?? ''),
    credit_limit: facts.creditLimit === null ? null : new Digits(facts.creditLimit),
    blocked: facts.onHold ? 'X' : '',
    contact: { phone: facts.phone ?? '', email: facts.email ?? '' },
    addresses: [
      {
        use: 'bill-to',
        street: facts.street ?? '',
        postal_code: facts.postalCode ?? '',
        city: facts.city ?? '',
        country: facts.country ?? 'DE',
      },
      ...(luck.often(0.2)
        ? [{ use: 'ship-to', street: 'Lager Süd 1', postal_code: '04109', city: 'Leipzig', country: 'DE' }]
        : []),
    ],
    sales_rep: '',
    territory: '',
    note: luck.often(0.1) ? 'Delivery by the rear gate only' : '',
    row_version: 1,
    changed_at: stamp,
  };
};

// The ERP writes names in capitals now and then, and knows fewer functions.
const contactOf = (person: Person, number: string, partner: string, stamp: string, luck: Chance): Doc => ({
  number,
  reference: null,
  partner,
  first_name: person.first,
  last_name: luck.often(0.1) ? person.last.toUpperCase() : person.last,
  email: person.email,
  phone: luck.often(0.1) ? '' : person.phone,
  function: person.role,
  note: '',
  row_version: 1,
  changed_at: stamp,
});

/** Partners, numbered by the ERP, and the people at them. */
export function* erpSeeds(seed: number, customers: number): Generator<Seed> {
  let partners = 0;
  let contacts = 0;
  for (const business of businesses(seed, customers)) {
    for (const [nth, facts] of business.erp.entries()) {
      partners += 1;
      const luck = chance(mix(seed + 29, partners));
      const id = numberOf(PARTNERS.first + partners);
      // Half a step beside the CRM's blocks, so that two sides never tie by accident.
      const stamp = new Date(facts.tied === true ? TIED_AT : seededAt(partners, 300_417)).toISOString();
      yield { record: 'partner', id, stamp, body: text(partnerOf(facts, id, stamp, luck)), business: business.number };
      if (nth > 0) continue;
      for (const person of personsOf(seed, business))
        for (let left = person.erp; left > 0; left -= 1) {
          contacts += 1;
          const number = numberOf(CONTACTS.first + contacts);
          const body = text(contactOf(person, number, id, stamp, luck));
          yield { record: 'contact', id: number, stamp, body, business: person.number };
        }
    }
  }
}
