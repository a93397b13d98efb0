/** People at work in Tryton and at the CRM's desk beside it: edits with values nobody used before, and a tax id that Tryton refuses. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Doc } from '../kit/json.ts';
import { type Chance, chance } from '../kit/random.ts';
import { crmDesk } from '../people/desk.ts';
import type { Pace } from '../people.ts';
import { type Api, Refused, type Row, type Signed, signInSoon, type Value } from './api.ts';
import { vatNumber } from './businesses.ts';
import { readCustomers } from './customers.ts';

/** One edit that was done: the field by its name in the mapping, and the value that stands since. */
export interface Edit {
  readonly side: 'crm' | 'erp';
  readonly id: string;
  readonly field: string;
  readonly value: string | null;
  readonly at: number;
}

export interface TrytonPeople {
  /** Edits in Tryton, one after another, each of another customer and field by the seed. */
  edit(times: number, pace?: Pace): Promise<readonly Edit[]>;
  /** The same in the CRM. */
  editCrm(times: number, pace?: Pace): Promise<readonly Edit[]>;
  /** One field of one party, through its own people; null empties it. */
  set(party: string, field: EditField, value: string | null): Promise<Edit>;
  /** The same of an account. */
  setCrm(account: string, field: EditField, value: string | null): Promise<Edit>;
  /** Types a new tax id with a wrong last digit into the account: Tryton will refuse it. Answers the right one, too. */
  mistype(account: string): Promise<{ readonly edit: Edit; readonly right: string }>;
  /** Two people give one customer a tax id, each on their own side and another one. */
  disagree(account: string, party: string): Promise<{ readonly crm: Edit; readonly erp: Edit }>;
  /** All that was done so far, for the checker. */
  readonly done: readonly Edit[];
}

export type EditField = 'name' | 'email' | 'phone' | 'street' | 'city' | 'payment terms' | 'language' | 'tax id';

const CRM_VALUES: Readonly<Record<EditField, (value: string | null) => Doc>> = {
  name: (name) => ({ name }),
  email: (email) => ({ email }),
  phone: (phone) => ({ phone }),
  street: (street) => ({ billing: { street } }),
  city: (city) => ({ billing: { city } }),
  'payment terms': (payment_terms) => ({ payment_terms }),
  language: (language) => ({ language }),
  'tax id': (vat_number) => ({ vat_number }),
};
/** How often each is edited: finance cares for addresses and terms, sales for names. */
const TRYTON_FIELDS = ['street', 'street', 'city', 'phone', 'email', 'payment terms', 'name', 'language'] as const;
const CRM_FIELDS = ['name', 'phone', 'email', 'phone', 'street', 'payment terms', 'language'] as const;
const TRIES = 30;

const newValue = (field: EditField, luck: Chance, word: string, side: 'crm' | 'erp'): string => {
  switch (field) {
    case 'name':
      return `Umbenannt ${word} GmbH`;
    case 'email':
      return `${word}@${side}.example`;
    case 'phone':
      return `+4930${10_000_000 + luck.below(80_000_000)}`;
    case 'street':
      return side === 'erp' ? `Finanzplatz ${word}` : `Vertriebsweg ${word}`;
    case 'city':
      return `Altstadt ${word}`;
    case 'payment terms':
      return luck.pick(['Net 14', 'Net 30', 'Net 60']);
    case 'language':
      return luck.pick(['de', 'en', 'fr']);
    case 'tax id':
      return vatNumber('DE', 1_000_000 + luck.below(1_000_000)) ?? '';
    default:
      return field satisfies never;
  }
};

/** Somebody was quicker, says Tryton, or says its PostgreSQL: a person looks again, and does it once more. */
const isQuicker = (error: unknown): boolean =>
  error instanceof Refused && /^(ConcurrencyException$|could not serialize access|deadlock detected)/.test(error.kind);

/** Writes one field of a party as Tryton's own client does: children through their party. */
const createTrytonDesk = (api: Api) => {
  const idBy = async (model: string, field: string, value: string): Promise<number> => {
    const found = (await api.call(model, 'search', [[[field, '=', value]], 0, 1, null])) as readonly number[];
    if (found[0] === undefined) throw new Error(`Tryton has no ${model} ${value}`);
    return found[0];
  };
  const child = (rows: Value | undefined, type: string | undefined): number | undefined =>
    (rows as readonly Row[]).find((row) => type === undefined || row['type'] === type)?.id;
  const command = (
    id: number | undefined,
    key: { readonly [name: string]: Value },
    field: string,
    value: string | null,
  ): Value => {
    if (id === undefined) return [['create', [{ ...key, [field]: value }]]];
    return value === null && key['type'] !== undefined ? [['delete', [id]]] : [['write', [id], { [field]: value }]];
  };
  const valuesFor = async (
    party: Row,
    field: EditField,
    value: string | null,
  ): Promise<{ readonly [name: string]: Value }> => {
    switch (field) {
      case 'name':
        return { name: value };
      case 'language':
        return { lang: value === null ? null : await idBy('ir.lang', 'code', value) };
      case 'payment terms':
        return {
          customer_payment_term: value === null ? null : await idBy('account.invoice.payment_term', 'name', value),
        };
      case 'street':
      case 'city':
        return { addresses: command(child(party['addresses.'], undefined), {}, field, value) };
      case 'email':
      case 'phone':
        return {
          contact_mechanisms: command(child(party['contact_mechanisms.'], field), { type: field }, 'value', value),
        };
      case 'tax id':
        return { identifiers: command(child(party['identifiers.'], 'eu_vat'), { type: 'eu_vat' }, 'code', value) };
      default:
        return field satisfies never;
    }
  };
  return async (id: string, field: EditField, value: string | null): Promise<void> => {
    for (let left = TRIES; ; left -= 1) {
      const number = Number(id);
      const fields = ['_timestamp', 'addresses.id', 'contact_mechanisms.type', 'identifiers.type'];
      const [party] = (await api.call('party.party', 'read', [[number], fields])) as unknown as readonly Row[];
      if (party === undefined) throw new Error(`Tryton has no party ${id}`);
      const values = await valuesFor(party, field, value);
      try {
        await api.call('party.party', 'write', [[number], values], {
          _timestamp: { [`party.party,${number}`]: party['_timestamp'] ?? null },
        });
        return;
      } catch (error) {
        if (!isQuicker(error) || left === 0) throw error;
        await pause(100);
      }
    }
  };
};

/** People with desks in both systems. The same seed makes the same choices over the same records. */
export const createTrytonPeople = async (input: {
  readonly crmUrl: string;
  /** Signed in as a person, not as the integration. */
  readonly tryton: Signed;
  readonly seed: number;
}): Promise<TrytonPeople> => {
  const api = await signInSoon(input.tryton, 30_000);
  const crm = crmDesk(input.crmUrl);
  const write = createTrytonDesk(api);
  const luck = chance(input.seed + 4711);
  const done: Edit[] = [];
  let words = 0;
  const word = (): string => {
    words += 1;
    return `${input.seed.toString(36)}y${words.toString(36)}`;
  };
  const anyId = (records: readonly Doc[]): string => String(records[luck.below(records.length)]?.['id'] ?? '');
  const noted = (edit: Omit<Edit, 'at'>): Edit => {
    const whole = { ...edit, at: Date.now() };
    done.push(whole);
    return whole;
  };
  const set: TrytonPeople['set'] = async (party, field, value) => {
    await write(party, field, value);
    return noted({ side: 'erp', id: party, field, value });
  };
  const setCrm: TrytonPeople['setCrm'] = async (account, field, value) => {
    for (let left = TRIES; ; left -= 1) {
      const record = await crm.read(account);
      if (record === undefined) throw new Error(`the CRM has no account ${account}`);
      if (await crm.write(record, CRM_VALUES[field](value))) return noted({ side: 'crm', id: account, field, value });
      if (left === 0) throw new Error(`account ${account} is always being edited`);
    }
  };
  /** A customer that is known by its name alone would become another one by a new name before the two systems know each other. */
  const mayRename = async (side: 'crm' | 'erp'): Promise<ReadonlySet<string>> => {
    const linked = (await crm.list()).filter((account) => String(account['erp_number'] ?? '') !== '');
    return new Set(linked.map((account) => String(account[side === 'crm' ? 'id' : 'erp_number'])));
  };
  const editAt = async (
    side: 'crm' | 'erp',
    times: number,
    { pauseMs = 0, signal }: Pace,
  ): Promise<readonly Edit[]> => {
    const records = await (side === 'crm' ? crm.list() : readCustomers(api));
    const renamable = await mayRename(side);
    const edits: Edit[] = [];
    while (edits.length < times && signal?.aborted !== true) {
      const id = anyId(records);
      const field = side === 'crm' ? luck.pick(CRM_FIELDS) : luck.pick(TRYTON_FIELDS);
      if (field === 'name' && !renamable.has(id)) continue;
      edits.push(await (side === 'crm' ? setCrm : set)(id, field, newValue(field, luck, word(), side)));
      await pause(pauseMs);
    }
    return edits;
  };
  return {
    done,
    set,
    setCrm,
    edit: (times, pace = {}) => editAt('erp', times, pace),
    editCrm: (times, pace = {}) => editAt('crm', times, pace),
    mistype: async (account) => {
      const right = newValue('tax id', luck, '', 'crm');
      const wrong = `${right.slice(0, -1)}${(Number(right.at(-1)) + 1) % 10}`;
      return { edit: await setCrm(account, 'tax id', wrong), right };
    },
    disagree: async (account, party) => {
      const [crm, erp] = await Promise.all([
        setCrm(account, 'tax id', newValue('tax id', luck, '', 'crm')),
        set(party, 'tax id', newValue('tax id', luck, '', 'erp')),
      ]);
      return { crm, erp };
    },
  };
};
