/** People at work in Tryton and at the CRM's desk beside it: edits with values nobody used before, and a tax id that Tryton refuses. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Doc } from '../kit/json.ts';
import { type Chance, chance } from '../kit/random.ts';
import { crmDesk } from '../people/desk.ts';
import type { Pace } from '../people.ts';
import { type Signed, signInSoon } from './api.ts';
import { vatNumber } from './businesses.ts';
import { readCustomers } from './customers.ts';
import { createTrytonDesk, type EditField } from './desk.ts';

/** A party that people took out of use, took back into it, or merged into another one. */
export interface Deed {
  readonly deed: 'deactivated' | 'reactivated' | 'merged';
  readonly party: string;
  /** The account that showed its number then. */
  readonly account: string;
  /** Of a merge: the party that stands for both. */
  readonly into?: string;
  readonly taxNumber: string | null;
  readonly at: number;
}

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
  /** Takes a linked customer out of use, takes one back, or merges one into another: one deed of each kind in turn. None while too few are linked. */
  sort(): Promise<Deed | undefined>;
  /** All that was done so far, for the checker. */
  readonly done: readonly Edit[];
  readonly deeds: readonly Deed[];
}

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
/** Of each five deeds, in this order. */
const DEEDS = ['deactivated', 'merged', 'deactivated', 'reactivated', 'merged'] as const;
// As long as fewer are linked, the first load has just begun.
const ENOUGH_TO_SORT = 20;

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

/** People with desks in both systems. The same seed makes the same choices over the same records. */
export const createTrytonPeople = async (input: {
  readonly crmUrl: string;
  /** Signed in as a person, not as the integration. */
  readonly tryton: Signed;
  readonly seed: number;
  /** What colleagues are just editing, so that two never type into one field at a time. */
  readonly busy?: Set<string>;
}): Promise<TrytonPeople> => {
  const api = await signInSoon(input.tryton, 30_000);
  const crm = crmDesk(input.crmUrl);
  const desk = createTrytonDesk(api);
  const luck = chance(input.seed + 4711);
  const done: Edit[] = [];
  const deeds: Deed[] = [];
  const busy = input.busy ?? new Set<string>();
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
    await desk.write(party, field, value);
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
      const place = `${side} ${id} ${field}`;
      if (!busy.has(place)) {
        busy.add(place);
        edits.push(await (side === 'crm' ? setCrm : set)(id, field, newValue(field, luck, word(), side)));
        busy.delete(place);
      }
      await pause(pauseMs);
    }
    return edits;
  };
  /** Customers that both systems know as one and that nobody has sorted out so far, by party number. */
  const sortable = async (): Promise<readonly Doc[]> => {
    const accounts = new Map((await crm.list()).map((account) => [String(account['erp_number'] ?? ''), account['id']]));
    const touched = new Set(deeds.flatMap(({ party, into }) => [party, into]));
    return (await readCustomers(api))
      .filter(({ id }) => accounts.has(String(id)) && !touched.has(String(id)))
      .map((party) => ({ ...party, account: String(accounts.get(String(party['id']))) }));
  };
  const sort: TrytonPeople['sort'] = async () => {
    const parties = await sortable();
    const [party, other] = [parties[luck.below(parties.length)], parties[luck.below(parties.length)]];
    if (parties.length < ENOUGH_TO_SORT || party === undefined || other === undefined || party === other)
      return undefined;
    const turn = DEEDS[deeds.length % DEEDS.length];
    const out = deeds.findLast(
      ({ party: id, deed }) =>
        deed === 'deactivated' && !deeds.some((one) => one.deed === 'reactivated' && one.party === id),
    );
    const deed = ((): Omit<Deed, 'at'> => {
      if (turn === 'reactivated' && out !== undefined) return { ...out, deed: turn };
      const { id, account, tax_number } = party;
      const one = { party: String(id), account: String(account), taxNumber: (tax_number ?? null) as string | null };
      return turn === 'merged' ? { ...one, deed: turn, into: String(other['id']) } : { ...one, deed: 'deactivated' };
    })();
    if (deed.into === undefined) await desk.use(deed.party, deed.deed === 'reactivated');
    else await desk.merge(deed.party, deed.into);
    const whole = { ...deed, at: Date.now() };
    deeds.push(whole);
    return whole;
  };
  return {
    done,
    deeds,
    sort,
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
