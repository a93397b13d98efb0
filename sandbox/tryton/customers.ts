/** Tryton's customers as a person reads them: one flat record each, through Tryton's own API. */

import type { Doc } from '../kit/json.ts';
import type { Api, Row, Value } from './api.ts';

/** Who made and last wrote a row, and when. */
const HANDS = ['create_date', 'write_date', 'create_uid', 'write_uid'] as const;
/** What is asked of each party. */
const FIELDS = [
  ...['name', 'active', 'replaced_by', ...HANDS, '_timestamp'],
  ...['lang.code', 'customer_payment_term.name', 'categories.name'],
  ...['street', 'postal_code', 'city', 'country.code', ...HANDS].map((name) => `addresses.${name}`),
  ...['type', 'value', ...HANDS].map((name) => `contact_mechanisms.${name}`),
  ...['type', 'code', ...HANDS].map((name) => `identifiers.${name}`),
];

const rows = (value: Value | undefined): readonly Row[] => (Array.isArray(value) ? (value as readonly Row[]) : []);
const inner = (row: Row | undefined, name: string, field: string): Value => {
  const value = row?.[`${name}.`];
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? ((value as Row)[field] ?? null) : null;
};
const first = (list: readonly Row[], type: string, field: string): Value =>
  list.find((each) => each['type'] === type)?.[field] ?? null;

const millis = (value: Value | undefined): number => {
  if (value === null || typeof value !== 'object') return 0;
  const { year, month, day, hour, minute, second, microsecond } = value as Readonly<Record<string, number>>;
  const whole = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0);
  return whole + Math.floor((microsecond ?? 0) / 1000);
};

/** A party as one flat record; absent values are null. */
export const flat = (row: Row): Doc => {
  const [address] = rows(row['addresses.']);
  const mechanisms = rows(row['contact_mechanisms.']);
  const identifiers = rows(row['identifiers.']);
  const family = [row, ...rows(row['addresses.']), ...mechanisms, ...identifiers];
  const changed = Math.max(...family.flatMap((each) => [millis(each['create_date']), millis(each['write_date'])]));
  const customer = rows(row['categories.']).some((each) => each['name'] === 'Customer');
  return {
    id: String(row.id),
    name: row['name'] ?? null,
    customer: customer && (row['active'] === true || row['active'] === 1),
    language: inner(row, 'lang', 'code'),
    payment_term: inner(row, 'customer_payment_term', 'name'),
    street: address?.['street'] ?? null,
    postal_code: address?.['postal_code'] ?? null,
    city: address?.['city'] ?? null,
    country: inner(address, 'country', 'code'),
    email: first(mechanisms, 'email', 'value'),
    phone: first(mechanisms, 'phone', 'value'),
    tax_number: first(identifiers, 'eu_vat', 'code'),
    // Keys of creates, as the integration leaves them.
    keys: identifiers.filter((each) => String(each['code']).startsWith('tally:')).map((each) => String(each['code'])),
    active: row['active'] === true || row['active'] === 1,
    replaced_by: row['replaced_by'] === null || row['replaced_by'] === undefined ? null : String(row['replaced_by']),
    /** Everyone whose hand shows on the party or a part of it: `user at ms`. */
    hands: family.flatMap((each) => [
      `${each['create_uid']} at ${millis(each['create_date'])}`,
      ...(each['write_uid'] ? [`${each['write_uid']} at ${millis(each['write_date'])}`] : []),
    ]),
    maker: Number(row['create_uid'] ?? 0),
    writer: Number(row['write_uid'] ?? 0),
    made_at: millis(row['create_date']),
    written_at: millis(row['write_date']),
    changed_at: new Date(changed).toISOString(),
  } as Doc;
};

/** Every party there is, also inactive ones. */
export const readParties = async (api: Api): Promise<readonly Doc[]> => {
  const found = await api.all('party.party', [['active', 'in', [true, false]]], FIELDS);
  return found.map(flat);
};

/** Those that are customers today. */
export const readCustomers = async (api: Api): Promise<readonly Doc[]> =>
  (await readParties(api)).filter((party) => party['customer'] === true);

/** The number of the user whose rights these are. */
export const userNumber = async (api: Api, login: string): Promise<number | undefined> => {
  const found = (await api.call('res.user', 'search_read', [
    [['login', '=', login]],
    0,
    1,
    null,
    ['login'],
  ])) as readonly Row[];
  return found[0]?.id;
};

/** When a user's creates and latest writes came about, ms, in order. */
export const effectsOf = async (api: Api, login: string): Promise<readonly number[]> => {
  const user = await userNumber(api, login);
  const parties = await readParties(api);
  const made = parties.filter(({ maker }) => maker === user).map((party) => Number(party['made_at']));
  const written = parties.filter(({ writer }) => writer === user).map((party) => Number(party['written_at']));
  return [...made, ...written].sort((a, b) => a - b);
};
