/** What the checks of a process read, and what they find. */
import type { Json, JsonObject } from '../domain/json.ts';
import { Fault } from './fault.ts';
import { type Field, nativeOf } from './field.ts';
import { elementsOf, type Lines } from './lines.ts';

/** What checks may look at. */
export interface Words {
  readonly field: (name: string) => Field | undefined;
  readonly lines: (name: string) => Lines | undefined;
  /** A field of the mapping that a `link:` field leads to. */
  readonly linked: (link: string, name: string) => Field | undefined;
  /** The same of a `link:` field of a list. */
  readonly linkedBy: (lines: string, link: string, name: string) => Field | undefined;
}

/** What is wrong, in words, and the records that are to blame, by {@link relatedKey}. */
export interface Wrong {
  readonly say: string;
  readonly links: readonly string[];
}

/** The canonical value of a field; null where it is empty or cannot be read. */
export const readAs = (field: Field | undefined, side: 'crm' | 'erp', body: JsonObject): Json => {
  if (field === undefined) return null;
  const value = field[side].decode(nativeOf(field[side], body));
  return value instanceof Fault ? null : value;
};

/** The elements of a collection in the CRM, with their keys. */
export const elementsIn = (lines: Lines | undefined, crm: JsonObject): readonly (readonly [string, JsonObject])[] => {
  const found = lines === undefined ? undefined : elementsOf(lines, 'crm', crm);
  return found === undefined || typeof found === 'string' ? [] : [...found].map(([key, { body }]) => [key, body]);
};

/** A field of a collection. */
export const fieldIn = (lines: Lines | undefined, name: string): Field | undefined =>
  lines?.fields.find((field) => field.name === name);
