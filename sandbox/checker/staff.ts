/** Reads both systems' staff through their control addresses, and judges it: employees of the ERP, users of the CRM, and the customers they look after. */
import type { Doc } from '../kit/json.ts';
import { linkReader } from './contact-rules.ts';
import { type Case, judge } from './judge.ts';
import { judgeOwners } from './owners.ts';
import { readSystem } from './read.ts';
import { asOf, laidOpen, ours, ownSuperiors, staffRules, waiting, wanted } from './staff-rules.ts';
import type { FieldRule, Finding, ParkedItem, SystemView } from './words.ts';

const ACTOR = 'tally';

export interface StaffCase extends Pick<Case, 'parked' | 'decided' | 'interruptions'> {
  readonly users: SystemView;
  readonly employees: SystemView;
  /** The day on which it is judged, as people read it where they work: `2026-12-31`. */
  readonly today: string;
  /** The customers whom they look after, where those are judged. */
  readonly customers?: { readonly accounts: SystemView; readonly partners: SystemView };
}
export interface StaffVerdict {
  /** Those who work for us or did, users who are nobody of ours, and of how many something is set aside. */
  readonly counts: Readonly<Record<'staff' | 'strangers' | 'parked', number>>;
  readonly findings: readonly Finding[];
}

/** Nobody becomes an employee because the CRM has a user. */
const hired = ({ commits = [] }: SystemView): readonly Finding[] =>
  commits
    .filter(({ actor, op }) => actor === ACTOR && op === 'create')
    .map(({ id }) => ({
      kind: 'unexplained',
      erp: id,
      field: '',
      values: {},
      reason: 'an employee was made of a user',
    }));

/** When people last typed something else here, as the ledger has it. */
const typedAt = ({ commits = [] }: SystemView, id: unknown, column: string): string => {
  let before: unknown;
  let at = '';
  for (const { id: of, after, actor, at: then } of commits) {
    if (of !== id || after === null) continue;
    const value = after[column] ?? null;
    if (before !== undefined && value !== before && actor !== ACTOR) at = then;
    before = value;
  }
  return at;
};

/** Was it the ERP where people spoke of this field last? Of somebody with an entry ahead that waits, as all of the entry does. */
const typedLater = (crm: SystemView, user: Doc, erp: SystemView, entered: Doc, field: FieldRule): boolean =>
  typedAt(erp, entered['number'], field.erp) > typedAt(crm, user['id'], field.crm);

/** Judge. */
export const judgeStaff = ({
  users,
  employees,
  today,
  customers,
  parked,
  decided = [],
  ...rest
}: StaffCase): StaffVerdict => {
  const crm = ours(users, employees);
  const erp = wanted(asOf(employees, today), crm);
  const manager = linkReader(crm, erp, 'employee_number');
  const ahead = waiting(employees, today);
  const rules = staffRules(manager, { users: crm, employees: erp, ahead });
  const ids = {
    crm: new Set(users.state.map(({ id }) => id)),
    erp: new Set(employees.state.map(({ number }) => number)),
  };
  const theirs = (item: { readonly crm?: string; readonly erp?: string }): boolean =>
    ids.crm.has(item.crm) || ids.erp.has(item.erp);
  const owned =
    customers === undefined ? [] : judgeOwners({ ...customers, users: crm, employees: asOf(employees, today), parked });
  // What held before stands nowhere any more: how the two stand is judged on the day, unless the CRM says it ahead of it.
  const told = new Map(crm.state.map((user) => [user['employee_number'], user]));
  const later = employees.state
    .filter(({ number }) => ahead.has(String(number)))
    .flatMap((entered) => {
      const { number = null } = entered;
      const user = told.get(number);
      if (user === undefined) return [];
      return rules.fields
        .filter((field) => field.flow === 'to_crm' || typedLater(crm, user, employees, entered, field))
        .filter((field) => field.read(user[field.crm], 'crm').value !== field.read(entered[field.erp], 'erp').value)
        .map(({ name }): ParkedItem => ({ erp: String(number), field: name, code: 'NOT_YET_EFFECTIVE' }));
    });
  const said = { parked: [...parked.filter(theirs), ...later], decided: decided.filter(theirs) };
  const { customers: staff, parked: aside, findings } = judge({ crm, erp, rules, ...said, ...rest });
  return {
    counts: { staff, strangers: users.state.length - crm.state.length, parked: aside },
    findings: [
      ...findings,
      ...hired(employees),
      ...laidOpen(users, employees),
      ...ownSuperiors(crm, manager),
      ...owned,
    ],
  };
};

/** What to check: both control addresses, the day and what is said to be set aside. */
export interface StaffCheck extends Omit<StaffCase, 'users' | 'employees' | 'customers'> {
  readonly crmControl: string;
  readonly erpControl: string;
}

/** Read and judge. Nobody may be writing meanwhile. */
export const checkStaff = async ({ crmControl, erpControl, ...rest }: StaffCheck): Promise<StaffVerdict> => {
  const [users, employees] = [await readSystem(crmControl, 'user'), await readSystem(erpControl, 'employee')];
  const [accounts, partners] = [await readSystem(crmControl, 'account'), await readSystem(erpControl, 'partner')];
  return judgeStaff({ users, employees, customers: { accounts, partners }, ...rest });
};

/** The verdict in one line. */
export const staffLine = ({ counts: { staff, strangers, parked }, findings }: StaffVerdict): string => {
  const of = (wanted: Finding['kind']): number => findings.filter(({ kind }) => kind === wanted).length;
  const aside = findings.length === 0 ? `${parked} parked, each rightly` : `${parked} parked`;
  return `${findings.length === 0 ? 'agreement' : 'no agreement'}: ${staff} of ours, ${strangers} users who are nobody of ours, ${of('lost')} lost, ${of('doubled')} doubled, ${of('unexplained')} unexplained (${aside})`;
};
