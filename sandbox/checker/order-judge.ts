/** Judges orders and their papers by how both systems stand: none lost, none doubled, nothing told otherwise than it is. */
import { listOf } from '../kit/calls.ts';
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import { customerReader } from './contact-rules.ts';
import { endFindings, WISHED } from './order-ends.ts';
import { type Compared, type Paper, papers } from './order-rules.ts';
import { type Papers, sumFindings } from './order-sums.ts';
import { plain } from './readers.ts';
import type { Finding, ParkedItem, Reader, SystemView } from './words.ts';

/** Both systems' records by their names there. */
export interface Books {
  readonly crm: Readonly<Record<'account' | 'order' | 'shipment' | 'invoice' | 'payment', SystemView>>;
  readonly erp: Readonly<Record<'partner' | 'sales_order' | 'delivery_note' | 'invoice' | 'payment', SystemView>>;
}
export interface OrderCase {
  readonly books: Books;
  readonly parked: readonly ParkedItem[];
  /** All work is done: what is not closed or cancelled is lost on its way. */
  readonly finished?: boolean;
}
export interface OrderVerdict {
  readonly counts: Readonly<Record<Paper['name'] | 'closed' | 'cancelled' | 'returned' | 'parked', number>>;
  readonly findings: readonly Finding[];
}

const ACTOR = 'tally';
const at = (doc: Doc, path: string): Value | undefined =>
  path.split('.').reduce<Value | undefined>((value, key) => (isDoc(value) ? value[key] : undefined), doc);
const stateOf = (books: Books, side: 'crm' | 'erp', record: string): readonly Doc[] =>
  (books[side] as Readonly<Record<string, SystemView>>)[record]?.state ?? [];

/** An order by the ERP's number: its own, or the one that the CRM's order shows. */
const orderReader = (orders: readonly Doc[]): Reader => {
  const numbers = new Map(orders.map((order) => [String(order['id']), order['erp_number']]));
  return (native, side) => {
    const reading = plain(native, side);
    return side === 'crm' && reading.value !== null ? plain(numbers.get(reading.value), side) : reading;
  };
};

/** What two records say otherwise. */
export const differences = (fields: readonly Compared[], crm: Doc, erp: Doc, place: string): readonly Finding[] =>
  fields.flatMap(({ name, crm: left, erp: right, read }) => {
    const [one, two] = [read(at(crm, left), 'crm'), read(at(erp, right), 'erp')];
    if (one.value === two.value && one.wrong === undefined && two.wrong === undefined) return [];
    const values = { crm: one.value, erp: two.value };
    return [{ kind: 'unexplained', field: `${place}${name}`, values, reason: 'both sides say it otherwise' } as const];
  });

/** What their rows say otherwise; a row that one side lacks is lost, one that stands there twice is doubled. */
export const rowDifferences = (
  { rows, name }: Pick<Paper, 'rows'> & { readonly name: string },
  crm: Doc,
  erp: Doc,
): readonly Finding[] => {
  const [left, right] = [listOf(crm, rows.crm), listOf(erp, rows.erp)];
  const keys = [...new Set([...left.map((row) => row[rows.key[0]]), ...right.map((row) => row[rows.key[1]])])];
  return keys.flatMap((key): readonly Finding[] => {
    const place = `${name} lines[${String(key)}]`;
    const [ones, twos] = [
      left.filter((row) => row[rows.key[0]] === key),
      right.filter((row) => row[rows.key[1]] === key),
    ];
    const [one, two] = [ones[0], twos[0]];
    const values = { crm: String(ones.length), erp: String(twos.length) };
    if (one === undefined || two === undefined)
      return [{ kind: 'lost', field: place, values, reason: 'one side has no such line' }];
    if (ones.length > 1 || twos.length > 1)
      return [{ kind: 'doubled', field: place, values, reason: 'a line stands there twice' }];
    return differences(rows.fields, one, two, `${place}.`);
  });
};

/** What the ERP has, the CRM shows once and as it is; and the CRM shows nothing else. */
const told = (paper: Paper, books: Books): readonly Finding[] => {
  const [left, right] = [stateOf(books, 'crm', paper.crm), stateOf(books, 'erp', paper.erp)];
  const shown = Map.groupBy(left, (each) => String(each[paper.number] ?? ''));
  const numbers = new Set(right.map(({ number }) => String(number)));
  const invented = left
    .filter((each) => typeof each[paper.number] === 'string' && !numbers.has(String(each[paper.number])))
    .map(({ id }): Finding => {
      return {
        kind: 'unexplained',
        crm: String(id),
        field: '',
        values: {},
        reason: `the ERP has no such ${paper.name}`,
      };
    });
  const found = right.flatMap((erp): readonly Finding[] => {
    const [crm, ...more] = shown.get(String(erp['number'])) ?? [];
    const ids = { erp: String(erp['number']), field: '', values: {} };
    if (crm === undefined) return [{ kind: 'lost', ...ids, reason: `the CRM has no such ${paper.name}` }];
    const own = [...differences(paper.fields, crm, erp, ''), ...rowDifferences(paper, crm, erp)];
    const twins = more.map(
      ({ id }): Finding => ({ ...ids, kind: 'doubled', crm: String(id), reason: `a second such ${paper.name}` }),
    );
    return [...own.map((each) => ({ ...each, crm: String(crm['id']), erp: ids.erp })), ...twins];
  });
  return [...invented, ...found];
};

/** The ERP refuses an order of which nothing can be delivered; nothing else is set aside rightly. */
const refusedRightly = (order: Doc): boolean =>
  listOf(order, 'lines').every(({ product }) => String(product).startsWith('OLD-'));

/** Each order raised in the CRM is one in the ERP, if it was not called off before. */
const crossed = ({ books, parked }: OrderCase): readonly Finding[] => {
  const made = Map.groupBy(stateOf(books, 'erp', 'sales_order'), (order) => String(order['external_order'] ?? ''));
  const aside = new Set(parked.map(({ crm }) => crm));
  return stateOf(books, 'crm', 'order')
    .filter(({ status }) => status !== 'draft')
    .flatMap((order): readonly Finding[] => {
      const id = String(order['id']);
      const twins = made.get(id) ?? [];
      const ids = {
        crm: id,
        field: '',
        values: { 'orders in the ERP': twins.map(({ number }) => String(number)).join(', ') },
      };
      if (twins.length > 1) return [{ kind: 'doubled', ...ids, reason: 'one order became several' }];
      if (twins.length === 1 || WISHED.includes(order['status'])) return [];
      return aside.has(id) && refusedRightly(order)
        ? []
        : [{ kind: 'lost', ...ids, reason: 'the ERP has no such order' }];
    });
};

/** Deliveries, invoices and payments are the ERP's own: none is written by who only carries them. */
const meddled = ({ erp }: Books): readonly Finding[] =>
  (['delivery_note', 'invoice', 'payment'] as const).flatMap((record) =>
    (erp[record].commits ?? [])
      .filter(({ actor }) => actor === ACTOR)
      .map(
        ({ id, op }) =>
          ({
            kind: 'unexplained',
            erp: id,
            field: '',
            values: { op },
            reason: `${record} written by ${ACTOR}`,
          }) as const,
      ),
  );

const strayed = ({ books, parked }: OrderCase): readonly Finding[] => {
  const orders = new Map(stateOf(books, 'crm', 'order').map((order) => [String(order['id']), order]));
  const of = new Set([
    ...(['order', 'shipment', 'invoice', 'payment'] as const).flatMap((record) =>
      books.crm[record].state.map(({ id }) => id),
    ),
    ...(['sales_order', 'delivery_note', 'invoice', 'payment'] as const).flatMap((record) =>
      books.erp[record].state.map(({ number }) => number),
    ),
  ]);
  return parked
    .filter(({ crm = '', erp = '' }) => of.has(crm) || of.has(erp))
    .filter(({ crm = '' }) => !refusedRightly(orders.get(crm) ?? { lines: [{ product: '' }] }))
    .map(
      ({ crm, erp, field, code }) =>
        ({
          ...{ kind: 'unexplained', field, values: { code }, reason: 'set aside without a reason' },
          ...(crm === undefined ? {} : { crm }),
          ...(erp === undefined ? {} : { erp }),
        }) as const,
    );
};

/** The verdict on orders, deliveries, invoices and payments. Nobody may be writing meanwhile. */
export const judgeOrders = (given: OrderCase): OrderVerdict => {
  const { books } = given;
  const orders = stateOf(books, 'crm', 'order').filter(({ status }) => status !== 'draft');
  const kinds = papers({
    customer: customerReader(books.crm.account, books.erp.partner),
    order: orderReader(orders),
  });
  const shown = Object.fromEntries(kinds.map(({ crm }) => [crm, stateOf(books, 'crm', crm)])) as Papers;
  const findings = [
    ...crossed(given),
    ...kinds.flatMap((paper) => told(paper, books)),
    ...endFindings({ crm: books.crm.order.state, erp: books.erp, finished: given.finished ?? false }),
    ...meddled(books),
    ...strayed(given),
    ...sumFindings(shown),
  ];
  const standing = (state: string): number => orders.filter((order) => order['erp_state'] === state).length;
  const parked = orders.filter(({ id }) => given.parked.some(({ crm }) => crm === id)).length;
  const counted = Object.fromEntries(kinds.map(({ name, erp }) => [name, stateOf(books, 'erp', erp).length])) as Record<
    Paper['name'],
    number
  >;
  const counts = {
    ...counted,
    order: orders.length,
    closed: standing('closed'),
    cancelled: standing('cancelled'),
    returned: standing('taken back'),
    parked,
  };
  return { counts, findings };
};
