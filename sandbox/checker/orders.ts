/** Reads both systems' orders and papers through their control addresses, and judges them. */
import { type Books, judgeOrders, type OrderCase, type OrderVerdict } from './order-judge.ts';
import { readSystem } from './read.ts';
import type { Finding, SystemView } from './words.ts';

/** What to check: both control addresses and what is said to be set aside. */
export interface OrderCheck extends Omit<OrderCase, 'books'> {
  readonly crmControl: string;
  readonly erpControl: string;
}

const readAll = async <R extends string>(control: string, records: readonly R[]): Promise<Record<R, SystemView>> => {
  const views: [R, SystemView][] = [];
  for (const record of records) views.push([record, await readSystem(control, record)]);
  return Object.fromEntries(views) as Record<R, SystemView>;
};

/** Both systems as they stand. Nobody may be writing meanwhile. */
export const readBooks = async ({
  crmControl,
  erpControl,
}: Pick<OrderCheck, 'crmControl' | 'erpControl'>): Promise<Books> => ({
  crm: await readAll(crmControl, ['account', 'order', 'shipment', 'invoice', 'payment']),
  erp: await readAll(erpControl, ['partner', 'sales_order', 'delivery_note', 'invoice', 'payment']),
});

/** Read and judge. */
export const checkOrders = async ({ crmControl, erpControl, ...rest }: OrderCheck): Promise<OrderVerdict> =>
  judgeOrders({ books: await readBooks({ crmControl, erpControl }), ...rest });

/** The verdict in one line. */
export const orderLine = ({ counts, findings }: OrderVerdict): string => {
  const of = (wanted: Finding['kind']): number => findings.filter(({ kind }) => kind === wanted).length;
  const { order, closed, cancelled, returned, parked, delivery, invoice, payment } = counts;
  const aside = findings.length === 0 ? `${parked} refused, each rightly` : `${parked} set aside`;
  return `${findings.length === 0 ? 'agreement' : 'no agreement'}: ${order} orders (${closed} closed, ${cancelled} cancelled, ${returned} taken back, ${aside}), ${delivery} deliveries, ${invoice} invoices, ${payment} payments, ${of('lost')} lost, ${of('doubled')} doubled, ${of('unexplained')} unexplained`;
};

/** How long each order waited from its raising until the CRM showed the ERP's number, ms, shortest first. */
export const numberedAfter = ({ commits = [] }: SystemView): readonly number[] =>
  [...Map.groupBy(commits, ({ id }) => id).values()]
    .flatMap((all) => {
      const raised = all.find(({ after }) => after?.['status'] === 'submitted');
      const shown = all.find(({ after }) => typeof after?.['erp_number'] === 'string');
      // One raised in the ERP comes with its number.
      return raised === undefined || shown === undefined || raised === shown
        ? []
        : [Date.parse(shown.at) - Date.parse(raised.at)];
    })
    .sort((one, other) => one - other);
