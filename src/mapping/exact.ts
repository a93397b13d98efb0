/** Sums and comparisons of decimal numbers of any length, digit for digit. */
import { ExactNumber, type Json } from '../domain/json.ts';
import { plainDecimal } from './codec-number.ts';

/** A decimal number: its digits without the point, and how many stand behind that. */
export interface Exact {
  readonly digits: bigint;
  readonly scale: number;
}

export const ZERO: Exact = { digits: 0n, scale: 0 };

/** A canonical value as a number, or undefined when it is none. */
export const exactOf = (value: Json | undefined): Exact | undefined => {
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof ExactNumber)) return undefined;
  const plain = plainDecimal(String(value));
  if (plain === undefined) return undefined;
  const [whole = '0', fraction = ''] = plain.split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length };
};

const raised = ({ digits, scale }: Exact, to: number): bigint => digits * 10n ** BigInt(to - scale);

const combined = (a: Exact, b: Exact, of: (a: bigint, b: bigint) => bigint): Exact => {
  const scale = Math.max(a.scale, b.scale);
  return { digits: of(raised(a, scale), raised(b, scale)), scale };
};

export const plus = (a: Exact, b: Exact): Exact => combined(a, b, (x, y) => x + y);
export const minus = (a: Exact, b: Exact): Exact => combined(a, b, (x, y) => x - y);
export const times = (a: Exact, b: Exact): Exact => ({ digits: a.digits * b.digits, scale: a.scale + b.scale });
export const above = (a: Exact, b: Exact): boolean => minus(a, b).digits > 0n;

/** As plain decimal text. */
export const exactText = ({ digits, scale }: Exact): string => {
  const negative = digits < 0n;
  const text = String(negative ? -digits : digits).padStart(scale + 1, '0');
  const at = text.length - scale;
  const plain = scale === 0 ? text : `${text.slice(0, at)}.${text.slice(at)}`;
  return plainDecimal(`${negative ? '-' : ''}${plain}`) ?? plain;
};

/** How far a value lies from another, as a share of that in percent, is more than so many? A base of nought allows no distance. */
export const deviates = (value: Exact, from: Exact, percent: Exact): boolean => {
  const far = minus(value, from);
  const distance = far.digits < 0n ? { ...far, digits: -far.digits } : far;
  const base = from.digits < 0n ? { ...from, digits: -from.digits } : from;
  return above(times(distance, { digits: 100n, scale: 0 }), times(base, percent));
};
