/** What the rest of the product may ask of a document's life. Pure, as all of a mapping. */
import type { Json, JsonObject } from '../domain/json.ts';
import type { References } from './reference.ts';

/** Under which name the record is known that a `link:` field leads to; one in a list leads to several, told apart by their ids. */
export const relatedKey = (field: string, id: string): string => (field.includes('.') ? `${field}\x1f${id}` : field);

/** One decision of a level about one content. */
export interface Approval {
  /** Its place in the table of levels. */
  readonly level: number;
  readonly content: string;
  readonly decision: 'approved' | 'refused';
  readonly approver: string;
  readonly reason: string;
}

/** A level that approves. */
export interface Level {
  readonly name: string;
  readonly dueMs: number;
  readonly escalates: boolean;
  readonly where: 'here' | 'crm' | 'erp';
}

/** What is known of a document when it is judged. */
export interface Judged {
  readonly crm: JsonObject;
  readonly erp?: JsonObject;
  /** By {@link relatedKey} of a `link:` field: the bodies of the record that it leads to; absent while that is not linked. */
  readonly related: ReadonlyMap<string, { readonly crm: JsonObject; readonly erp: JsonObject }>;
  readonly approvals: readonly Approval[];
  /** The level that an escalation reached, for which content. */
  readonly asked?: { readonly level: number; readonly content: string };
}

/** May it cross? */
export type Verdict =
  | { readonly kind: 'go'; readonly content: string }
  /** A person must correct it. `links`: {@link relatedKey} of the records that, when they change, make it worth another look. */
  | { readonly kind: 'gate'; readonly say: string; readonly content: string; readonly links: readonly string[] }
  /** `level` is asked; `from` and every higher one may decide. */
  | {
      readonly kind: 'ask';
      readonly level: number;
      readonly from: number;
      readonly content: string;
      /** What makes somebody look, in words; empty where a number alone does. */
      readonly why: string;
    }
  | { readonly kind: 'refused'; readonly by: Approval; readonly content: string };

/** One row of the table of states. */
export interface StateRow {
  readonly state: string;
  readonly change: 'free' | 'propose' | 'refuse';
  readonly cancel: 'free' | 'propose' | 'refuse';
  readonly ends: boolean;
}

/** What the ERP made of a change or a cancellation, and what people are told of it. */
export interface Answer {
  readonly to: 'cancel' | 'change';
  readonly answer: 'accepted' | 'refused' | 'compensated';
  readonly say: string;
}

/** The life of a document, compiled. */
export interface Process {
  readonly levels: readonly Level[];
  /** `link:` fields whose records the gate or a level's conditions read; `lines.field` for one of a list. */
  readonly links: readonly string[];
  starts(crm: JsonObject): boolean;
  judge(judged: Judged): Verdict;
  /**
   * Decisions that stand in columns of the two systems, as approvals of the present content. The ERP's is about what
   * stands beside it: it counts while the covered fields read the same on both sides.
   */
  decided(crm: JsonObject, erp: JsonObject | undefined, references?: References): readonly Approval[];
  /** Hash of what is approved, as the CRM says it now. */
  contentOf(crm: JsonObject): string;
  /** The state of an allowed pair; undefined where the pair is not allowed. */
  stateOf(crm: JsonObject, erp: JsonObject): StateRow | undefined;
  /** What the CRM may do while the ERP's record stands like this: the first row that fits it. */
  policyOf(erp: JsonObject): StateRow | undefined;
  /** What the ERP's record says to what the CRM asked for: the first row that fits it. */
  answerOf(erp: JsonObject): Answer | undefined;
  /** Is this what people are told of such an answer? Then it holds only while the answer stands. */
  answers(said: string): boolean;
  cancelled(crm: JsonObject): boolean;
  /** Does the verdict rest on one of these: is it approved, or read by the gate or by a level's conditions? Names as in a planned write. */
  judges(fields: readonly string[]): boolean;
  /** Fields that carry a cancellation to the ERP. */
  readonly cancelling: ReadonlySet<string>;
  /** How long a step may take, ms. */
  targetMs(step: string): number | undefined;
  /** The covered fields as people read them. */
  shown(crm: JsonObject): Readonly<Record<string, Json>>;
}
