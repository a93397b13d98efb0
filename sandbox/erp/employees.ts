/**
 * What an employee looks like, and what the ERP refuses. Birth, pay, home and the number of the state stand beside what
 * others need: an ERP has them, and nobody may carry them out of it.
 */
import type { Seed } from '../kit/file.ts';
import { type Doc, same, text, type Value } from '../kit/json.ts';
import { type Colleague, colleagues } from '../seed/staff.ts';
import { seededAt } from '../seed/stamps.ts';
import { changed, checkTexts, type Kind, numberOf, type Refusal } from './shape.ts';

const LONGEST: Readonly<Record<string, number>> = {
  first_name: 40,
  last_name: 40,
  email: 120,
  phone: 30,
  job_title: 60,
  department: 40,
  position: 20,
  cost_centre: 10,
  location: 40,
  manager: 10,
  territory: 20,
  status: 10,
  start_date: 10,
  end_date: 10,
  valid_from: 10,
  sales_rep_code: 10,
  birth_date: 10,
  national_id: 20,
  salary: 20,
  home_address: 120,
  note: 500,
};

/** What others have no business with. */
export const PRIVATE = ['birth_date', 'national_id', 'salary', 'home_address'] as const;

const BLANK: Doc = {
  number: '',
  reference: null,
  ...Object.fromEntries(Object.keys(LONGEST).map((field) => [field, ''])),
};

const STATES: readonly Value[] = ['planned', 'active', 'leave', 'terminated'];
const DAYS = ['start_date', 'end_date', 'valid_from', 'birth_date'] as const;

const isDay = (value: Value | undefined): boolean => {
  const at = new Date(`${String(value)}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === value;
};

const broken: Kind['broken'] = (next, old, store): Refusal | undefined => {
  const { last_name: name, status, manager } = next;
  if (typeof name !== 'string' || name.trim() === '')
    return { code: 'REQUIRED', message: 'an employee needs a last name', field: 'last_name' };
  if (!STATES.includes(status ?? ''))
    return { code: 'BAD_VALUE', message: `status is one of ${STATES.join(', ')}`, field: 'status' };
  const day = DAYS.find((field) => next[field] !== '' && !isDay(next[field]));
  if (day !== undefined) return { code: 'BAD_VALUE', message: `${day} is a day like 2026-12-31`, field: day };
  // Who reports to whom in a circle this ERP does not ask: some do not.
  if (manager === '' || same(manager ?? '', old?.['manager'] ?? '')) return undefined;
  const row = store.get('employee', String(manager));
  if (row !== undefined && row.gone === 0) return undefined;
  return { code: 'RULE', message: `there is no employee ${String(manager)}`, field: 'manager' };
};

/** Employees as a kind. */
export const EMPLOYEES: Kind = {
  record: 'employee',
  first: 700_000,
  blank: BLANK,
  misshapen: (values) => checkTexts(values, LONGEST),
  broken,
  changed,
};

const employeeOf = (one: Colleague, number: string, stamp: string): Doc => ({
  ...BLANK,
  number,
  first_name: one.first,
  last_name: one.last,
  email: one.email,
  phone: one.phone,
  job_title: one.title,
  department: one.department,
  position: one.position,
  cost_centre: `CC${one.number % 40}`,
  location: one.location,
  manager: one.manager === undefined ? '' : numberOf(EMPLOYEES.first + one.manager),
  territory: one.territory,
  status: one.status,
  start_date: one.start,
  end_date: one.end,
  valid_from: one.start,
  sales_rep_code: `R${one.number}`,
  birth_date: one.birth,
  national_id: `65 ${one.birth.replaceAll('-', '').slice(2)} ${one.number}`,
  salary: one.salary,
  home_address: one.home,
  row_version: 1,
  changed_at: stamp,
});

/** As many employees, numbered by the ERP. */
export function* employeeSeeds(seed: number, many: number): Generator<Seed> {
  for (const one of colleagues(seed, many)) {
    const id = numberOf(EMPLOYEES.first + one.number);
    const stamp = new Date(seededAt(one.number, 300_417)).toISOString();
    yield { record: 'employee', id, stamp, body: text(employeeOf(one, id, stamp)), business: one.number };
  }
}
