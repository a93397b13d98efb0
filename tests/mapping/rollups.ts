/** A customer whose account shows what its invoices come to. */
export const ROLLUP_FILES = {
  'mappings/customer.yaml': `mapping: customer
revision: 1
summary: Customers.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
rollups:
  erp:
    revenue:
      of: invoice
      by: customer
      sum: net
      currency: currency
      minus: { kind: [CRN] }
      within: { months: 12, of: day, zone: Europe/Berlin }
    latest: { of: invoice, by: customer, latest: day }
    invoices: { of: invoice, by: customer, count: true }
fields:
  name: { crm: name, erp: name, flow: crm <-> erp, as: text, conflict: crm wins }
  revenue: { crm: revenue, erp: rollups.revenue.EUR, flow: crm <- erp, as: text }
  dollars: { crm: dollars, erp: rollups.revenue.USD, flow: crm <- erp, as: text }
  latest: { crm: latest, erp: rollups.latest, flow: crm <- erp, as: date, empty: clear }
  invoices: { crm: invoices, erp: rollups.invoices, flow: crm <- erp, as: integer }
`,
  'mappings/invoice.yaml': `mapping: invoice
revision: 1
summary: Invoices.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
identity: { match_on: [[number]], on_none: { to_erp: ignore, to_crm: create } }
fields:
  number: { crm: number, erp: number, flow: crm <- erp, as: text }
  customer: { crm: account, erp: partner, flow: crm <- erp, link: customer }
  day: { crm: day, erp: day, flow: crm <- erp, as: date }
  net: { crm: net, erp: net, flow: crm <- erp, as: decimal }
  kind: { crm: kind, erp: kind, flow: crm <- erp, as: text }
  currency: { crm: currency, erp: currency, flow: crm <- erp, as: text }
`,
} as const;
