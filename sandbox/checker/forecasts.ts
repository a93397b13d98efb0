/** Judges expected demand: one row in the ERP for each line of an opportunity, as sales says it, withdrawn when it is won or lost. */
import { listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { linkReader } from './contact-rules.ts';
import { grains } from './digits.ts';
import { groundless, keyless, takenAway, textAt } from './hands.ts';
import { differences } from './order-judge.ts';
import type { Compared } from './order-rules.ts';
import { UNITS } from './product-rules.ts';
import { readSystems } from './read.ts';
import { decimal, meanings, plain } from './readers.ts';
import type { Finding, ParkedItem, Reader, SystemView } from './words.ts';

const CRM = ['deal', 'deal_line', 'account', 'product'] as const;
const ERP = ['forecast', 'prospect', 'partner', 'product'] as const;

/** Both systems' records by their names there, and what is said to be set aside of forecasts. */
export interface ForecastCase {
  readonly crm: Readonly<Record<(typeof CRM)[number], SystemView>>;
  readonly erp: Readonly<Record<(typeof ERP)[number], SystemView>>;
  readonly parked: readonly ParkedItem[];
}

type Links = Readonly<Record<'opportunity' | 'customer' | 'product', Reader>>;

const compared = (name: string, crm: string, erp: string, read: Reader = plain): Compared => ({ name, crm, erp, read });
// Won, an order takes its place; lost, nothing does.
const STATES = meanings({
  crm: { open: 'expected', won: 'withdrawn', lost: 'withdrawn' },
  erp: { OPEN: 'expected', WITHDRAWN: 'withdrawn' },
});

const fieldsOf = ({ opportunity, customer, product }: Links): readonly Compared[] => [
  compared('opportunity', 'deal_id', 'prospect', opportunity),
  compared('customer', 'account_id', 'partner', customer),
  compared('product', 'product_id', 'product', product),
  compared('quantity', 'quantity', 'quantity', decimal),
  compared('unit', 'unit', 'unit', UNITS),
  compared('expected date', 'close_date', 'expected_on'),
  compared('probability', 'probability', 'chance', decimal),
  compared('status', 'status', 'status', STATES),
];

/** What is expected, told by the opportunities themselves and not by the CRM's own list of their lines; by the line's key. */
const expected = (deals: readonly Doc[]): ReadonlyMap<string, Doc> =>
  new Map(
    deals.flatMap((deal) =>
      listOf(deal, 'lines').map((line): [string, Doc] => {
        const { id: deal_id = null, account_id = null, close_date = null, probability = null, status = null } = deal;
        const { product_id = null, quantity = null, unit = null } = line;
        const of = { deal_id, account_id, close_date, probability, status };
        return [`${String(deal_id)}/${String(line['line_no'])}`, { ...of, product_id, quantity, unit }];
      }),
    ),
  );

/** May a line be set aside for this reason? */
const ground = (line: Doc, { opportunity, customer, product }: Links, code: string): boolean => {
  const unknown = (read: Reader, field: string): boolean => read(line[field], 'crm').wrong !== undefined;
  if (code === 'LINK_MISSING')
    return unknown(opportunity, 'deal_id') || unknown(customer, 'account_id') || unknown(product, 'product_id');
  if (code === 'REQUIRED') return ['product_id', 'quantity', 'unit'].some((field) => textAt(line, field) === '');
  if (code === 'LOOKUP_MISS') return unknown(UNITS, 'unit');
  return code === 'TARGET_REFUSED' && grains(line['quantity']) <= 0n;
};

const find = (kind: Finding['kind'], ids: Pick<Finding, 'crm' | 'erp'>, reason: string): Finding => ({
  ...{ kind, ...ids, field: '', values: {}, reason },
});

/** What is not as it must be. Nobody may be writing meanwhile. */
export const judgeForecasts = ({ crm, erp, parked }: ForecastCase): readonly Finding[] => {
  const links: Links = {
    opportunity: linkReader(crm.deal, erp.prospect),
    customer: linkReader(crm.account, erp.partner),
    product: linkReader(crm.product, erp.product),
  };
  const fields = fieldsOf(links);
  const lines = expected(crm.deal.state);
  const rows = Map.groupBy(erp.forecast.state, (each) => textAt(each, 'external_line'));
  const named = new Map(crm.deal_line.state.map((each) => [textAt(each, 'external_id'), textAt(each, 'id')]));
  const notAnew = takenAway(erp.forecast, 'external_line');
  const planned = [...lines].flatMap(([key, line]): readonly Finding[] => {
    const [row, ...more] = rows.get(key) ?? [];
    const number = textAt(row, 'number');
    const items = parked.filter(
      (item) => (item.crm !== undefined && item.crm === named.get(key)) || (number !== '' && item.erp === number),
    );
    const rightly = ({ code }: ParkedItem): boolean => ground(line, links, code);
    const held = items.some(rightly);
    const wrong = groundless(items, rightly);
    if (row === undefined)
      return held || notAnew.has(key) ? wrong : [...wrong, find('lost', { crm: key }, 'nobody plans for this line')];
    const twins = more.map((twin) => find('doubled', { crm: key, erp: textAt(twin, 'number') }, 'planned for twice'));
    const apart = held ? [] : differences(fields, line, row, '');
    return [...wrong, ...twins, ...apart.map((each) => ({ ...each, crm: key, erp: number }))];
  });
  const left = [...rows]
    .filter(([key]) => key !== '' && !lines.has(key))
    .flatMap(([key, all]) =>
      all.map((row) => find('unexplained', { crm: key, erp: textAt(row, 'number') }, 'there is no such line any more')),
    );
  return [...planned, ...left, ...keyless('erp', erp.forecast, 'number', 'external_line')];
};

/** Reads both systems through their control addresses and judges them; what is set aside of other kinds is left out. */
export const checkForecasts = async (given: {
  readonly crmControl: string;
  readonly erpControl: string;
  readonly parked: readonly ParkedItem[];
}): Promise<readonly Finding[]> =>
  judgeForecasts({
    crm: await readSystems(given.crmControl, CRM),
    erp: await readSystems(given.erpControl, ERP),
    parked: given.parked,
  });
