/**
 * References: fields with `link:`. The canonical value is the CRM's id, as a lookup's is its CRM column: people can read
 * it in the journal, and it outlives a merge of two links, which moves records and renames none.
 */
import type { Json } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { plainText, type Translate } from './codec.ts';
import { Fault } from './fault.ts';
import type { Field } from './field.ts';

/** What an id leads to. `thing` is equal for all ids of one thing, at whichever side. */
export type Reference =
  | { readonly state: 'linked'; readonly thing: string; readonly crm: string; readonly erp: string }
  /** It is on its way, or shall never come: `on` names it by slot and id, `why` is a sentence about it. */
  | { readonly state: 'waiting' | 'missing'; readonly thing: string; readonly on: string; readonly why: string };

/** What is known of ids, by {@link referenceKey}. */
export type References = ReadonlyMap<string, Reference>;

/** An id of a mapping's records at one side. */
export const referenceKey = (mapping: string, side: Side, id: string): string => `${mapping}\x1f${side}\x1f${id}`;

const NONE: References = new Map();

const nowhere = (mapping: string, side: Side, id: string): Reference => {
  const on = `the ${side.toUpperCase()}’s ${mapping} ${id}`;
  return { state: 'missing', thing: on, on, why: `${on} is not linked` };
};

/** What an id leads to, as far as it was asked about. */
export const followed = (references: References | undefined, mapping: string, side: Side, id: string): Reference =>
  references?.get(referenceKey(mapping, side, id)) ?? nowhere(mapping, side, id);

const faultOf = ({ state, on, why }: Exclude<Reference, { state: 'linked' }>): Fault =>
  new Fault(state === 'waiting' ? 'WAITING_FOR_PARENT' : 'LINK_MISSING', why, on, on);

/** A field as one link's plan reads it: a reference is translated by what its ids lead to just now. */
export const translated = (field: Field, references: References = NONE): Field => {
  const { link } = field;
  if (link === undefined) return field;
  const decode =
    (side: Side): Translate =>
    (value) => {
      const id = plainText(value);
      if (id === null || id instanceof Fault) return id;
      const found = followed(references, link.mapping, side, id);
      return found.state === 'linked' ? found.crm : faultOf(found);
    };
  const encode: Translate = (value: Json) => {
    if (typeof value !== 'string') return value;
    const found = followed(references, link.mapping, 'crm', value);
    return found.state === 'linked' ? found.erp : faultOf(found);
  };
  return {
    ...field,
    crm: { ...field.crm, decode: decode('crm') },
    erp: { ...field.erp, decode: decode('erp'), encode },
  };
};
