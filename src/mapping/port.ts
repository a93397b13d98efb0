/** What the rest of the product may ask of a compiled mapping. Pure: no clock, no I/O, same input same answer. */
import type { ErrorCode } from '../domain/errors.ts';
import type { Json, JsonObject } from '../domain/json.ts';
import type { Baseline, Decision, LinkPlan } from '../domain/plan.ts';
import type { Observed, Side } from '../domain/record.ts';
import type { Process } from './process-port.ts';
import type { References } from './reference.ts';
import type { Differing } from './totals.ts';

/** The rule with its position: rules are tried in order. `key` is null when a part is empty or cannot be decoded. */
export interface IdentityKey {
  /** Names the rule's fields and codecs, so that keys of different rules or codecs never meet: `tax id:tax id`. */
  readonly fields: string;
  readonly key: string | null;
  /** Why there is none: a part cannot be decoded, or its name is not in the record. Absent where a part is empty. */
  readonly unread?: 'unreadable' | 'missing';
}

export interface LinkState {
  readonly crm?: Observed;
  readonly erp?: Observed;
  readonly baseline: Baseline;
  readonly decisions: readonly Decision[];
  /** Fields that may not be planned now (in doubt, flapping), with the code to park or wait for. */
  readonly held: Readonly<Record<string, ErrorCode>>;
  /** Per side the fields where a late write of ours stands: if that left what was agreed, it is no change by that side. */
  readonly late?: Readonly<Partial<Record<Side, ReadonlySet<string>>>>;
  /** Sides whose records keep every field they ever had, emptied ones too: one that is missing there was not emptied. */
  readonly whole?: ReadonlySet<Side>;
  /** What the ids in its `link:` fields lead to; what is not named here leads nowhere. */
  readonly references?: References;
  /** The moment for which is planned, ISO: what `effective` days are held against. Without it days do not count. */
  readonly now?: string;
  /** By field: owners who hand over. */
  readonly handovers?: Readonly<Record<string, Handover>>;
}

/** A record's owner has gone or moved away: who takes over, or why nobody does. Ids are the CRM's. */
export interface Handover {
  readonly from: string;
  readonly to?: string;
  readonly why: string;
}

/** What a mapping of people knows besides: who has gone, and what becomes of what they owned. */
export interface People {
  readonly gone: (bodies: Readonly<Partial<Record<Side, JsonObject>>>, now: string) => boolean;
  readonly reassign: readonly {
    readonly mapping: string;
    readonly field: string;
    readonly within?: string | undefined;
    readonly to: readonly ({ readonly superior: string } | { readonly same: string } | { readonly user: string })[];
  }[];
}

/** A field that refers to records of another mapping, or of its own. */
export interface ReferenceField {
  /** Its name; of one in a list `components.component`. */
  readonly field: string;
  readonly mapping: string;
  /** Where those records stand, as slots in text. */
  readonly slots: Readonly<Record<Side, string>>;
}

/** An id that stands in a reference. */
export interface Referred {
  readonly reference: ReferenceField;
  readonly id: string;
}

/** A reference declared `acyclic`: along it nothing may lead back to where it came from. */
export interface Acyclic {
  /** As in {@link ReferenceField}. */
  readonly field: string;
  /** The mapping whose records it leads to, and from. */
  readonly mapping: string;
  /** The field that names where it starts; absent: the record itself. */
  readonly from?: string;
}

/** One such reference as a baseline holds it. Ids are the CRM's. */
export interface Tie {
  readonly acyclic: Acyclic;
  /** `manager`, `components[10].component`. */
  readonly name: string;
  /** Absent: the record itself. */
  readonly from?: string;
  readonly to: string;
}

/** What one record adds to a roll-up of the record that it refers to. */
export interface RollupPart {
  /** The id of the record that it refers to, at the same side. */
  readonly parent: string;
  /** The day from which it counts; null: always. */
  readonly day: string | null;
  /** '' where the roll-up knows no currencies. */
  readonly currency: string;
  /** Exact decimal text; null unless amounts are added up. */
  readonly amount: string | null;
  /** The day that `latest` compares. */
  readonly value: string | null;
}

/** What a record that shows a roll-up asks for. */
export interface RollupAsk {
  /** The record of `Rollup.parents` whom the parts must refer to: the record itself, or the one that it names. */
  readonly parent: string;
  /** The first and the last day that count; null: days do not matter. */
  readonly from: string | null;
  readonly until: string | null;
  /** Its own currency; '' where it knows none. */
  readonly currency: string;
}

/** A value worked out of the records that refer to a record. Shown in its body at `rollups.<name>`, and mapped from there. */
export interface Rollup {
  readonly name: string;
  /** Unique among all mappings. */
  readonly key: string;
  readonly side: Side;
  readonly kind: 'sum' | 'latest' | 'count';
  /** The mapping of the records, and their slot as text. */
  readonly of: string;
  readonly source: string;
  /** The fields of the mapping that show it. */
  readonly fields: readonly string[];
  /** Changes when a record may add something else than before. */
  readonly hash: string;
  /** The currencies that fields show; absent where the roll-up knows none. */
  readonly currencies?: readonly string[];
  readonly window?: { readonly months: number; readonly zone: string };
  /** The slot of those whom parts refer to: the mapping's own, or that of its field that `for` names. */
  readonly parents: string;
  /** Records ask for more than what refers to them: whose change concerns them is found by what they ask. */
  readonly asking: boolean;
  /** Undefined where a record does not say for whom or when: it comes to nothing. */
  askOf(mapping: Mapping, id: string, body: JsonObject): RollupAsk | undefined;
  partOf(source: Mapping, body: JsonObject): RollupPart | undefined;
}

/** People in the CRM see the state of a record in its own fields: path per fact. */
export type FeedbackFact = 'state' | 'id' | 'reason';

export interface Mapping {
  readonly name: string;
  /** What people call one of its records: the entity's name, or the mapping's own. */
  readonly noun: string;
  /** A field's canonical value as text, read in a body; undefined where it is empty or cannot be read. */
  valueOf(side: Side, field: string, body: JsonObject): string | undefined;
  readonly revision: number;
  readonly between: Readonly<
    Record<Side, { readonly connection: string; readonly record: string; readonly scope?: string }>
  >;
  readonly identity: {
    /** Each rule’s fields as people name them, in order: `tax id`, `name and postal code`. */
    readonly names: readonly string[];
    /** Each rule’s references by field, in order: records are alike only where these lead to the same thing. No part of a key, which is made of one body. */
    readonly references: readonly (readonly string[])[];
    readonly onMany: 'park';
    readonly onNone: { readonly to_crm: 'create' | 'park' | 'ignore'; readonly to_erp: 'create' | 'park' | 'ignore' };
    readonly onUnidentified: 'park' | 'create';
    readonly onDelete: {
      readonly to_crm: 'block' | 'report' | 'delete';
      readonly to_erp: 'block' | 'report' | 'delete';
    };
  };
  readonly references: readonly ReferenceField[];
  /** A warehouse is told of its changes. */
  readonly fed: boolean;
  /** What is worked out for its records of others. */
  readonly rollups: readonly Rollup[];
  /** Days count: a plan must be told the moment it is made for. */
  readonly dated: boolean;
  /** Where its records are people. */
  readonly people?: People;
  /** A record as it counts at a moment (ISO): once its last day is over, with what `after` says. */
  heldAt(side: Side, body: JsonObject, now: string): JsonObject;
  /** What a field says in a record, by the side that decides on it; '' where it says nothing. */
  said(field: string, bodies: Readonly<Partial<Record<Side, JsonObject>>>): string;
  /** By field, the id that stands in each reference of a body; without those that are empty. */
  referencesIn(side: Side, body: JsonObject): Readonly<Record<string, string>>;
  /** Every id that a body refers to, also from the elements of its lists; the same one may come several times. */
  referred(side: Side, body: JsonObject): readonly Referred[];
  /** The same of what was agreed on, by the CRM’s ids. */
  referredIn(baseline: Baseline): readonly Referred[];
  readonly acyclic: readonly Acyclic[];
  /** What of a baseline may not run in a loop. */
  ties(baseline: Baseline): readonly Tie[];
  /** Changes when the identity rules (fields or codecs of keys) change: closes the gate until keys are rebuilt. */
  readonly identityHash: string;
  /** Changes when the kept paths of a side change: then a new pass refreshes stored bodies. */
  readonly projectionHash: Readonly<Record<Side, string>>;
  /** Only the paths that the mapping names (fields, include, identity, when, feedback): what the ledger keeps of a body. */
  project(side: Side, body: JsonObject): JsonObject;
  /** Of a projected body: each kept path and its value, for per-value times. */
  paths(side: Side, body: JsonObject): Readonly<Record<string, Json>>;
  /** Is the record inside `include`? */
  included(side: Side, body: JsonObject): boolean;
  /** Does its system keep the record, marked as out of use? That counts as deleted. */
  retired(side: Side, body: JsonObject): boolean;
  /** The id of the record that took this one's place, where people merged the two in their system. */
  mergedInto(side: Side, body: JsonObject): string | undefined;
  identityKeys(side: Side, body: JsonObject): readonly IdentityKey[];
  /** The same as people say it: `tax id "DE123"`; the names alone where a part is empty. Quotes values. */
  identitySaid(side: Side, body: JsonObject): readonly string[];
  /** What people call the record and search it by. */
  label(side: Side, body: JsonObject): string;
  plan(state: LinkState): LinkPlan;
  /** Plan as if the mapping had only these fields and collections, and no constants. */
  planOnly(state: LinkState, fields: ReadonlySet<string>): LinkPlan;
  /**
   * After a write at `side` was confirmed: the baseline's new entries for the fields it wrote. `record` is the target
   * as the reply or read-back shows it; without one the intended rendering stands. Fields whose read-back decodes to
   * another value than intended are left out, and so count as a change by the target; with `'again'` (a second write of
   * the same values read back the same) whatever the target made of them is its rendering. `intended` has the fields of
   * this write only: what is about to be written at the other side is not agreed on yet.
   */
  agreedAfter(side: Side, intended: Baseline, record: JsonObject | undefined, read?: 'again'): Baseline;
  /**
   * Of `sent` (native paths of `side` to values): the fields whose every column is in it and that `body` says alike, in
   * whatever rendering; each with its paths.
   */
  standing(side: Side, sent: JsonObject, body: JsonObject): Readonly<Record<string, readonly string[]>>;
  /** The life of its records, where they have one. */
  readonly process?: Process;
  /** The first total of a body that is not the sum of its lines. */
  differing(side: Side, body: JsonObject): Differing | undefined;
  /** Where people see the state: how long a record may wait before it says so, ms. */
  readonly waitingAfterMs: Readonly<Partial<Record<Side, number>>>;
  /** The write that shows state, id and reason to people, or undefined when nothing differs from `body`. */
  feedback(side: Side, facts: Readonly<Record<FeedbackFact, string>>, body: JsonObject): JsonObject | undefined;
}
