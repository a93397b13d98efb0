/** Judges sales targets: each that the ERP has stands once in the CRM, beside what was billed of that person's sales in its days, added up again. */
import type { Doc } from '../kit/json.ts';
import { linkReader } from './contact-rules.ts';
import { shownAs, together } from './digits.ts';
import { groundless, keyless, meddled, takenAway, textAt } from './hands.ts';
import { differences } from './order-judge.ts';
import type { Compared } from './order-rules.ts';
import { readSystems } from './read.ts';
import { decimal, plain } from './readers.ts';
import type { Finding, ParkedItem, Reader, SystemView } from './words.ts';

const CRM = ['sales_target', 'user', 'invoice'] as const;
const ERP = ['sales_target', 'employee', 'invoice'] as const;

/** Both systems' records by their names there, and what is said to be set aside of targets and of whose an invoice is. */
export interface TargetCase {
  readonly crm: Readonly<Record<(typeof CRM)[number], SystemView>>;
  readonly erp: Readonly<Record<(typeof ERP)[number], SystemView>>;
  readonly parked: readonly ParkedItem[];
}

const compared = (name: string, crm: string, erp: string, read: Reader = plain): Compared => ({ name, crm, erp, read });

/** Amounts with their currencies, whatever their order. */
const amounts: Reader = (native, side) => {
  const { value, ...rest } = plain(native, side);
  return { ...rest, value: value === null ? null : value.split(', ').sort().join(', ') };
};

const fieldsOf = (person: Reader): readonly Compared[] => [
  compared('salesperson', 'owner_id', 'employee', person),
  compared('period', 'period', 'period'),
  compared('first day', 'first_day', 'valid_from'),
  compared('last day', 'last_day', 'valid_to'),
  compared('target', 'target', 'amount', decimal),
  compared('currency', 'currency', 'currency'),
  compared('actual', 'actual', 'comes to', decimal),
  compared('other currencies', 'other_currencies', 'in others', amounts),
];

/** A target with what these sales come to in its days, both days counted: in its own currency, and in each other. */
const withSales = (target: Doc, sales: readonly Doc[]): Doc => {
  const [first, last] = [textAt(target, 'valid_from'), textAt(target, 'valid_to')];
  const within = sales.filter(({ issued_on: on }) => String(on) >= first && String(on) <= last);
  const sums = new Map(
    [...Map.groupBy(within, (invoice) => textAt(invoice, 'currency'))].map(([currency, all]) => {
      const of = (kind: string): bigint => together(all.filter((each) => each['kind'] === kind).map(({ net }) => net));
      return [currency, of('INV') - of('CRN')] as const;
    }),
  );
  const own = textAt(target, 'currency');
  const others = [...sums].filter(([currency, sum]) => currency !== own && sum !== 0n);
  return {
    ...target,
    'comes to': shownAs(sums.get(own) ?? 0n),
    'in others': others.map(([currency, sum]) => `${shownAs(sum)} ${currency}`).join(', '),
  };
};

const ofTargets = ({ crm, erp, parked }: TargetCase, person: Reader): readonly Finding[] => {
  const fields = fieldsOf(person);
  const shown = Map.groupBy(crm.sales_target.state, (each) => textAt(each, 'erp_number'));
  const sales = Map.groupBy(erp.invoice.state, (each) => textAt(each, 'sales_rep'));
  const notAnew = takenAway(crm.sales_target, 'erp_number');
  const known = new Set([
    ...erp.sales_target.state.map((each) => textAt(each, 'number')),
    ...takenAway(erp.sales_target, 'number'),
  ]);
  const invented = crm.sales_target.state
    .filter((each) => textAt(each, 'erp_number') !== '' && !known.has(textAt(each, 'erp_number')))
    .map(
      ({ id }): Finding => ({
        ...{ kind: 'unexplained', crm: String(id), field: '', values: {} },
        reason: 'the ERP has no such target',
      }),
    );
  const told = erp.sales_target.state.flatMap((target): readonly Finding[] => {
    const number = textAt(target, 'number');
    const [one, ...more] = shown.get(number) ?? [];
    const items = parked.filter((item) => item.erp === number || (one !== undefined && item.crm === one['id']));
    const unknown = person(target['employee'], 'erp').wrong !== undefined;
    const rightly = ({ code }: ParkedItem): boolean => code === 'LINK_MISSING' && unknown;
    const held = items.some(rightly);
    const wrong = groundless(items, rightly);
    const ids = { erp: number, field: '', values: {} };
    if (one === undefined)
      return held || notAnew.has(number)
        ? wrong
        : [...wrong, { kind: 'lost', ...ids, reason: 'the CRM has no such target' }];
    const crmId = { crm: String(one['id']) };
    const twins = more.map(
      ({ id }): Finding => ({ kind: 'doubled', ...ids, crm: String(id), reason: 'a second such target' }),
    );
    const apart = held
      ? []
      : differences(fields, one, withSales(target, sales.get(textAt(target, 'employee')) ?? []), '');
    return [...wrong, ...twins, ...apart.map((each) => ({ ...each, ...crmId, erp: number }))];
  });
  return [...invented, ...told];
};

/** Whose sale an invoice is, shown in the CRM's own; whether it must be there is judged with the orders. */
const ofInvoices = ({ crm, erp, parked }: TargetCase, person: Reader): readonly Finding[] => {
  const billed = new Map(erp.invoice.state.map((each) => [textAt(each, 'number'), each]));
  return crm.invoice.state.flatMap((shown): readonly Finding[] => {
    const [id, number] = [textAt(shown, 'id'), textAt(shown, 'number')];
    const invoice = billed.get(number);
    if (invoice === undefined) return [];
    const unknown = person(invoice['sales_rep'], 'erp').wrong !== undefined;
    const held =
      unknown && parked.some((item) => item.code === 'LINK_MISSING' && (item.crm === id || item.erp === number));
    const apart = differences([compared('salesperson', 'owner_id', 'sales_rep', person)], shown, invoice, '');
    return held ? [] : apart.map((each) => ({ ...each, crm: id, erp: number }));
  });
};

/** What is not as it must be. Nobody may be writing meanwhile. */
export const judgeTargets = (given: TargetCase): readonly Finding[] => {
  const { crm, erp } = given;
  const person = linkReader(crm.user, erp.employee, 'employee_number');
  return [
    ...ofTargets(given, person),
    ...ofInvoices(given, person),
    ...keyless('crm', crm.sales_target, 'id', 'erp_number'),
    ...meddled('crm', crm.sales_target, ['create', 'update']),
    ...meddled('erp', erp.sales_target, []),
  ];
};

/** The same, reading both systems through their control addresses. Of price lists nothing may be set aside: the ERP numbers them alike. */
export const checkTargets = async (given: {
  readonly crmControl: string;
  readonly erpControl: string;
  readonly parked: readonly ParkedItem[];
}): Promise<readonly Finding[]> =>
  judgeTargets({
    crm: await readSystems(given.crmControl, CRM),
    erp: await readSystems(given.erpControl, ERP),
    parked: given.parked,
  });
