/** Numbers, kept as decimal text of any length. */
import { z } from 'zod';
import { ExactNumber, isObject, type Json } from '../domain/json.ts';
import { bad, type Codec } from './codec.ts';
import { Fault } from './fault.ts';

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?$/;
const LONGEST = 400;

/** A number's plain decimal text: no exponent, no zeros that say nothing. Undefined when it is none or absurdly large. */
export const plainDecimal = (text: string): string | undefined => {
  if (text.length > LONGEST || !NUMBER.test(text)) return undefined;
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const shift = Number(exponent);
  if (Math.abs(shift) > LONGEST) return undefined;
  const [whole = '', fraction = ''] = mantissa.replace(/^[+-]/, '').split('.');
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const at = Math.max(point, 1);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const right = padded.slice(at).replace(/0+$/, '');
  const plain = right === '' ? left : `${left}.${right}`;
  if (plain.length >= LONGEST) return undefined;
  return mantissa.startsWith('-') && plain !== '0' ? `-${plain}` : plain;
};

const split = (plain: string): readonly [negative: boolean, whole: string, fraction: string] => {
  const [whole = '', fraction = ''] = plain.replace('-', '').split('.');
  return [plain.startsWith('-'), whole, fraction];
};

/** Order of two plain decimals, digit for digit. */
export const compareDecimals = (a: string, b: string): number => {
  const [aNegative, aWhole, aFraction] = split(a);
  const [bNegative, bWhole, bFraction] = split(b);
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  const width = Math.max(aFraction.length, bFraction.length);
  const left = aWhole.padStart(bWhole.length, '0') + aFraction.padEnd(width, '0');
  const right = bWhole.padStart(aWhole.length, '0') + bFraction.padEnd(width, '0');
  const order = left < right ? -1 : left > right ? 1 : 0;
  return aNegative ? -order : order;
};

/** The number with all digits behind the given decimal dropped, and the same rounded half away from zero. */
const shortened = (plain: string, decimals: number): readonly [cut: string, rounded: string] => {
  const [negative, whole, fraction] = split(plain);
  const kept = whole + fraction.slice(0, decimals);
  const up = (fraction[decimals] ?? '0') >= '5' ? 1n : 0n;
  const text = (digits: bigint): string => {
    const padded = String(digits).padStart(decimals + 1, '0');
    const at = padded.length - decimals;
    return plainDecimal(`${negative ? '-' : ''}${padded.slice(0, at)}.${padded.slice(at)}`) ?? '';
  };
  return [text(BigInt(kept)), text(BigInt(kept) + up)];
};

/** True when the one with fewer decimals is the other, rounded or cut. */
const nearNumber = (a: Json, b: Json): boolean => {
  // A baseline may be older than the codec and hold anything.
  if (typeof a !== 'string' || typeof b !== 'string' || plainDecimal(a) !== a || plainDecimal(b) !== b) return false;
  const decimals = [a, b].map((plain) => split(plain)[2].length) as [number, number];
  if (decimals[0] === decimals[1]) return a === b;
  const [short, long] = decimals[0] < decimals[1] ? [a, b] : [b, a];
  return shortened(long, Math.min(...decimals)).includes(short);
};

const numeric = (value: Json): string | null | Fault => {
  if (value === null || (typeof value === 'string' && value.trim() === '')) return null;
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof ExactNumber))
    return bad(value, 'a number');
  return plainDecimal(String(value).trim()) ?? bad(value, 'a number');
};

const renderNumber: Codec['encode'] = (options, side) => {
  const shape = options[side];
  const text = isObject(shape) && shape['as'] === 'text';
  return (value) => {
    if (typeof value !== 'string' || text) return value;
    return String(Number(value)) === value ? Number(value) : new ExactNumber(value);
  };
};

const decodeDecimal: Codec['decode'] = ({ scale }) => {
  return (value) => {
    const plain = numeric(value);
    if (typeof plain !== 'string' || typeof scale !== 'number') return plain;
    const digits = split(plain)[2].length;
    if (digits <= scale) return plain;
    return new Fault(
      'PRECISION',
      `${plain} has ${digits} decimals where ${scale} are allowed`,
      `more than ${scale} decimals`,
    );
  };
};

const asText = z
  .strictObject({ as: z.literal('text') })
  .optional()
  .meta({ description: 'Write the number as text at this side.' });

/** Codecs for numbers. */
export const NUMBER_CODECS = {
  decimal: {
    summary:
      'A decimal number of any length, kept as text; `with: { scale: 2 }` refuses more decimals; `with: { crm: { as: text } }` writes text.',
    law: 'decode(encode(x)) = x, digit for digit',
    options: z.strictObject({ scale: z.int().min(0).max(30).optional(), crm: asText, erp: asText }),
    examples: [
      ['1200.50', '1200.5'],
      [7, '7'],
      [new ExactNumber('123456789012345678.10'), '123456789012345678.1'],
    ],
    decode: decodeDecimal,
    encode: renderNumber,
    near: nearNumber,
  },
  integer: {
    summary: 'A whole number of any length; `with: { crm: { as: text } }` writes text.',
    law: 'decode(encode(x)) = x',
    options: z.strictObject({ crm: asText, erp: asText }),
    examples: [
      ['007', '7'],
      [12, '12'],
    ],
    decode: () => (value) => {
      const plain = numeric(value);
      return typeof plain === 'string' && plain.includes('.') ? bad(value, 'a whole number') : plain;
    },
    encode: renderNumber,
  },
} as const satisfies Readonly<Record<string, Codec>>;
