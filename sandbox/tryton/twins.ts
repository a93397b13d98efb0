/**
 * Fills an empty CRM for a pair with Tryton: twins of some of Tryton's customers, spelled their own way, and customers
 * that only the CRM has, so that there are so many distinct businesses in all. People's work, done before the first sync:
 * `node twins.ts --crm URL --erp URL [--database NAME] [--customers N] [--seed N]`.
 */
import { parseArgs } from 'node:util';
import { bearer, call, docOf, listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { type Signed, signInSoon } from './api.ts';
import { business, shares } from './businesses.ts';
import { readCustomers } from './customers.ts';
import { USERS } from './parts.ts';

export interface TwinsInput {
  readonly crmUrl: string;
  readonly tryton: Signed;
  /** Distinct businesses in both systems together. */
  readonly customers: number;
  readonly seed: number;
}
/** What was made. */
export interface Twins {
  readonly twins: number;
  readonly crmOnly: number;
}

const BATCH = 200;
const CRM_TERM: Readonly<Record<string, string>> = { Direct: 'Due on receipt' };
const text = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null);
/** One of these, in turn: each spelling is used. */
const turn = <T>(at: number, ...ways: readonly [T, ...T[]]): T => ways[at % ways.length] as T;

const spelled = (name: string, at: number, identified: boolean): string => {
  // With a tax id the name may differ as it likes; without one only as it does not matter.
  if (identified && at % 5 === 0) return name.replace(/ (GmbH|BV)$/, '');
  return turn(at, name, name.replace(' ', '  '), `${name} `, name.normalize('NFD'), name.toLowerCase());
};
const spelledPhone = (phone: string | null, at: number): string | null =>
  phone === null ? null : turn(at, phone, phone.replace(/[ -]/g, ''), phone.replace(/ /g, '-'));
const spelledTax = (tax: string | null, at: number): string | null =>
  tax === null ? null : turn(at, tax, tax.toLowerCase(), `${tax.slice(0, 2)} ${tax.slice(2, 5)} ${tax.slice(5)}`);
const termOf = (term: string | null, at: number): string | null =>
  term === 'Direct' ? turn(at, 'Due on receipt', 'Prepaid') : term === null ? null : (CRM_TERM[term] ?? term);

/** The CRM's record of a customer of Tryton's: mostly alike, here and there less or other. */
export const twinOf = (party: Doc, at: number): Doc => {
  const tax = text(party['tax_number']);
  const street = text(party['street']);
  const fields: Record<string, unknown> = {
    name: spelled(text(party['name']) ?? '', at, tax !== null),
    kind: turn(at, 'Customer', 'Customer', 'Distributor'),
    vat_number: spelledTax(tax, at),
    email: at % 6 === 5 ? null : text(party['email']),
    phone: spelledPhone(text(party['phone']), at),
    language: at % 7 === 3 ? '' : text(party['language']),
    // Where these differ, Tryton's stand.
    payment_terms: at % 8 === 2 ? 'Net 60' : termOf(text(party['payment_term']), at),
    billing: {
      street: at % 4 === 1 ? (street?.replace('straße', 'str.') ?? null) : street,
      postal_code: text(party['postal_code']),
      city: at % 9 === 4 ? null : text(party['city']),
      country: text(party['country'])?.toLowerCase() ?? null,
    },
  };
  return fields as Doc;
};

/** A customer of the CRM alone. Now and then with a term that the lookup table does not know. */
const alone = (seed: number, number: number): Doc => {
  const { name, vat, email, phone, language, term, street, postal_code, city, country } = business(seed, number);
  return {
    name,
    kind: 'Customer',
    vat_number: vat ?? null,
    email: email ?? null,
    phone: phone ?? null,
    language: language ?? null,
    payment_terms: number % 160 === 11 ? 'Net 45' : termOf(term ?? null, number),
    billing: { street: street ?? null, postal_code: postal_code ?? null, city: city ?? null, country: country ?? null },
  } as Doc;
};

/** The marks that accounts of ours carry already: a second run makes only what is missing. */
const marksIn = async (crmUrl: string, headers: Record<string, string>): Promise<ReadonlySet<string>> => {
  const marks = new Set<string>();
  for (let cursor = ''; ; ) {
    const page = docOf(await call('GET', `${crmUrl}/v1/accounts?limit=500${cursor}`, { headers }));
    for (const account of listOf(page, 'items')) marks.add(String(account['external_id']));
    if (typeof page['next_cursor'] !== 'string') return marks;
    cursor = `&cursor=${page['next_cursor']}`;
  }
};

/** Makes them. Safe to repeat: a CRM that has its share already is left alone. Rejects when Tryton has more customers than there shall be in all. */
export const makeTwins = async ({ crmUrl, tryton, customers, seed }: TwinsInput): Promise<Twins> => {
  const headers = await bearer(crmUrl, 'people', 'people-secret');
  const marks = await marksIn(crmUrl, headers);
  const api = await signInSoon(tryton, 30_000);
  const parties = await readCustomers(api);
  const theirs = parties.filter((party) => (party['keys'] as readonly unknown[]).length === 0);
  const { twins } = shares(customers);
  const every = Math.max(1, Math.floor(theirs.length / Math.max(1, twins)));
  const chosen = theirs.filter((_party, at) => at % every === 0).slice(0, twins);
  const others = Math.max(0, customers - theirs.length);
  if (customers < theirs.length && marks.size === 0)
    throw new Error(`Tryton has ${theirs.length} customers, more than the ${customers} there shall be in all`);
  const wanted = [
    ...chosen.map((party, at) => ({ mark: `twin-${String(party['id'])}`, fields: twinOf(party, at) })),
    ...Array.from({ length: others }, (_, at) => ({ mark: `crm-only-${at}`, fields: alone(seed, theirs.length + at) })),
  ].filter(({ mark }) => !marks.has(mark));
  for (let start = 0; start < wanted.length; start += BATCH) {
    const items = wanted
      .slice(start, start + BATCH)
      .map(({ mark, fields }) => ({ key: mark, external_id: mark, fields }));
    const reply = await call('POST', `${crmUrl}/v1/accounts/batch/upsert`, { headers, body: { items } });
    const bad = listOf(docOf(reply), 'results').find((result) => result['status'] !== 201);
    if (reply.status !== 200 || bad !== undefined)
      throw new Error(`the CRM refused a twin: ${JSON.stringify(bad ?? reply.body)}`);
  }
  return { twins: chosen.length, crmOnly: others };
};

const string = { type: 'string' } as const;
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      crm: string,
      erp: string,
      database: string,
      user: string,
      password: string,
      customers: string,
      seed: string,
    },
  });
  const { crm = process.env['SANDBOX_CRM_URL'], erp = process.env['SANDBOX_ERP_URL'] } = values;
  if (crm === undefined || erp === undefined) throw new Error('say where both systems are: --crm URL --erp URL');
  const { database = 'tryton', user = 'people', password = USERS.people, customers = '2000', seed = '1' } = values;
  const tryton = { url: erp, database, user, password };
  const made = await makeTwins({ crmUrl: crm, tryton, customers: Number(customers), seed: Number(seed) });
  process.stdout.write(`${made.twins} twins, ${made.crmOnly} customers of the CRM alone\n`);
};

if (import.meta.main) await main();
