import { type Case, judge } from './judge.ts';
import { readSystem } from './read.ts';
import { CUSTOMER_RULES } from './rules.ts';
import type { Rules, Verdict } from './words.ts';

/** What to check: both control addresses and what the product says it has set aside. */
export interface Check extends Pick<Case, 'parked' | 'decided' | 'interruptions'> {
  readonly crmControl: string;
  readonly erpControl: string;
  /** How many distinct businesses there must be. */
  readonly expectCustomers?: number;
  readonly rules?: Rules;
}

/** Read both systems and judge them. Nobody may be writing meanwhile. */
export const check = async (input: Check): Promise<Verdict> => {
  const { crmControl, erpControl, expectCustomers, rules = CUSTOMER_RULES, ...rest } = input;
  const [crm, erp] = await Promise.all([
    readSystem(crmControl, rules.sides.crm.record),
    readSystem(erpControl, rules.sides.erp.record),
  ]);
  const verdict = judge({ ...rest, crm, erp, rules });
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
