/** What became of each change and cancellation that sales asked for, by how both systems stand in the end, and by which step the order had reached. */
import { listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { grains } from './digits.ts';
import { moved, WISHED } from './order-ends.ts';
import type { Books } from './order-judge.ts';
import type { Finding } from './words.ts';

/** Steps of an order's life, as people see them. */
export const STEPS = [
  ...(['just raised', 'waiting for approval', 'sent to the ERP', 'numbered', 'on hold', 'partly delivered'] as const),
  ...(['delivered', 'invoiced', 'partly paid', 'closed', 'called off'] as const),
] as const;
export type Step = (typeof STEPS)[number];

/** The step of an order by its record in the CRM and, once there is one, in the ERP. */
export const stepOf = (crm: Doc, erp: Doc | undefined): Step => {
  if (erp === undefined) return crm['sync_state'] === 'waiting' ? 'waiting for approval' : 'just raised';
  const { status, delivery_status: delivery, billing_status: billing, payment_status: payment } = erp;
  if (status === 'CANCELLED' || status === 'RETURNING' || status === 'RETURNED') return 'called off';
  if (status === 'CLOSED') return 'closed';
  if (payment === 'PART') return 'partly paid';
  if (billing !== 'NONE') return 'invoiced';
  if (delivery !== 'NONE') return delivery === 'FULL' ? 'delivered' : 'partly delivered';
  if (status === 'HELD') return 'on hold';
  return typeof crm['erp_number'] === 'string' ? 'numbered' : 'sent to the ERP';
};

/** One thing that was asked of an order: to cancel it, another date, or less of an item. */
export interface Ask {
  /** The CRM's id. */
  readonly order: string;
  /** As last seen before it was asked. */
  readonly step: Step;
  readonly wanted: 'cancel' | { readonly date: string } | { readonly line: string; readonly quantity: string };
}
export type Outcome = 'accepted' | 'refused' | 'compensated';
export type Asked = Readonly<Record<Outcome | 'asked', number>>;

/** What may come of it. Before delivery all may, since the ERP goes on meanwhile; afterwards nothing is simply undone. */
const ANY: readonly Outcome[] = ['accepted', 'refused', 'compensated'];
const MAY: Readonly<Record<'cancel' | 'change', Partial<Record<Step, readonly Outcome[]>>>> = {
  cancel: {
    ...{ 'just raised': ['accepted'], 'waiting for approval': ['accepted'] },
    ...{ 'partly delivered': ['compensated', 'refused'], delivered: ['compensated', 'refused'] },
    ...{ invoiced: ['compensated', 'refused'], 'partly paid': ['compensated', 'refused'] },
    ...{ closed: ['compensated', 'refused'], 'called off': ['accepted', 'compensated'] },
  },
  change: { closed: ['refused'], 'called off': ['refused'] },
};
const ANSWERS: Readonly<Record<string, Outcome>> = {
  ...{ GRANTED: 'accepted', REFUSED: 'refused', COMPENSATED: 'compensated' },
};
const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

const ofCancel = (crm: Doc, erp: Doc | undefined): Outcome | undefined => {
  if (!WISHED.includes(crm['status'])) return undefined;
  return erp === undefined ? 'accepted' : ANSWERS[text(erp['cancellation'])];
};

const ofDate = (date: string, crm: Doc, erp: Doc): Outcome | undefined => {
  const both = [text(crm['requested_date']), text(erp['requested_date'])];
  if (both[0] !== both[1]) return undefined;
  return both[0] === date ? 'accepted' : 'refused';
};

const ofLess = (
  { line, quantity }: { readonly line: string; readonly quantity: string },
  crm: Doc,
  erp: Doc,
  books: Books,
): Outcome | undefined => {
  const one = listOf(crm, 'lines').find((each) => each['line_no'] === line);
  const two = listOf(erp, 'items').find((each) => each['position'] === line);
  if (one === undefined || two === undefined || grains(one['quantity']) !== grains(two['quantity'])) return undefined;
  if (grains(two['quantity']) !== grains(quantity)) return 'refused';
  const [out, back] = (['OUT', 'RETURN'] as const).map((kind) =>
    moved(books.erp.delivery_note, kind, erp['number'], line),
  );
  const late = (out ?? 0n) - grains(quantity);
  if (late <= 0n) return 'accepted';
  return (back ?? 0n) >= late ? 'compensated' : undefined;
};

/** What became of it; undefined where both sides do not stand in a pair that goes with it. */
export const outcomeOf = ({ wanted }: Ask, crm: Doc, erp: Doc | undefined, books: Books): Outcome | undefined => {
  if (wanted === 'cancel') return ofCancel(crm, erp);
  if (erp === undefined) return undefined;
  return 'date' in wanted ? ofDate(wanted.date, crm, erp) : ofLess(wanted, crm, erp, books);
};

/** By kind and step: how many were asked, and what came of them; and what came of one that may not. */
export const judgeAsks = (
  books: Books,
  asks: readonly Ask[],
): { readonly table: ReadonlyMap<string, Asked>; readonly findings: readonly Finding[] } => {
  const inCrm = new Map(books.crm.order.state.map((order) => [text(order['id']), order]));
  const inErp = new Map(books.erp.sales_order.state.map((order) => [text(order['external_order']), order]));
  const table = new Map<string, Asked>();
  const findings: Finding[] = [];
  for (const ask of asks) {
    const kind = ask.wanted === 'cancel' ? 'cancel' : 'change';
    const crm = inCrm.get(ask.order) ?? {};
    const outcome = outcomeOf(ask, crm, inErp.get(ask.order), books);
    const key = `${kind} ${ask.step}`;
    const { asked, ...came } = table.get(key) ?? { asked: 0, accepted: 0, refused: 0, compensated: 0 };
    const counted = outcome === undefined ? came : { ...came, [outcome]: came[outcome] + 1 };
    table.set(key, { asked: asked + 1, ...counted });
    if (outcome !== undefined && (MAY[kind][ask.step] ?? ANY).includes(outcome)) continue;
    const reason = `a ${kind} asked while ${ask.step} ended ${outcome ?? 'in no pair that goes with it'}`;
    const values = { wanted: JSON.stringify(ask.wanted), erp: text(inErp.get(ask.order)?.['status']) };
    findings.push({ kind: 'unexplained', crm: ask.order, field: kind, values, reason });
  }
  return { table, findings };
};

/** The table for people, one line per step; and which steps were met by no cancellation or no change. */
export const askLines = (table: ReadonlyMap<string, Asked>): readonly string[] => {
  const cells = (key: string): string => {
    const { asked = 0, accepted = 0, refused = 0, compensated = 0 } = table.get(key) ?? {};
    return [asked, accepted, refused, compensated].map((count) => String(count).padStart(4)).join('');
  };
  return [
    `${'asked for while'.padEnd(22)}  cancel: asked, accepted, refused, compensated | change: the same`,
    ...STEPS.map((step) => `${step.padEnd(22)}  ${cells(`cancel ${step}`)}  |${cells(`change ${step}`)}`),
  ];
};

/** Steps that were met by no cancellation, or by no change. */
export const unmet = (table: ReadonlyMap<string, Asked>, steps: readonly Step[]): readonly string[] =>
  (['cancel', 'change'] as const).flatMap((kind) =>
    steps.filter((step) => !table.has(`${kind} ${step}`)).map((step) => `no ${kind} was asked for while ${step}`),
  );
