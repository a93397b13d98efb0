/** What one side of a link says about one field, and the four things that can follow. */
import type { ErrorCode } from '../domain/errors.ts';
import { type Json, type JsonObject, sameJson } from '../domain/json.ts';
import type { Agreed, FieldDecision } from '../domain/plan.ts';
import type { Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import type { Columns, Field } from './field.ts';
import { isMissing, type Path } from './path.ts';

/** Mutations are for tests that show what a rule is for. */
export type Mutation = 'canonical-compare';

/** One side of one field. */
export interface Look {
  readonly side: Side;
  /** The rendering as observed; null when empty. */
  readonly native: Json;
  /** It differs from its own rendering of the last agreement, or there was none. */
  readonly changed: boolean;
  /** What it means. An unchanged side means what was agreed: translating again could tell another story. */
  readonly value: Json | Fault;
}

const canonicalLook = (columns: Columns, native: Json, base: Agreed | undefined): Look => {
  const value = columns.decode(native);
  const rendering = value === null ? null : native;
  return {
    side: columns.side,
    native: rendering,
    changed: base === undefined || !sameJson(value instanceof Fault ? undefined : value, base.value),
    value,
  };
};

/** Look at a side. */
export const look = (columns: Columns, native: Json, base: Agreed | undefined, mutation?: Mutation): Look => {
  if (mutation === 'canonical-compare') return canonicalLook(columns, native, base);
  const before = base?.[columns.side];
  if (base !== undefined && sameJson(native, before))
    return { side: columns.side, native, changed: false, value: base.value };
  const value = columns.decode(native);
  if (value !== null) return { side: columns.side, native, changed: true, value };
  // All ways of being empty are one.
  if (base !== undefined && before === null)
    return { side: columns.side, native: null, changed: false, value: base.value };
  return { side: columns.side, native: null, changed: true, value: null };
};

const partOf = (native: Json | undefined, columns: Columns, index: number): Json | undefined =>
  columns.paths.length === 1 ? native : Array.isArray(native) ? (native as readonly Json[])[index] : undefined;

/** The column that had a value when both sides agreed, and whose name is no longer in the record. */
export const vanished = (columns: Columns, body: JsonObject, base: Agreed | undefined): string | undefined =>
  columns.texts.find(
    (_text, index) =>
      (partOf(base?.[columns.side], columns, index) ?? null) !== null && isMissing(body, columns.paths[index] as Path),
  );

/** A look at what cannot be seen: nobody says that the value has changed, or what it is now. */
export const unseen = (field: Field, side: Side, base: Agreed, text: string): Look => {
  const agreed = { side, native: base[side], changed: false, value: base.value };
  // Where it is only written, what stands there decides nothing.
  if (field.flow === side) return agreed;
  const message = `${THE[side]} no longer shows "${text}", where it showed a value before`;
  return { ...agreed, native: null, changed: true, value: new Fault('FIELD_MISSING', message, `"${text}" is missing`) };
};

/** What follows for a field. */
export type Outcome =
  | { readonly kind: 'none'; readonly reason: string; readonly decision?: FieldDecision['decision'] }
  /** Both sides say `value` already; remember how each says it. */
  | {
      readonly kind: 'agree';
      readonly value: Json;
      readonly reason: string;
      readonly decision?: FieldDecision['decision'];
    }
  | {
      readonly kind: 'write';
      readonly to: Side;
      readonly value: Json;
      readonly reason: string;
      readonly decision?: FieldDecision['decision'];
      /** The value stands in for an empty source: nothing to agree on yet. */
      readonly standsIn?: true;
    }
  | {
      readonly kind: 'park';
      readonly code: ErrorCode;
      readonly reason: string;
      readonly message: string;
      readonly cause: string;
      readonly on?: string;
    };

/** Why a field is set aside. */
export type Parking = Extract<Outcome, { kind: 'park' }>;

/** An outcome for a value that cannot cross. */
export const parkFor = (fault: Fault, reason: string): Parking => ({
  kind: 'park',
  code: fault.code,
  reason,
  message: fault.message,
  cause: fault.cause,
  ...(fault.on === undefined ? {} : { on: fault.on }),
});

/** Empty means no opinion, unless the field says `empty: clear` and there was something to clear. */
export const silent = (field: Field, seen: Look, base: Agreed | undefined): boolean =>
  seen.value === null && !(field.clear && base !== undefined && base.value !== null);

/** Short names as people read them. */
export const THE: Readonly<Record<Side, string>> = { crm: 'the CRM', erp: 'the ERP' };
