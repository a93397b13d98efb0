/** What a contact looks like: a person at an account. */
import type { Kind } from './kinds.ts';

/** Contacts as a kind. */
export const CONTACTS: Kind = {
  record: 'contact',
  prefix: 'C',
  fields: {
    external_id: 'text',
    account_id: 'text',
    first_name: 'text',
    last_name: 'text',
    email: 'text',
    phone: 'text',
    role: 'text',
    note: 'text',
  },
};
