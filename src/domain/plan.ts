import type { ErrorCode } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Side } from './record.ts';

/** What both sides last agreed on, for one field: the canonical value and each side's own rendering of it. */
export interface Agreed {
  readonly value: Json;
  /** What stood in the CRM's column(s); an array for a field with several columns. `null` when absent or empty. */
  readonly crm: Json;
  readonly erp: Json;
}

/** Per field name. A field that was never agreed on has no entry. */
export type Baseline = Readonly<Record<string, Agreed>>;

/** What the planner decided for one field, and why: the line that `explain` shows and the journal keeps. */
export interface FieldDecision {
  readonly field: string;
  readonly decision:
    | 'none'
    | 'agree'
    | 'to_crm'
    | 'to_erp'
    | 'park'
    | 'drift-kept'
    | 'drift-reported'
    | 'drift-restored';
  /** The rule of the language that decided, in words for people: "only the CRM changed". */
  readonly reason: string;
  /** Each side's rendering as observed, and the agreed canonical value before. */
  readonly crm: Json;
  readonly erp: Json;
  readonly base: Json;
  /** The canonical value that stands after the plan. */
  readonly value?: Json;
  /** For `too_long: cut`: full and kept length, in characters. */
  readonly cut?: { readonly from: number; readonly to: number };
}

/** A field (or, with field '', the whole record) that a person must look at. */
export interface ParkedField {
  readonly field: string;
  readonly code: ErrorCode;
  /** One sentence: what is wrong with which value and what to do. */
  readonly message: string;
  readonly crm: Json;
  readonly erp: Json;
  readonly base: Json;
  /** Equal for all records with one cause ("payment-terms: no row for Net 45"), so that they can be shown as one. */
  readonly cause: string;
  /** The record that stands in the way, as its slot and id: once that is linked the field is tried again. */
  readonly on?: string;
  /** The links of a loop that it would close: once one of them lets go the field is tried again. */
  readonly loop?: readonly string[];
}

/** A reference that cannot be written yet: the record it leads to is on its way. */
export interface WaitingField {
  readonly field: string;
  /** That record, as its slot and id. */
  readonly on: string;
}

/** When a plan must be looked at again because a day comes. */
export interface Again {
  /** The instant at which that day begins, ISO. */
  readonly at: string;
  readonly day: string;
  /** What a side says does not hold before that day; else it is in force, and something else will hold from then on. */
  readonly ahead: boolean;
}

/** One write at one side: a create when the side has no record yet. */
export interface PlannedWrite {
  readonly op: 'create' | 'update';
  /** Native paths to native values, already rendered: `{ "contact.phone": "+49…", "addresses[use=bill-to].street": … }`. */
  readonly values: Readonly<Record<string, Json>>;
  /** Native document built from `values`; for an update only what changes (children keyed by their selector). */
  readonly data: JsonObject;
  /** Names of the fields in it. */
  readonly fields: readonly string[];
}

/** The planner's whole answer for one link. Pure data; the same input gives the same plan. */
export interface LinkPlan {
  readonly writes: Readonly<Partial<Record<Side, PlannedWrite>>>;
  readonly fields: readonly FieldDecision[];
  readonly parked: readonly ParkedField[];
  /** The baseline for fields that already agree now. Fields in `writes` are agreed on only when the write is remembered. */
  readonly agreed: Baseline;
  /**
   * For each written field: what its baseline becomes once the target confirms. The target's rendering is taken from
   * the reply or a read-back (rule 10), else from here.
   */
  readonly intended: Baseline;
  /** References that wait for the record they lead to; what can be written without them is. */
  readonly waiting?: readonly WaitingField[];
  /** A day on which more is to be done. */
  readonly again?: Again;
}

/** A person's decision for a parked field. `seen` are the renderings shown when it was made. */
export interface Decision {
  readonly field: string;
  readonly take: Side;
  readonly seen: { readonly crm: Json; readonly erp: Json };
  readonly by: string;
  /** What the other side said is taken back there too, also where the field only flows away from it, or the element is new. */
  readonly back?: true;
}
