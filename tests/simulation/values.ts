/** The business words of the simulation: what people type, and when two sides agree on it. */
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { isObject } from '../../src/domain/json.ts';
import type { Side } from '../../src/domain/record.ts';
import { ONE_WAY_TERM, RARE_TERMS, TERMS } from './mappings.ts';

/** A field as people know it, with its path at each side. */
export interface Word {
  readonly field: string;
  readonly paths: Readonly<Record<Side, string>>;
  /** The mappings that have it. */
  readonly mappings: readonly string[];
  readonly conflict: 'crm' | 'erp' | 'newest' | 'park';
}
export const WORDS: readonly Word[] = [
  {
    field: 'name',
    paths: { crm: 'name', erp: 'organization_name' },
    mappings: ['customer', 'contact-data'],
    conflict: 'crm',
  },
  {
    field: 'tax id',
    paths: { crm: 'vat_number', erp: 'tax_number' },
    mappings: ['customer', 'contact-data'],
    conflict: 'park',
  },
  { field: 'city', paths: { crm: 'city', erp: 'city' }, mappings: ['customer'], conflict: 'erp' },
  {
    field: 'payment terms',
    paths: { crm: 'payment_terms', erp: 'payment_terms' },
    mappings: ['customer'],
    conflict: 'erp',
  },
  { field: 'phone', paths: { crm: 'phone', erp: 'contact.phone' }, mappings: ['contact-data'], conflict: 'newest' },
  { field: 'email', paths: { crm: 'email', erp: 'contact.email' }, mappings: ['contact-data'], conflict: 'park' },
];

/** The value at a path of one or two steps. */
export const valueAt = (body: JsonObject | null, path: string): Json => {
  let at: Json = body;
  for (const step of path.split('.')) at = isObject(at) ? (at[step] ?? null) : null;
  return at;
};
/** A document with one value in it. */
export const withValue = (body: JsonObject, path: string, value: Json): JsonObject => {
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...body, [first]: value };
  const inner = body[first];
  return { ...body, [first]: withValue(isObject(inner ?? null) ? (inner as JsonObject) : {}, rest.join('.'), value) };
};

const termAtErp = (crm: Json): Json =>
  [...TERMS, ...RARE_TERMS, ONE_WAY_TERM].find(([word]) => word === crm)?.[1] ?? `?${String(crm)}`;
const empty = (value: Json): boolean => value === null || value === '';

/** Do the two sides say the same? The ERP keeps cities in capitals and terms by key. */
export const agree = (field: string, crm: Json, erp: Json): boolean => {
  if (empty(crm) && empty(erp)) return true;
  if (field === 'payment terms') return termAtErp(crm) === erp;
  if (field === 'city') return String(crm).toUpperCase() === String(erp).toUpperCase();
  return crm === erp;
};

/** The ERP's habit: cities in capitals. */
export const erpNormalise = (body: JsonObject): JsonObject =>
  typeof body['city'] === 'string' ? { ...body, city: body['city'].toUpperCase() } : body;
const BAD_CITY = 'BAD';
/** The ERP refuses some cities. */
export const erpRefuses = (body: JsonObject): string | undefined =>
  typeof body['city'] === 'string' && body['city'].toUpperCase().startsWith(BAD_CITY)
    ? `there is no such city`
    : undefined;

/** A value that nobody typed before: its token is found again wherever it ends up. */
export const typed = (field: string, side: Side, business: number, token: number, extra: number): string => {
  if (field === 'payment terms') {
    const [crm, erp] = [...TERMS, ...RARE_TERMS, ONE_WAY_TERM][extra % 6] ?? ONE_WAY_TERM;
    return side === 'crm' ? crm : erp;
  }
  const bad = field === 'city' && side === 'crm' && extra % 9 === 0 ? `${BAD_CITY} ` : '';
  return `${bad}${field.slice(0, 1)}${business}.${token}.`;
};
/** Does this field carry tokens? */
export const tokened = (field: string): boolean => field !== 'payment terms';

/** The business a record belongs to, by its tax id or its name. */
export const businessOf = (side: Side, body: JsonObject): number => {
  const text =
    String(valueAt(body, side === 'crm' ? 'vat_number' : 'tax_number') ?? '') ||
    String(valueAt(body, side === 'crm' ? 'name' : 'organization_name') ?? '');
  return Number(/^.(\d+)\./.exec(text)?.[1] ?? -1);
};
