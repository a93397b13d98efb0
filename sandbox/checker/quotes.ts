/** Judges opportunities and quotes by how both systems stand, and what an accepted quote became: one order and no more. */
import { listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { customerReader, linkReader } from './contact-rules.ts';
import { grains, together } from './digits.ts';
import { meddled, textAt } from './hands.ts';
import { differences, rowDifferences } from './order-judge.ts';
import { type Judged, judgedBy, type Offer, offers } from './quote-rules.ts';
import { readSystems } from './read.ts';
import type { Finding, ParkedItem, SystemView } from './words.ts';

const CRM = ['account', 'contact', 'product', 'deal', 'quote'] as const;
const ERP = ['partner', 'contact', 'product', 'prospect', 'quotation', 'sales_order'] as const;
/** Both systems' records by their names there. */
export interface QuoteBooks {
  readonly crm: Readonly<Record<(typeof CRM)[number], SystemView>>;
  readonly erp: Readonly<Record<(typeof ERP)[number], SystemView>>;
}
export interface QuoteCase {
  readonly books: QuoteBooks;
  readonly parked: readonly ParkedItem[];
}
export interface QuoteVerdict {
  readonly counts: Readonly<Record<'opportunity' | 'quote' | 'ordered' | 'waiting' | 'parked', number>>;
  readonly findings: readonly Finding[];
}

const ACTOR = 'tally';
// A quote that sales ended before anybody was told of it is nobody's business.
const NOT_TOLD: readonly unknown[] = ['draft', 'rejected', 'expired'];

interface Ground {
  readonly kinds: readonly Offer[];
  readonly judged: (quote: Doc, ever: boolean) => Judged;
  /** Does it name somebody or something that the other side has not? */
  readonly unlinked: (doc: Doc) => boolean;
}

const groundOf = ({ crm, erp }: QuoteBooks): Ground => {
  const links = {
    customer: customerReader(crm.account, erp.partner),
    contact: contactsOf(crm.contact, erp.contact),
    product: linkReader(crm.product, erp.product),
    opportunity: linkReader(crm.deal, erp.prospect),
  };
  const { customer, product } = links;
  const missing = (doc: Doc): boolean =>
    customer(doc['account_id'], 'crm').wrong !== undefined ||
    listOf(doc, 'lines').some((line) => product(line['product_id'], 'crm').wrong !== undefined);
  return { kinds: offers(links), judged: judgedBy(erp.product, product), unlinked: missing };
};

/** People show no number of the other side in the CRM: they are told by the reference under which they were made, or their address. */
const contactsOf = (left: SystemView, right: SystemView) => {
  const mails = (view: SystemView, id: string) =>
    new Map(view.state.map((doc) => [textAt(doc, id), textAt(doc, 'email')]));
  const known = { crm: mails(left, 'id'), erp: mails(right, 'number') };
  return (native: unknown, side: 'crm' | 'erp') => {
    const id = String(native ?? '').trim();
    return { value: id === '' ? null : (known[side].get(id) ?? id).toLowerCase() };
  };
};

/** May a quote of the CRM still be without a quotation, and why: it waits, it is set aside rightly, or it was never told. */
const standsAlone = (
  quote: Doc,
  aside: readonly ParkedItem[],
  ground: Ground,
): 'waits' | 'aside' | 'untold' | undefined => {
  if (NOT_TOLD.includes(quote['status'])) return 'untold';
  const rightly = aside.some((item) => rightlyAside(item, quote, ground));
  if (rightly) return 'aside';
  const { under, asked } = ground.judged(quote, false);
  return asked && !under ? 'waits' : undefined;
};

/** The reasons that there are, each worked out from the records alone. */
const rightlyAside = ({ code }: ParkedItem, doc: Doc, { judged, unlinked }: Ground): boolean => {
  if (code === 'LINK_MISSING') return unlinked(doc);
  if (code === 'ORDER_GATE') return judged(doc, false).under || textAt(doc, 'valid_until') === '';
  if (code === 'APPROVAL_REFUSED') return judged(doc, false).asked;
  if (code === 'TOTALS_DIFFER')
    return grains(doc['total_net']) !== together(listOf(doc, 'lines').map(({ net }) => net));
  return code === 'TOO_LONG' && [...textAt(doc, 'name')].length > 80;
};

const find = (kind: Finding['kind'], ids: Pick<Finding, 'crm' | 'erp'>, reason: string, field = ''): Finding => ({
  ...{ kind, ...ids, field, values: {}, reason },
});

const ofKind = (offer: Offer, { books, parked }: QuoteCase, ground: Ground): readonly Finding[] => {
  const crm = (books.crm as Readonly<Record<string, SystemView>>)[offer.crm]?.state ?? [];
  const view = (books.erp as Readonly<Record<string, SystemView>>)[offer.erp];
  const erp = view?.state ?? [];
  const numbers = new Set(erp.map((doc) => textAt(doc, 'number')));
  const twinsOf = Map.groupBy(erp, (doc) => textAt(doc, offer.external));
  const shown = new Map(crm.map((doc) => [textAt(doc, 'erp_number'), doc]));
  const ids = new Set(crm.map((doc) => textAt(doc, 'id')));
  const raised = crm.flatMap((doc): readonly Finding[] => {
    const [id, number] = [textAt(doc, 'id'), textAt(doc, 'erp_number')];
    const aside = parked.filter((item) => item.crm === id || (number !== '' && item.erp === number));
    const groundless = aside
      .filter((item) => !rightlyAside(item, doc, ground))
      .map(({ code, field }) => find('unexplained', { crm: id }, `parked as ${code} without need`, field));
    if (number !== '' && !numbers.has(number))
      return [...groundless, find('unexplained', { crm: id }, `the ERP has no such ${offer.name}`)];
    const own = twinsOf.get(id) ?? [];
    const both = own.length > 0 ? own : erp.filter((each) => textAt(each, 'number') === number && number !== '');
    const [other, ...more] = both;
    if (other === undefined) {
      const alone = offer.name === 'quote' ? standsAlone(doc, aside, ground) : aside.length > groundless.length;
      const lost = alone === undefined || alone === false;
      return [...groundless, ...(lost ? [find('lost', { crm: id }, `the ERP has no such ${offer.name}`)] : [])];
    }
    const pair = { crm: id, erp: textAt(other, 'number') };
    const twins = more.map((twin) => find('doubled', { crm: id, erp: textAt(twin, 'number') }, 'made a second time'));
    const held = aside.length > groundless.length;
    const apart = held ? [] : [...differences(offer.fields, doc, other, ''), ...rowDifferences(offer, doc, other)];
    return [...groundless, ...twins, ...apart.map((each) => ({ ...each, ...pair }))];
  });
  const own = erp.flatMap((doc): readonly Finding[] => {
    const [number, from] = [textAt(doc, 'number'), textAt(doc, offer.external)];
    if (from !== '')
      return ids.has(from) ? [] : [find('unexplained', { erp: number }, `the CRM has no such ${offer.name}`)];
    // An opportunity that is new in the ERP stays there.
    if (offer.name === 'opportunity' || shown.has(number)) return [];
    return parked.some((item) => item.erp === number && item.code === 'LINK_MISSING')
      ? []
      : [find('lost', { erp: number }, `the CRM has no such ${offer.name}`)];
  });
  const deleted = view === undefined ? [] : meddled('erp', view, ['create', 'update']);
  return [...raised, ...own, ...deleted];
};

/** What was quoted in the ERP by the integration was never, at any cost that its products had, sold under its cost. */
const soldUnder = ({ books }: QuoteCase, { judged }: Ground): readonly Finding[] => {
  const made = new Set(
    (books.erp.quotation.commits ?? [])
      .filter(({ actor, op }) => actor === ACTOR && op === 'create')
      .map(({ id }) => id),
  );
  const quotes = new Map(books.crm.quote.state.map((doc) => [textAt(doc, 'id'), doc]));
  return books.erp.quotation.state.flatMap((doc) => {
    const quote = made.has(textAt(doc, 'number')) ? quotes.get(textAt(doc, 'external_quote')) : undefined;
    return quote !== undefined && judged(quote, true).under
      ? [find('unexplained', { crm: textAt(quote, 'id'), erp: textAt(doc, 'number') }, 'quoted below its cost')]
      : [];
  });
};

/** An accepted quotation is one order, any other is none. */
const ordered = ({ books }: QuoteCase): readonly Finding[] => {
  const made = Map.groupBy(books.erp.sales_order.state, (order) => textAt(order, 'quotation'));
  return books.erp.quotation.state.flatMap((doc): readonly Finding[] => {
    const number = textAt(doc, 'number');
    const count = (made.get(number) ?? []).length;
    if (count > 1) return [find('doubled', { erp: number }, 'one quotation became several orders')];
    if (doc['status'] === 'ACCEPTED')
      return count === 1 ? [] : [find('lost', { erp: number }, 'accepted, and there is no order')];
    return count === 0 ? [] : [find('unexplained', { erp: number }, 'an order of a quotation that nobody accepted')];
  });
};

/** The verdict. Nobody may be writing meanwhile. What is set aside must be of these two mappings alone. */
export const judgeQuotes = (given: QuoteCase): QuoteVerdict => {
  const { books, parked } = given;
  const ground = groundOf(books);
  const quotes = books.crm.quote.state;
  const findings = [
    ...ground.kinds.flatMap((offer) => ofKind(offer, given, ground)),
    ...soldUnder(given, ground),
    ...ordered(given),
  ];
  const unquoted = quotes.filter((doc) => textAt(doc, 'erp_number') === '');
  const waiting = unquoted.filter(
    (doc) =>
      standsAlone(
        doc,
        parked.filter(({ crm }) => crm === doc['id']),
        ground,
      ) === 'waits',
  );
  return {
    counts: {
      ...{ opportunity: books.crm.deal.state.length, quote: quotes.length, waiting: waiting.length },
      ordered: quotes.filter((doc) => textAt(doc, 'order_number') !== '').length,
      parked: parked.length,
    },
    findings,
  };
};

/** What to check: both control addresses and what is said to be set aside. */
export interface QuoteCheck extends Omit<QuoteCase, 'books'> {
  readonly crmControl: string;
  readonly erpControl: string;
}

/** Read and judge; what is set aside of other kinds is left out. */
export const checkQuotes = async ({ crmControl, erpControl, parked }: QuoteCheck): Promise<QuoteVerdict> => {
  const books = { crm: await readSystems(crmControl, CRM), erp: await readSystems(erpControl, ERP) };
  const ids = new Set([...books.crm.deal.state, ...books.crm.quote.state].map(({ id }) => id));
  const numbers = new Set([...books.erp.prospect.state, ...books.erp.quotation.state].map(({ number }) => number));
  const theirs = parked.filter(({ crm, erp }) => ids.has(crm) || numbers.has(erp));
  return judgeQuotes({ books, parked: theirs });
};

/** The verdict in one line. */
export const quoteLine = ({ counts, findings }: QuoteVerdict): string => {
  const of = (wanted: Finding['kind']): number => findings.filter(({ kind }) => kind === wanted).length;
  const { opportunity, quote, ordered: became, waiting, parked } = counts;
  const aside = findings.length === 0 ? `${parked} parked, each rightly` : `${parked} parked`;
  return `${findings.length === 0 ? 'agreement' : 'no agreement'}: ${opportunity} opportunities, ${quote} quotes (${became} ordered, ${waiting} waiting for approval), ${of('lost')} lost, ${of('doubled')} doubled, ${of('unexplained')} unexplained (${aside})`;
};
