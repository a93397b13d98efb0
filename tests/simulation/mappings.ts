import { SyncError } from '../../src/domain/errors.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import type { Mapping } from '../../src/mapping/port.ts';

/** What may differ between two runs' mappings. */
export interface MappingChoice {
  readonly onDeleteToErp: 'block' | 'report' | 'delete';
  /** Lookup rows for this many of the rare terms; the others miss. */
  readonly rareTerms: number;
  /** The ERP keeps partners that are out of use and names what they were merged into; this becomes of the account then. */
  readonly retired?: 'block' | 'report';
  /** People in the CRM see the record's state. */
  readonly feedback?: true;
}

/** Terms that every lookup has: CRM word and ERP key. `Prepaid` goes one way only. */
export const TERMS: readonly (readonly [string, string])[] = [
  ['Net 14', 'ZB14'],
  ['Net 30', 'ZB30'],
  ['Due on receipt', 'ZB00'],
];
export const ONE_WAY_TERM = ['Prepaid', 'ZB00'] as const;
/** Terms that a lookup learns while it is in use. */
export const RARE_TERMS: readonly (readonly [string, string])[] = [
  ['Net 45', 'ZB45'],
  ['Net 90', 'ZB90'],
];

const identity = ({ onDeleteToErp, retired }: MappingChoice): string => `
identity:
  match_on: [[tax id], [name]]
  on_many: park
  on_none: { to_erp: create, to_crm: create }
  on_delete: { to_erp: ${onDeleteToErp}, to_crm: ${retired ?? 'report'} }
${retired === undefined ? '' : '  retired: { erp: { active: [false] } }\n  merged_into: { erp: replaced_by }\n'}`;

const shared = `
  name:
    crm: name
    erp: organization_name
    flow: crm <-> erp
    conflict: crm wins
    as: text
    required: true
  tax id:
    crm: vat_number
    erp: tax_number
    flow: crm <-> erp
    conflict: park
    as: text
`;

const customer = (choice: MappingChoice): string => `mapping: customer
revision: 1
summary: Who they are and how they pay.
between:
  crm: { connection: crm, record: Account }
  erp: { connection: erp, record: Partner }
${identity(choice)}
fields:
${shared}
  city:
    crm: city
    erp: city
    flow: crm <-> erp
    conflict: erp wins
    as: text
  payment terms:
    crm: payment_terms
    erp: payment_terms
    flow: crm <-> erp
    conflict: erp wins
    lookup: payment-terms
${choice.feedback === true ? 'feedback: { crm: { state: sync_state, id: erp_number, reason: sync_message } }\n' : ''}`;

const contact = (choice: MappingChoice): string => `mapping: contact-data
revision: 1
summary: How to reach them.
between:
  crm: { connection: crm, record: Account }
  erp: { connection: erp, record: Partner }
${identity(choice)}
fields:
${shared}
  phone:
    crm: phone
    erp: contact.phone
    flow: crm <-> erp
    conflict: newest wins
    as: text
  email:
    crm: email
    erp: contact.email
    flow: crm <-> erp
    conflict: park
    as: text
  search term:
    crm: name
    erp: search_term
    flow: crm -> erp
    as: upper text
    drift: restore
`;

const lookup = ({ rareTerms }: MappingChoice): string => `lookup: payment-terms
revision: ${rareTerms + 1}
summary: The CRM's words against the ERP's keys.
rows:
${[...TERMS, ...RARE_TERMS.slice(0, rareTerms)].map(([crm, erp]) => `  - { crm: ${crm}, erp: ${erp} }`).join('\n')}
  - { crm: ${ONE_WAY_TERM[0]}, erp: ${ONE_WAY_TERM[1]}, flow: crm -> erp }
unmatched: { to_erp: park, to_crm: park }
`;

const compiled = new Map<string, ReadonlyMap<string, Mapping>>();

/** Two mappings that share both slots, as the product's own compiler makes them of YAML. */
export const mappingsOf = (choice: MappingChoice, mutation?: 'canonical-compare'): ReadonlyMap<string, Mapping> => {
  const key = JSON.stringify([choice, mutation]);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const { mappings, problems } = compileMappings(
    {
      'mappings/customer.yaml': customer(choice),
      'mappings/contact-data.yaml': contact(choice),
      'mappings/lookups/payment-terms.yaml': lookup(choice),
    },
    mutation === undefined ? {} : { mutation },
  );
  if (mappings.size !== 2)
    throw new SyncError('CONFIG_INVALID', problems.map((problem) => JSON.stringify(problem)).join('\n'));
  compiled.set(key, mappings);
  return mappings;
};
