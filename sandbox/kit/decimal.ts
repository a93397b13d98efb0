/** Exact sums for the sandbox: decimal text in, decimal text out; a number never becomes a double. */
import { Digits, type Value } from './json.ts';

/** A decimal: `units` of which `10 ** scale` are one. */
export interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const SHAPE = /^(-?)(\d+)(?:\.(\d+))?$/;

/** What a value says, or undefined when it is no plain decimal. */
export const decimalOf = (value: Value | undefined): Decimal | undefined => {
  const said = typeof value === 'number' || value instanceof Digits ? String(value) : value;
  const [, sign = '', whole = '', fraction = ''] = (typeof said === 'string' ? SHAPE.exec(said) : null) ?? [];
  if (whole === '') return undefined;
  return { units: BigInt(`${sign}${whole}${fraction}`), scale: fraction.length };
};

const ZERO: Decimal = { units: 0n, scale: 0 };
const at = ({ units, scale }: Decimal, wanted: number): bigint => units * 10n ** BigInt(wanted - scale);

/** What does not parse counts as nothing. */
const or0 = (value: Value | undefined): Decimal => decimalOf(value) ?? ZERO;

/** As text, with just so many decimals; half away from zero. */
export const rounded = ({ units, scale }: Decimal, decimals: number): string => {
  const negative = units < 0n;
  const size = negative ? -units : units;
  const step = 10n ** BigInt(Math.max(scale - decimals, 0));
  const kept = scale <= decimals ? size * 10n ** BigInt(decimals - scale) : (size * 2n + step) / (step * 2n);
  const digits = String(kept).padStart(decimals + 1, '0');
  const whole = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
  return negative && kept !== 0n ? `-${whole}` : whole;
};

/** Without zeros that say nothing. */
export const plain = (value: Decimal): string => {
  const said = rounded(value, value.scale);
  return said.includes('.') ? said.replace(/\.?0+$/, '') : said;
};

/** The sum of all. */
export const sum = (values: readonly (Value | undefined)[]): Decimal =>
  values.map(or0).reduce((one, other) => {
    const scale = Math.max(one.scale, other.scale);
    return { units: at(one, scale) + at(other, scale), scale };
  }, ZERO);

/** One less the other. */
export const less = (one: Value | undefined, other: Value | undefined): Decimal => {
  const { units, scale } = or0(other);
  return sum([one ?? null, rounded({ units: -units, scale }, scale)]);
};

/** One times the other. */
export const times = (one: Value | undefined, other: Value | undefined): Decimal => {
  const [a, b] = [or0(one), or0(other)];
  return { units: a.units * b.units, scale: a.scale + b.scale };
};

/** Below zero, zero, above: how one stands to the other. */
export const compare = (one: Value | undefined, other: Value | undefined): number => {
  const { units } = less(one, other);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
};

// ISO 4217; all others that are taken here have cents.
const MINOR: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, KWD: 3, BHD: 3, TND: 3 };
const CENTS = new Set(['EUR', 'USD', 'GBP', 'CHF', 'SEK', 'NOK', 'DKK', 'PLN', 'CZK', 'HUF']);

/** How many decimals an amount of this currency has; undefined for one that is not taken here. */
export const minorUnit = (currency: Value | undefined): number | undefined =>
  MINOR[String(currency)] ?? (CENTS.has(String(currency)) ? 2 : undefined);
