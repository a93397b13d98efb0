/** The CRM's part of the seed. */

import type { Seed } from '../kit/file.ts';
import { Digits, type Doc, text, type Value } from '../kit/json.ts';
import { type Chance, chance, mix } from '../kit/random.ts';
import { businesses, type Facts } from '../seed/businesses.ts';
import { type Person, personsOf } from '../seed/persons.ts';
import { seededAt, TIED_AT } from '../seed/stamps.ts';
import { FIRST_NAMES } from '../seed/words.ts';
import { idOf } from './shape.ts';

const KINDS = { customer: 'Customer', distributor: 'Distributor', other: 'Prospect' } as const;
const TERMS: Readonly<Record<string, string>> = {
  '0': 'Due on receipt',
  '14': 'Net 14',
  '30': 'Net 30',
  '60': 'Net 60',
};

const termsOf = (terms: Facts['terms']): string | null => (terms === null ? null : (TERMS[terms] ?? terms));

/** Nothing is said in several ways: null, empty text, blanks. */
const nothing = (luck: Chance): Value => luck.pick([null, null, '', '   ']);

const accountOf = (facts: Facts, id: string, stamp: string, luck: Chance): Doc => ({
  id,
  external_id: null,
  name: facts.name,
  kind: KINDS[facts.kind],
  vat_number: facts.taxId,
  // Now and then the key itself is missing.
  ...(facts.phone === null && luck.often(0.2) ? {} : { phone: facts.phone ?? nothing(luck) }),
  email: facts.email ?? nothing(luck),
  website: luck.often(0.3) ? `https://${id.toLowerCase()}.example` : null,
  language: facts.language ?? nothing(luck),
  payment_terms: termsOf(facts.terms),
  credit_limit: facts.creditLimit !== null && luck.often(0.3) ? new Digits(facts.creditLimit) : null,
  on_hold: facts.onHold,
  billing: {
    street: facts.street ?? nothing(luck),
    postal_code: facts.postalCode,
    city: facts.city,
    country: facts.country,
  },
  erp_number: null,
  sync_state: null,
  sync_message: null,
  owner_id: null,
  territory: null,
  last_order: null,
  revenue_12m: null,
  open_balance: null,
  segment: null,
  churn_score: null,
  scored_on: null,
  note: luck.often(0.2)
    ? `Visited ${luck.below(12) + 1} times; "prefers" mornings.\nAsk for ${luck.pick(FIRST_NAMES)}.`
    : null,
  created_at: stamp,
  modified_at: stamp,
  etag: `s${mix(Number(id.slice(2)), 5).toString(36)}`,
});

const contactOf = (person: Person, id: string, accountId: string, stamp: string): Doc => ({
  id,
  external_id: null,
  account_id: accountId,
  first_name: person.first,
  last_name: person.last,
  email: person.email,
  phone: person.phone,
  role: person.role,
  note: null,
  created_at: stamp,
  modified_at: stamp,
  etag: `s${mix(Number(id.slice(2)), 6).toString(36)}`,
});

const wholeSeconds = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Accounts, and the people at them. */
export function* crmSeeds(seed: number, customers: number): Generator<Seed> {
  let accounts = 0;
  let contacts = 0;
  for (const business of businesses(seed, customers)) {
    for (const [nth, facts] of business.crm.entries()) {
      accounts += 1;
      const luck = chance(mix(seed + 17, accounts));
      const id = idOf('account', accounts);
      const stamp = wholeSeconds(facts.tied === true ? TIED_AT : seededAt(accounts, 0));
      yield { record: 'account', id, stamp, body: text(accountOf(facts, id, stamp, luck)), business: business.number };
      if (nth > 0) continue;
      for (const person of personsOf(seed, business))
        for (let left = person.crm; left > 0; left -= 1) {
          contacts += 1;
          const contact = idOf('contact', contacts);
          const body = text(contactOf(person, contact, id, stamp));
          yield { record: 'contact', id: contact, stamp, body, business: person.number };
        }
    }
  }
}
