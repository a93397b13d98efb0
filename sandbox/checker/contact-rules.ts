/** What must be true of the people at the sandbox's customers, written down a second time and independently. */
import { email, phone, plain } from './readers.ts';
import type { Reader, Rules, SystemView } from './words.ts';

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/**
 * The customer that a contact's own system names, as the number of its partner: both sides then say the same. An account
 * without a partner, and a partner that no account shows, mean nobody at the other side.
 */
export const customerReader = (accounts: SystemView, partners: SystemView): Reader => linkReader(accounts, partners);

/** The same for records of any kind: `shows` is where the CRM's record has the number of the ERP's. */
export const linkReader = (left: SystemView, right: SystemView, shows = 'erp_number'): Reader => {
  const there = new Set(right.state.map((record) => textOf(record['number'])));
  const partnerOf = new Map(
    left.state
      .map((record) => [textOf(record['id']), textOf(record[shows])] as const)
      .filter(([, number]) => there.has(number)),
  );
  const shown = new Set(partnerOf.values());
  return (native, side) => {
    const reading = plain(native, side);
    const { value } = reading;
    if (value === null || reading.wrong !== undefined) return reading;
    const number = side === 'crm' ? partnerOf.get(value) : shown.has(value) ? value : undefined;
    return number === undefined ? { value: `${side} ${value}`, wrong: 'LINK_MISSING' } : { value: number };
  };
};

const both = { flow: 'both', conflict: 'crm' } as const;

/** The rules of contacts whose customers are read so. */
export const contactRules = (customer: Reader): Rules => ({
  actor: 'tally',
  fields: [
    {
      name: 'customer',
      crm: 'account_id',
      erp: 'partner',
      flow: 'both',
      conflict: 'park',
      read: customer,
      required: ['crm', 'erp'],
    },
    { name: 'first name', crm: 'first_name', erp: 'first_name', ...both, read: plain, maxErp: 40 },
    {
      name: 'last name',
      crm: 'last_name',
      erp: 'last_name',
      ...both,
      read: plain,
      maxErp: 40,
      required: ['crm', 'erp'],
    },
    { name: 'email', crm: 'email', erp: 'email', ...both, read: email, maxErp: 120 },
    { name: 'phone', crm: 'phone', erp: 'phone', ...both, read: phone, maxErp: 30 },
    { name: 'role', crm: 'role', erp: 'function', ...both, read: plain, maxErp: 40 },
  ],
  matchOn: [
    ['email', 'customer'],
    ['last name', 'first name', 'customer'],
  ],
  skewMs: 2000,
  sides: {
    crm: {
      record: 'contact',
      id: 'id',
      stamp: 'modified_at',
      reference: 'external_id',
      ignored: ['id', 'created_at', 'modified_at', 'etag'],
    },
    erp: {
      record: 'contact',
      id: 'number',
      stamp: 'changed_at',
      reference: 'reference',
      ignored: ['number', 'row_version', 'changed_at'],
    },
  },
});
