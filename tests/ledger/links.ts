import { compileMappings } from '../../src/mapping/compile.ts';
import type { Mapping } from '../../src/mapping/port.ts';

const between = (crm: string, erp: string): string =>
  `between: { crm: { connection: crm, record: ${crm} }, erp: { connection: erp, record: ${erp} } }`;

const customer = (include: string, parent: boolean): string => `mapping: customer
revision: 1
summary: Customers.
${between('Account', 'Partner')}
${include}
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create }, on_delete: { to_erp: block, to_crm: block } }
fields:
  name: { crm: name, erp: organization_name, flow: crm <-> erp, conflict: crm wins, as: text, required: true }
${parent ? '  parent: { crm: parent_id, erp: parent, flow: crm <-> erp, conflict: park, link: customer, empty: clear }' : ''}
${include === '' ? '' : 'constants: [{ crm: kind, value: customer, create_only: true }]'}
`;

const contact = (match: string, required: boolean): string => `mapping: contact
revision: 1
summary: People at customers.
${between('Contact', 'Person')}
identity: { match_on: ${match}, on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: full_name, flow: crm <-> erp, conflict: crm wins, as: text, required: true }
  email: { crm: email, erp: mail, flow: crm <-> erp, conflict: crm wins, as: email }
  customer:
    { crm: account_id, erp: partner, flow: crm <-> erp, conflict: park, link: customer${required ? ', required: true' : ''} }
`;

/** Customers, perhaps with parents among them, and the people who belong to them. */
export const linkedMappings = ({
  include = '',
  parent = false,
  match = '[[email, customer], [name, customer]]',
  required = true,
} = {}): ReadonlyMap<string, Mapping> => {
  const { mappings, problems } = compileMappings({
    'mappings/customer.yaml': customer(include, parent),
    'mappings/contact.yaml': contact(match, required),
  });
  if (mappings.size !== 2) throw new Error(JSON.stringify(problems));
  // Children first: whoever claims in this order meets their parents unlinked.
  return new Map([...mappings].sort(([a], [b]) => (a < b ? -1 : 1)));
};
