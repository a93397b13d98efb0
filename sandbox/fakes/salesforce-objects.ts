/** Objects of Salesforce's fake: their fields, and how a record is written. */
import type { Doc, Value } from '../kit/json.ts';
import type { Answer, Ask } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import { answer, type Records } from './system.ts';

/** Where the API begins, with its version. */
export const DATA = '/services/data/v66.0';
const LENGTHS: Readonly<Record<string, number>> = {
  Name: 255,
  LastName: 80,
  BillingCity: 40,
  Phone: 40,
  Tally_Key__c: 255,
};
/** The fields of each object, beside those that all have. */
export const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Account: [
    'Name',
    'AccountNumber',
    'Type',
    'Phone',
    'Website',
    'Industry',
    'AnnualRevenue',
    'Description',
    'BillingStreet',
  ],
  Contact: ['AccountId', 'Salutation', 'FirstName', 'LastName', 'Email', 'Phone', 'MobilePhone', 'Title', 'Department'],
};
/** Fields that both objects have. */
export const MORE = ['Tally_Key__c', 'BillingCity', 'BillingPostalCode', 'BillingCountry', 'MailingCity', 'OwnerId'];
/** Fields that nobody writes. */
export const OWN = ['Id', 'IsDeleted', 'CreatedDate', 'LastModifiedDate', 'SystemModstamp'];

/** A refusal, as it is told. */
export type Problem = Readonly<{ status: number; errorCode: string; message: string; fields?: readonly string[] }>;
/** A refusal of the whole request: a list of errors. */
export const whole = ({ status, ...error }: Problem): Answer => answer(status, [error]);

/** The three characters by which an id of 15 becomes one that survives systems without upper and lower case. */
const withSuffix = (id: string): string => {
  const suffix = [0, 5, 10].map((from) => {
    const bits = [...id.slice(from, from + 5)].reduce((sum, one, at) => sum + (/[A-Z]/.test(one) ? 2 ** at : 0), 0);
    return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'[bits] ?? '';
  });
  return id + suffix.join('');
};
/** An id with its suffix. */
export const longId = (id: string): string => (id.length === 15 ? withSuffix(id) : id);
/** A time as it is written there: whole seconds. */
export const stampOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}.000+0000`;

/** What is wrong with a record’s fields. */
export const problemIn = (type: string, fields: Doc, created: boolean): Problem | undefined => {
  const known = new Set([...(FIELDS[type] ?? []), ...MORE, 'attributes']);
  for (const [name, value] of Object.entries(fields)) {
    const on = { fields: [name] };
    if (OWN.includes(name))
      return { status: 400, errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', message: `${name} cannot be written`, ...on };
    if (!known.has(name))
      return {
        status: 400,
        errorCode: 'INVALID_FIELD',
        message: `No such column '${name}' on sobject of type ${type}`,
      };
    if (String(value ?? '').length > (LENGTHS[name] ?? 4000))
      return { status: 400, errorCode: 'STRING_TOO_LONG', message: `${name}: data value too large`, ...on };
  }
  const required = type === 'Account' ? 'Name' : 'LastName';
  const missing = created ? !fields[required] : Object.hasOwn(fields, required) && !fields[required];
  if (!missing) return undefined;
  const message = `Required fields are missing: [${required}]`;
  return { status: 400, errorCode: 'REQUIRED_FIELD_MISSING', message, fields: [required] };
};

/** Numbers are doubles there, and an empty text is none. */
const kept = (value: Value): Value =>
  value === '' ? null : typeof value === 'object' && value !== null ? Number(value) : value;

/** Writes records of one object. */
export const writer = (store: Store, records: Records, type: string) => {
  let last = records.changed().length;
  return (row: Row | undefined, wanted: Doc, ask: Ask): Row => {
    const { attributes: _type, ...fields } = wanted;
    const stamp = stampOf(store.now());
    if (row === undefined) last += 1;
    const id = row?.id ?? withSuffix(`${type === 'Account' ? '001' : '003'}dM${String(last).padStart(10, '0')}`);
    const old = row === undefined ? { Id: id, IsDeleted: false, CreatedDate: stamp } : records.doc(row);
    const changed = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, kept(value)]));
    const body: Doc = { ...old, ...changed, LastModifiedDate: stamp, SystemModstamp: stamp };
    return records.save(id, stamp, typeof body['Tally_Key__c'] === 'string' ? body['Tally_Key__c'] : null, body, ask);
  };
};

const TYPED: Readonly<Record<string, string>> = {
  AnnualRevenue: 'currency',
  Email: 'email',
  Phone: 'phone',
  AccountId: 'reference',
  OwnerId: 'reference',
  IsDeleted: 'boolean',
};
/** What an object’s describe tells. */
export const described = (type: string): Answer => {
  const field = (name: string) => ({
    name,
    type: TYPED[name] ?? (/Date|Stamp/i.test(name) ? 'datetime' : 'string'),
    length: LENGTHS[name] ?? 0,
    updateable: !OWN.includes(name),
    nillable: name !== 'Name' && name !== 'LastName',
    picklistValues: [],
  });
  return answer(200, { name: type, fields: [...OWN, ...MORE, ...(FIELDS[type] ?? [])].map(field) });
};
