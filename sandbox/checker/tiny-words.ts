/** How the tiny integration reads and writes records of the two systems. */
import { Digits, type Doc } from '../kit/json.ts';
import { keysOf } from './keys.ts';
import { CUSTOMER_RULES } from './rules.ts';
import { at } from './trace.ts';
import { type FieldRule, other, type Reading, type Side } from './words.ts';

/** A record as the tiny integration sees it. */
export interface Seen {
  readonly side: Side;
  readonly id: string;
  readonly doc: Doc;
  readonly readings: readonly Reading[];
  readonly keys: readonly (string | undefined)[];
  readonly included: boolean;
  readonly stamp: number;
}

const { fields, sides } = CUSTOMER_RULES;
const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kind: { Z001: 'Customer', Z002: 'Distributor' },
  'payment terms': { ZB00: 'Due on receipt', ZB14: 'Net 14', ZB30: 'Net 30', ZB60: 'Net 60' },
};

/** Look at a record. */
export const seen = (side: Side, doc: Doc): Seen => {
  const readings = fields.map((field) => field.read(at(doc, field[side]), side));
  const { id, include, stamp } = sides[side];
  return {
    side,
    id: String(doc[id]),
    doc,
    readings,
    keys: keysOf(CUSTOMER_RULES, readings),
    included: include?.values.includes(String(doc[include.path])) === true,
    stamp: Date.parse(String(doc[stamp])),
  };
};

/** A compared value as the other system writes it. */
export const rendered = (field: FieldRule, to: Side, value: string | null, from: Doc): unknown => {
  if (field.name === 'on hold') return value === 'true';
  if (value === null) return to === 'crm' ? null : '';
  const words = WORDS[field.name];
  if (words !== undefined) return to === 'crm' ? words[value] : value;
  if (field.name === 'language') return to === 'crm' ? value.toLowerCase() : value;
  if (field.name === 'credit limit') return new Digits(value);
  if (field.name === 'phone') return `+${value}`;
  const native = at(from, field[other(to)]);
  return field.name === 'search term' || typeof native !== 'string' ? value : native.trim();
};

/** Put a value at its path in a document to be sent. */
export const put = (target: Record<string, unknown>, path: string, value: unknown): void => {
  const inner = /^addresses\[use=bill-to\]\.(.+)$/.exec(path)?.[1];
  if (inner !== undefined) {
    const [address] = (target['addresses'] ?? []) as Record<string, unknown>[];
    target['addresses'] = [{ use: 'bill-to', ...address, [inner]: value }];
    return;
  }
  const [head = '', rest] = path.split('.');
  if (rest === undefined) target[head] = value;
  else target[head] = { ...((target[head] as object | undefined) ?? {}), [rest]: value };
};
