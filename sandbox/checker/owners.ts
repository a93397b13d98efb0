/** Judges who looks after which customer: both sides say it alike, and nobody who has gone looks after anybody. */
import type { Doc } from '../kit/json.ts';
import { linkReader } from './contact-rules.ts';
import { plain } from './readers.ts';
import type { Finding, ParkedItem, Reader, SystemView } from './words.ts';

export interface OwnerCase {
  readonly accounts: SystemView;
  readonly partners: SystemView;
  /** Users of ours, and employees as they count on the day. */
  readonly users: SystemView;
  readonly employees: SystemView;
  readonly parked: readonly ParkedItem[];
}

const FIELDS = [
  { name: 'owner', crm: 'owner_id', erp: 'sales_rep' },
  { name: 'territory', crm: 'territory', erp: 'territory' },
] as const;
const textAt = (doc: Doc | undefined, field: string): string => plain(doc?.[field], 'erp').value ?? '';

/** Is there nobody to whom a record can pass: no superior who is here, and not one and only one of its territory? */
const nobody = (staff: ReadonlyMap<string, Doc>, owner: string, territory: string): boolean => {
  const seen = new Set<string>();
  for (
    let at = textAt(staff.get(owner), 'manager');
    at !== '' && !seen.has(at);
    at = textAt(staff.get(at), 'manager')
  ) {
    seen.add(at);
    if (isHere(staff.get(at))) return false;
  }
  const alike = [...staff.values()].filter((each) => isHere(each) && textAt(each, 'territory') === territory);
  return territory === '' || alike.length !== 1;
};
const isHere = (doc: Doc | undefined): boolean => {
  const status = textAt(doc, 'status');
  return status === 'active' || status === 'leave';
};

/** Judge. Customers are paired by the number that the CRM shows. */
export const judgeOwners = ({ accounts, partners, users, employees, parked }: OwnerCase): readonly Finding[] => {
  const person = linkReader(users, employees, 'employee_number');
  const readers: Readonly<Record<string, Reader>> = { owner: person, territory: plain };
  const staff = new Map(employees.state.map((doc) => [textAt(doc, 'number'), doc]));
  const byNumber = new Map(partners.state.map((doc) => [textAt(doc, 'number'), doc]));
  return accounts.state.flatMap((account): readonly Finding[] => {
    const erp = byNumber.get(textAt(account, 'erp_number'));
    if (erp === undefined) return [];
    const ids = { crm: textAt(account, 'id'), erp: textAt(erp, 'number') };
    const aside = parked.filter((item) => item.crm === ids.crm || item.erp === ids.erp);
    const owner = person(account['owner_id'], 'crm').value ?? '';
    const gone = staff.has(owner) && !isHere(staff.get(owner));
    const asked = aside.some(({ code }) => code === 'NO_SUCCESSOR');
    const left =
      gone && !asked ? [finding(ids, 'owner', { crm: owner }, 'somebody who has gone still looks after it')] : [];
    const groundless =
      asked && !nobody(staff, owner, textAt(account, 'territory'))
        ? [finding(ids, 'owner', { crm: owner }, 'parked as NO_SUCCESSOR without need')]
        : [];
    const apart = FIELDS.flatMap(({ name, crm: mine, erp: theirs }): readonly Finding[] => {
      const read = readers[name] ?? plain;
      const [one, two] = [read(account[mine], 'crm'), read(erp[theirs], 'erp')];
      const values = { crm: one.value, erp: two.value };
      // Set aside alone it may be only for somebody whom the other side does not know.
      const unknown = (one.wrong ?? two.wrong) === 'LINK_MISSING';
      const excused =
        values.crm === values.erp || aside.some(({ field }) => field === '' || (field === name && unknown));
      return excused ? [] : [finding(ids, name, values, 'the two sides differ in the end')];
    });
    return [...left, ...groundless, ...apart];
  });
};
const finding = (
  ids: { readonly crm: string; readonly erp: string },
  field: string,
  values: Finding['values'],
  reason: string,
): Finding => ({ kind: 'unexplained', ...ids, field, values, reason });
