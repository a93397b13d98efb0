/** What a contact looks like, and what the ERP refuses: a person at a partner. */
import type { Doc } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { changed, checkTexts, type Kind, type Refusal } from './shape.ts';

const LONGEST: Readonly<Record<string, number>> = {
  partner: 10,
  first_name: 40,
  last_name: 40,
  email: 120,
  phone: 30,
  function: 40,
  note: 500,
};

const BLANK: Doc = {
  number: '',
  reference: null,
  partner: '',
  first_name: '',
  last_name: '',
  email: '',
  phone: '',
  function: '',
  note: '',
};

const broken = (next: Doc, _old: Doc | undefined, store: Store): Refusal | undefined => {
  const { last_name: name, partner } = next;
  if (typeof name !== 'string' || name.trim() === '')
    return { code: 'REQUIRED', message: 'a contact needs a last name', field: 'last_name' };
  const row = store.get('partner', String(partner));
  if (row !== undefined && row.gone === 0) return undefined;
  return partner === ''
    ? { code: 'REQUIRED', message: 'a contact needs its partner', field: 'partner' }
    : { code: 'RULE', message: `there is no partner ${String(partner)}`, field: 'partner' };
};

/** Contacts as a kind. */
export const CONTACTS: Kind = {
  record: 'contact',
  first: 500_000,
  blank: BLANK,
  misshapen: (values) => checkTexts(values, LONGEST),
  broken,
  changed,
};
