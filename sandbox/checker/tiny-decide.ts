/** What the smallest integration makes of one field of a pair. */
import { CUSTOMER_RULES } from './rules.ts';
import { type FieldRule, other, type Reading, type Side } from './words.ts';

const { skewMs } = CUSTOMER_RULES;

/** Carry a value to a side, set the field aside, or nothing. */
export type Decision = { readonly to: Side; readonly value: string | null } | { readonly park: string } | undefined;
/** What both sides last agreed on; undefined when they never did. */
export type Base = string | null | undefined;

/** How much newer the CRM's value is, ms. */
export type Ahead = (field: string) => number;

/** Decides as the customer mapping says. */
export const decide = (field: FieldRule, crm: Reading, erp: Reading, base: Base, ahead: Ahead): Decision => {
  if (field.createOnly === true || crm.value === erp.value) return undefined;
  if (crm.mayMiss === true) return { park: 'LOOKUP_MISS' };
  if (field.flow !== 'both') {
    const to = field.flow === 'to_erp' ? 'erp' : 'crm';
    const value = (to === 'erp' ? crm : erp).value;
    const targetOnly = base !== undefined && value === base;
    return value === null || (targetOnly && field.drift !== 'restore') ? undefined : { to, value };
  }
  const silent = (value: string | null): boolean =>
    value === null && !(field.empty === 'clear' && base !== undefined && base !== null);
  const winner = (): Side | undefined => {
    if (silent(crm.value) || (base !== undefined && crm.value === base)) return 'erp';
    if (silent(erp.value) || (base !== undefined && erp.value === base)) return 'crm';
    if (field.conflict === 'park') return undefined;
    if (field.conflict !== 'newest') return field.conflict;
    const by = ahead(field.name);
    return Math.abs(by) <= skewMs ? undefined : by > 0 ? 'crm' : 'erp';
  };
  const from = winner();
  if (from === undefined) return { park: 'CONFLICT' };
  const value = (from === 'crm' ? crm : erp).value;
  if (from === 'crm' && (value ?? '').length > (field.maxErp ?? Number.POSITIVE_INFINITY)) return { park: 'TOO_LONG' };
  return { to: other(from), value };
};
