/** What personnel does in the ERP, and what people do in the CRM with themselves and with the customers they look after. */
import type { Doc, Value } from '../kit/json.ts';
import type { Work } from './crowd.ts';
import { renamed } from './edits.ts';
import type { Tokens } from './tokens.ts';

const DAY = 86_400_000;
const TERRITORIES = ['NORD', 'OST', 'SUED', 'WEST'] as const;
/** A day so many days from now: far enough from today that no zone is in doubt. */
const day = (days: number): string => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);
const numberOf = ({ number = '' }: Doc): Value => number;

const works = ({ status, end_date: end, start_date: start }: Doc): boolean =>
  status === 'active' && end === '' && String(start) <= day(-2);
// The first one stays, so that there is always a superior.
const mayGo = (record: Doc): boolean => works(record) && record['manager'] !== '';
const isUser = ({ employee_number: number, active }: Doc): boolean => typeof number === 'string' && active === true;
const isCustomer = ({ erp_number: number }: Doc): boolean => typeof number === 'string' && number !== '';
const isPartner = ({ grouping }: Doc): boolean => grouping === 'Z001' || grouping === 'Z002';

const hire = (t: Tokens, manager: Doc | undefined, start: string): Doc => ({
  ...{ first_name: 'Neu', last_name: `Hier ${t.word()}`, email: `h${t.word()}@ours.example`, status: 'active' },
  ...{ start_date: start, job_title: 'Technik', department: 'Service', territory: t.luck.pick(TERRITORIES) },
  ...{ phone: t.phone(), manager: manager === undefined ? '' : numberOf(manager), birth_date: '1990-02-03' },
  ...{ salary: '51000', national_id: `65 900203 ${t.word()}`, home_address: `Hausweg ${t.word()}, Ulm` },
});

/** Something that counts from a later day on: for those whom the CRM knows, because until then nobody can refer to the others. */
const ahead = (weight: number, entry: (t: Tokens) => Doc): Work => ({
  ...{ side: 'erp', kind: 'employee', weight, fits: mayGo },
  change: async (t, record, pick) => {
    const known = await pick('crm', 'user', (user) => user['employee_number'] === record['number']);
    return known && entry(t);
  },
});

const PERSONNEL: readonly Work[] = [
  { side: 'erp', kind: 'employee', weight: 4, fits: works, change: (t) => ({ job_title: `Technik ${t.word()}` }) },
  { side: 'erp', kind: 'employee', weight: 1, fits: works, change: () => ({ job_title: '' }) },
  { side: 'erp', kind: 'employee', weight: 3, fits: works, change: (t) => ({ phone: t.phone() }) },
  {
    ...{ side: 'erp', kind: 'employee', weight: 1, fits: works },
    change: (t, record) => ({ last_name: renamed(record['last_name'], t.word()).slice(-40).trim() }),
  },
  // A move of today, and one that is entered ahead.
  {
    ...{ side: 'erp', kind: 'employee', weight: 3, fits: works },
    change: (t) => ({ territory: t.luck.pick(TERRITORIES), valid_from: day(-2) }),
  },
  ahead(0.5, (t) => ({ territory: t.luck.pick(TERRITORIES), valid_from: day(40) })),
  // Whoever has a lower number stands above: nobody comes to stand above themselves.
  {
    ...{ side: 'erp', kind: 'employee', weight: 3, fits: mayGo },
    change: async (_t, record, pick) => {
      const above = await pick(
        'erp',
        'employee',
        (each) => works(each) && String(each['number']) < String(record['number']),
      );
      return above && { manager: numberOf(above) };
    },
  },
  { side: 'erp', kind: 'employee', weight: 1, fits: mayGo, change: () => ({ end_date: day(-3) }) },
  { side: 'erp', kind: 'employee', weight: 0.5, fits: mayGo, change: () => ({ status: 'terminated' }) },
  ahead(0.3, () => ({ end_date: day(40) })),
  {
    ...{ side: 'erp', kind: 'employee', weight: 1.5 },
    enter: async (t, pick) => hire(t, await pick('erp', 'employee', works), day(-2)),
  },
  {
    ...{ side: 'erp', kind: 'employee', weight: 0.5 },
    enter: async (t, pick) => hire(t, await pick('erp', 'employee', works), day(40)),
  },
];

const SALES: readonly Work[] = [
  { side: 'crm', kind: 'user', weight: 3, fits: isUser, change: (t) => ({ phone: t.phone() }) },
  // Personnel decides these: what is typed into the CRM is put back.
  { side: 'crm', kind: 'user', weight: 0.5, fits: isUser, change: (t) => ({ title: `Titel ${t.word()}` }) },
  { side: 'crm', kind: 'user', weight: 0.5, fits: isUser, change: (t) => ({ territory: t.word() }) },
  {
    ...{ side: 'crm', kind: 'account', weight: 4, fits: isCustomer },
    change: async (_t, _record, pick) => {
      const owner = await pick('crm', 'user', isUser);
      return owner && { owner_id: owner['id'] ?? null };
    },
  },
  {
    ...{ side: 'erp', kind: 'partner', weight: 1, fits: isPartner },
    change: async (_t, _record, pick) => {
      const owner = await pick('erp', 'employee', works);
      return owner && { sales_rep: numberOf(owner) };
    },
  },
];

/** All of it. */
export const STAFF_WORK: readonly Work[] = [...PERSONNEL, ...SALES];

/** Personnel's slip: a superior is put below somebody who reports to them. Their number, and under whom. */
export const slipOf = (employees: readonly Doc[]): { readonly whom: Doc; readonly under: Doc } | undefined => {
  const byNumber = new Map(employees.map((each) => [each['number'], each]));
  for (const under of employees) {
    const whom = byNumber.get(under['manager']);
    if (whom !== undefined && mayGo(whom) && works(under)) return { whom, under };
  }
  return undefined;
};
