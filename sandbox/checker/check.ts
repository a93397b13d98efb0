import { contactRules, customerReader } from './contact-rules.ts';
import { type Case, judge } from './judge.ts';
import { readSystem } from './read.ts';
import { CUSTOMER_RULES } from './rules.ts';
import type { ParkedItem, Rules, SystemView, Verdict } from './words.ts';

/** What to check: both control addresses and what the product says it has set aside. */
export interface Check extends Pick<Case, 'parked' | 'decided' | 'interruptions'> {
  readonly crmControl: string;
  readonly erpControl: string;
  /** How many distinct businesses there must be. */
  readonly expectCustomers?: number;
  readonly rules?: Rules;
  /** Judge the people at the customers, too. */
  readonly contacts?: boolean;
}

interface Views {
  readonly crm: SystemView;
  readonly erp: SystemView;
}

const readBoth = async ({ crmControl, erpControl }: Check, { sides }: Pick<Rules, 'sides'>): Promise<Views> => {
  const [crm, erp] = await Promise.all([
    readSystem(crmControl, sides.crm.record),
    readSystem(erpControl, sides.erp.record),
  ]);
  return { crm, erp };
};

/** Is it about one of these records, as they are or once were? */
const about = ({ crm, erp }: Views): ((item: Pick<ParkedItem, 'crm' | 'erp'>) => boolean) => {
  const ids = (view: SystemView): ReadonlySet<string> => new Set((view.commits ?? []).map(({ id }) => id));
  const [left, right] = [ids(crm), ids(erp)];
  return (item) => left.has(item.crm ?? '') || right.has(item.erp ?? '');
};

/** The verdict on the people, added to that on the customers they belong to. */
const withContacts = async (input: Check, customers: Views): Promise<Verdict> => {
  const { parked, decided = [], rules = CUSTOMER_RULES, interruptions = [] } = input;
  const own = contactRules(customerReader(customers.crm, customers.erp));
  const people = await readBoth(input, own);
  const theirs = about(people);
  const others = { parked: parked.filter((item) => !theirs(item)), decided: decided.filter((item) => !theirs(item)) };
  const first = judge({ ...customers, ...others, rules, interruptions });
  const mine = { parked: parked.filter(theirs), decided: decided.filter(theirs) };
  const second = judge({ ...people, ...mine, rules: own, interruptions });
  return {
    customers: first.customers,
    contacts: second.customers,
    lost: first.lost + second.lost,
    doubled: first.doubled + second.doubled,
    unexplained: first.unexplained + second.unexplained,
    parked: first.parked + second.parked,
    findings: [...first.findings, ...second.findings],
  };
};

/** Read both systems and judge them. Nobody may be writing meanwhile. */
export const check = async (input: Check): Promise<Verdict> => {
  const { expectCustomers, rules = CUSTOMER_RULES, contacts = false, ...rest } = input;
  const views = await readBoth(input, rules);
  const verdict = contacts ? await withContacts(input, views) : judge({ ...rest, ...views, rules });
  if (expectCustomers === undefined || expectCustomers === verdict.customers) return verdict;
  const kind = expectCustomers > verdict.customers ? 'lost' : 'doubled';
  const missing = {
    kind,
    field: '',
    values: { expected: String(expectCustomers), counted: String(verdict.customers) },
  } as const;
  return {
    ...verdict,
    [kind]: verdict[kind] + Math.abs(expectCustomers - verdict.customers),
    findings: [...verdict.findings, { ...missing, reason: 'another number of customers than there must be' }],
  };
};
