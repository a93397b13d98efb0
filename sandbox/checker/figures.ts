/** Judges what a customer comes to in the CRM: last order, revenue of twelve months and open balance, added up again of the ERP's own records. */
import type { Doc } from '../kit/json.ts';
import { grains, shownAs, together } from './digits.ts';
import { readSystem } from './read.ts';
import type { Finding } from './words.ts';

/** Both systems' records, and the day on which they are judged as YYYY-MM-DD. */
export interface FigureCase {
  readonly accounts: readonly Doc[];
  readonly orders: readonly Doc[];
  readonly invoices: readonly Doc[];
  readonly today: string;
}

/** An order counts until it is cancelled or taken back. */
const COUNTS: readonly unknown[] = ['OPEN', 'HELD', 'CLOSED'];
const CURRENCY = 'EUR';
const MONTHS = 12;

const isLinked = ({ erp_number: number }: Doc): boolean => typeof number === 'string' && number !== '';

/** The day so many months before; of a month that is too short its last. */
const monthsBefore = (day: string, months: number): string => {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 - months, Math.min(date, last))).toISOString().slice(0, 10);
};

/** Amounts of invoices less those of credit notes, which are written without a sign. */
const balance = (invoices: readonly Doc[], amount: string): bigint => {
  const of = (kind: string): bigint =>
    together(invoices.filter((each) => each['kind'] === kind).map((each) => each[amount]));
  return of('INV') - of('CRN');
};

/** What is shown otherwise than it is, of all accounts that are a partner's. Nobody may be writing meanwhile. */
export const judgeFigures = ({ accounts, orders, invoices, today }: FigureCase): readonly Finding[] => {
  const ordered = Map.groupBy(
    orders.filter(({ status }) => COUNTS.includes(status)),
    ({ partner }) => partner,
  );
  const billed = Map.groupBy(
    invoices.filter(({ currency }) => currency === CURRENCY),
    ({ partner }) => partner,
  );
  const since = monthsBefore(today, MONTHS);
  return accounts.filter(isLinked).flatMap((account): readonly Finding[] => {
    const { id, erp_number: erp = '', last_order: last = null, revenue_12m: revenue, open_balance: open } = account;
    const own = billed.get(erp) ?? [];
    const days = (ordered.get(erp) ?? []).map((order) => String(order['order_date']));
    const recent = own.filter(({ issued_on: on }) => String(on) > since && String(on) <= today);
    const differs = (field: string, shown: string | null, real: string | null): readonly Finding[] =>
      shown === real
        ? []
        : [
            {
              ...{ kind: 'unexplained', crm: String(id), erp: String(erp), field },
              ...{ values: { shown, 'comes to': real }, reason: 'not what the ERP’s records come to' },
            },
          ];
    // Where there is nothing to add up there is a zero, and not nothing.
    const amount = (shown: unknown): string | null =>
      shown === null || shown === undefined ? null : shownAs(grains(shown));
    return [
      ...differs('last order', last === null ? null : String(last), days.sort().at(-1) ?? null),
      ...differs('revenue of 12 months', amount(revenue), shownAs(balance(recent, 'net'))),
      ...differs('open balance', amount(open), shownAs(balance(own, 'open'))),
    ];
  });
};

/** Reads both systems through their control addresses and judges them. */
export const checkFigures = async (given: {
  readonly crmControl: string;
  readonly erpControl: string;
  readonly today: string;
}): Promise<readonly Finding[]> => {
  const { state: accounts } = await readSystem(given.crmControl, 'account');
  const { state: orders } = await readSystem(given.erpControl, 'sales_order');
  const { state: invoices } = await readSystem(given.erpControl, 'invoice');
  return judgeFigures({ accounts, orders, invoices, today: given.today });
};
