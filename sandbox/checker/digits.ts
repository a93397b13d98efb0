/** Adding up to the last digit, for the checker alone: it shares no arithmetic with what it judges. */

const DECIMALS = 12;

/** A number as so many millionths of a millionth; nothing counts as zero. */
export const grains = (value: unknown): bigint => {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(value ?? '0')) ?? [];
  const all = BigInt(whole + fraction.slice(0, DECIMALS).padEnd(DECIMALS, '0'));
  return sign === '-' ? -all : all;
};

/** All of them together. */
export const together = (values: readonly unknown[]): bigint =>
  values.reduce<bigint>((all, value) => all + grains(value), 0n);

/** As people read it. */
export const shownAs = (value: bigint): string => {
  const digits = String(value < 0n ? -value : value).padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}${fraction === '' ? '' : `.${fraction}`}`;
};
