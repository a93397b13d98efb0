/** What the ERP plans with: what its sales persons are to sell within a period, and what sales expects to be asked for. */

import { compare } from '../kit/decimal.ts';
import type { Seed } from '../kit/file.ts';
import { Digits, type Doc, text } from '../kit/json.ts';
import { chance, mix } from '../kit/random.ts';
import { colleagues } from '../seed/staff.ts';
import { seededAt } from '../seed/stamps.ts';
import { EMPLOYEES } from './employees.ts';
import {
  blank,
  CURRENCIES,
  changedBy,
  checkParts,
  emptied,
  exists,
  known,
  type Part,
  positive,
  refuse,
  UNITS,
} from './parts.ts';
import { type Kind, numberOf, type Refusal } from './shape.ts';

const TARGET = {
  ...{ employee: 10, period: 20, valid_from: 10, valid_to: 10, amount: 'number', currency: 3, note: 500 },
} as const satisfies Readonly<Record<string, Part>>;

const FORECAST = {
  ...{ external_line: 40, prospect: 10, partner: 10, product: 10, quantity: 'number', unit: 4, expected_on: 10 },
  ...{ chance: 'number', status: 10, note: 500 },
} as const satisfies Readonly<Record<string, Part>>;

const STATES = new Set(['OPEN', 'WITHDRAWN']);
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const required = (next: Doc, fields: readonly string[]): Refusal | undefined => {
  const field = fields.find((each) => blank(next[each]));
  return field === undefined ? undefined : refuse('REQUIRED', `${field} is missing`, field);
};

/** Sales targets as a kind: one for each person and period. */
export const SALES_TARGETS: Kind = {
  record: 'sales_target',
  first: 600_000,
  blank: { number: '', reference: null, ...emptied(TARGET) },
  misshapen: (values) => checkParts(values, TARGET),
  broken: (next, _old, store) =>
    required(next, ['employee', 'valid_from', 'valid_to', 'currency']) ??
    known(CURRENCIES, next, 'currency') ??
    exists(store, 'employee', next, 'employee') ??
    ([next['valid_from'], next['valid_to']].every((day) => DAY.test(String(day))) &&
    String(next['valid_from']) <= String(next['valid_to'])
      ? undefined
      : refuse('BAD_VALUE', 'a period has a first day and, not before it, a last one', 'valid_to')),
  changed: changedBy(TARGET),
};

/** Forecasts as a kind: one for each line of an opportunity. */
export const FORECASTS: Kind = {
  record: 'forecast',
  first: 650_000,
  blank: { number: '', reference: null, ...emptied(FORECAST), status: 'OPEN' },
  misshapen: (values) => checkParts(values, FORECAST),
  broken: (next, _old, store) =>
    required(next, ['product', 'unit']) ??
    known(STATES, next, 'status') ??
    known(UNITS, next, 'unit') ??
    exists(store, 'product', next, 'product') ??
    exists(store, 'partner', next, 'partner') ??
    exists(store, 'prospect', next, 'prospect') ??
    (positive(next['quantity']) ? undefined : refuse('RULE', 'a quantity is above 0', 'quantity')) ??
    (compare(next['chance'], '0') >= 0 && compare(next['chance'], '100') <= 0
      ? undefined
      : refuse('RULE', 'a chance is 0 to 100', 'chance')),
  changed: changedBy(FORECAST),
};

const QUARTER = [
  ['2026-10', '31'],
  ['2026-11', '30'],
  ['2026-12', '31'],
] as const;

/** Targets of the first so many employees for each month of a quarter. */
export function* targetSeeds(seed: number, persons: number): Generator<Seed> {
  let targets = 0;
  for (const one of colleagues(seed, persons))
    for (const [month, last] of QUARTER) {
      targets += 1;
      const number = numberOf(SALES_TARGETS.first + targets);
      const stamp = new Date(seededAt(targets, 600_000)).toISOString();
      const luck = chance(mix(seed + 23, targets));
      const body: Doc = {
        ...SALES_TARGETS.blank,
        ...{ number, employee: numberOf(EMPLOYEES.first + one.number), period: month },
        ...{ valid_from: `${month}-01`, valid_to: `${month}-${last}` },
        ...{ amount: new Digits(`${10_000 + luck.below(90_000)}.50`), currency: luck.often(0.2) ? 'USD' : 'EUR' },
        ...{ row_version: 1, changed_at: stamp },
      };
      yield { record: 'sales_target', id: number, stamp, body: text(body) };
    }
}
