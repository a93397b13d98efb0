/** What the ERP keeps of a sale that may come about: those who plan what is bought and made read it. */
import { compare } from '../kit/decimal.ts';
import type { Doc } from '../kit/json.ts';
import { CURRENCIES, changedBy, checkParts, emptied, exists, known, type Part, refuse, UNITS } from './parts.ts';
import type { Kind, Refusal } from './shape.ts';

const PARTS = {
  external_deal: 40,
  partner: 10,
  title: 80,
  stage: 4,
  status: 4,
  chance: 'number',
  amount: 'number',
  currency: 3,
  expected_on: 10,
  items: { key: 'position', row: { position: 6, product: 10, quantity: 'number', unit: 4, amount: 'number' } },
  note: 500,
} as const satisfies Readonly<Record<string, Part>>;

const STATES = new Set(['OPEN', 'WON', 'LOST']);

const rule = (holds: boolean, message: string, field: string): Refusal | undefined =>
  holds ? undefined : refuse('RULE', message, field);

/** Prospects as a kind. */
export const PROSPECTS: Kind = {
  record: 'prospect',
  first: 300_000,
  blank: { number: '', reference: null, ...emptied(PARTS), status: 'OPEN' },
  misshapen: (values) => checkParts(values, PARTS),
  broken: (next, _old, store) =>
    known(STATES, next, 'status') ??
    known(CURRENCIES, next, 'currency') ??
    exists(store, 'partner', next, 'partner') ??
    rule(compare(next['chance'], '0') >= 0 && compare(next['chance'], '100') <= 0, 'a chance is 0 to 100', 'chance') ??
    (Array.isArray(next['items']) ? (next['items'] as readonly Doc[]) : [])
      .map((item) => known(UNITS, item, 'unit') ?? exists(store, 'product', item, 'product'))
      .find((problem) => problem !== undefined),
  changed: changedBy(PARTS),
};
