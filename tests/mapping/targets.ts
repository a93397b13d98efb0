/** Targets of sales persons, and what their invoices come to within each target's own period. */
export const TARGET_FILES = {
  'mappings/person.yaml': `mapping: person
revision: 1
summary: Sales persons.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
include: { erp: { sort: [person] }, crm: { sort: [person] } }
identity: { match_on: [[name]], on_none: { to_erp: ignore, to_crm: create } }
fields:
  name: { crm: name, erp: name, flow: crm <- erp, as: text }
  sort: { crm: sort, erp: sort, flow: crm <- erp, as: text, required: true }
`,
  'mappings/invoice.yaml': `mapping: invoice
revision: 1
summary: Invoices.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
include: { erp: { sort: [invoice] }, crm: { sort: [invoice] } }
identity: { match_on: [[number]], on_none: { to_erp: ignore, to_crm: ignore } }
fields:
  number: { crm: number, erp: number, flow: crm <- erp, as: text }
  seller: { crm: seller, erp: seller, flow: crm <- erp, link: person }
  day: { crm: day, erp: day, flow: crm <- erp, as: date }
  net: { crm: net, erp: net, flow: crm <- erp, as: decimal }
  kind: { crm: kind, erp: kind, flow: crm <- erp, as: text }
  currency: { crm: currency, erp: currency, flow: crm <- erp, as: text }
`,
  'mappings/target.yaml': `mapping: target
revision: 1
summary: Targets.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[number]], on_none: { to_erp: ignore, to_crm: create } }
rollups:
  erp:
    actual:
      of: invoice
      by: seller
      for: seller
      sum: net
      currency: currency
      in: currency
      minus: { kind: [CRN] }
      within: { of: day, from: first day, until: last day }
fields:
  number: { crm: number, erp: code, flow: crm <- erp, as: text }
  seller: { crm: seller, erp: seller, flow: crm <- erp, link: person }
  first day: { crm: first, erp: first, flow: crm <- erp, as: date }
  last day: { crm: last, erp: last, flow: crm <- erp, as: date }
  amount: { crm: amount, erp: amount, flow: crm <- erp, as: decimal }
  currency: { crm: currency, erp: currency, flow: crm <- erp, as: text }
  actual: { crm: actual, erp: rollups.actual.own, flow: crm <- erp, as: text }
  others: { crm: others, erp: rollups.actual.others, flow: crm <- erp, as: text, empty: clear }
`,
} as const;
