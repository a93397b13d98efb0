/** What the checker reads, and what it says. Nothing here knows the product. */
import type { Doc } from '../kit/json.ts';

/** The two systems. */
export type Side = 'crm' | 'erp';

/** Both, in the order in which they are named. */
export const SIDES = ['crm', 'erp'] as const;

/** The one that is not this one. */
export const other = (side: Side): Side => (side === 'crm' ? 'erp' : 'crm');

/** One entry of a system's commit ledger. */
export interface Commit {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly op: 'create' | 'update' | 'delete';
  readonly record: string;
  readonly id: string;
  readonly after: Doc | null;
  /** The reply of its request was dropped on purpose: whoever wrote cannot know that it worked. */
  readonly unanswered?: boolean;
}

/** One system as it stands, with what happened to it. A system without a ledger has no `commits`. */
export interface SystemView {
  readonly state: readonly Doc[];
  readonly commits?: readonly Commit[];
  /** Which business a seeded record stands for, by id. */
  readonly truth?: ReadonlyMap<string, number>;
}

/** One thing that the product says it has set aside. With field '' it is the whole record. */
export interface ParkedItem {
  readonly crm?: string;
  readonly erp?: string;
  readonly field: string;
  readonly code: string;
}

/** What a person settled in the product, so that no rule of a field explains the outcome. */
export interface DecidedItem {
  readonly crm?: string;
  readonly erp?: string;
  /** '' for the record: which records belong together, or that one is new. */
  readonly field: string;
}

/** Something that is not as it must be. */
export interface Finding {
  readonly kind: 'lost' | 'doubled' | 'unexplained';
  readonly crm?: string;
  readonly erp?: string;
  readonly field: string;
  readonly values: Readonly<Record<string, string | null>>;
  readonly reason: string;
}

/** The answer. `parked` counts customers of which something is set aside, and contacts where those were judged. */
export interface Verdict {
  readonly customers: number;
  /** How many people there are at them, where contacts were judged. */
  readonly contacts?: number;
  readonly lost: number;
  readonly doubled: number;
  readonly unexplained: number;
  readonly parked: number;
  readonly findings: readonly Finding[];
}

/** A value as it is compared: text, or null for empty; and what is wrong with it, as a code. */
export interface Reading {
  readonly value: string | null;
  readonly wrong?: 'BAD_VALUE' | 'INVALID_TEXT' | 'LOOKUP_MISS' | 'LINK_MISSING' | 'PRECISION';
  /** May be set aside as missing in a lookup until somebody adds it there. */
  readonly mayMiss?: true;
}

/** How a native value of one side is read. */
export type Reader = (native: unknown, side: Side) => Reading;

/** One field that the two systems share, and the rule for it. */
export interface FieldRule {
  readonly name: string;
  readonly crm: string;
  readonly erp: string;
  readonly flow: 'both' | 'to_erp' | 'to_crm';
  readonly read: Reader;
  /** Who wins when both sides changed it; for fields that flow both ways. */
  readonly conflict?: Side | 'newest' | 'park';
  /** `clear`: emptying counts as an edit. Else empty is no opinion and is filled again. */
  readonly empty?: 'clear';
  readonly createOnly?: true;
  /** What becomes of an edit at the target of a one-way field. */
  readonly drift?: 'restore' | 'keep' | 'report';
  /** Written when the record is created at this side and the other side says nothing, as compared. */
  readonly standard?: Readonly<Partial<Record<Side, string>>>;
  /** Longest text the ERP takes. */
  readonly maxErp?: number;
  /** Without a value no record can be created at these sides. */
  readonly required?: readonly Side[];
  /** Values that the ERP takes, as compared; it refuses all others. */
  readonly accepted?: ReadonlySet<string>;
  /** A one-way field is derived from another: where the other stands at the target. */
  readonly derivedFrom?: string;
  /** Rows cross together or not at all: what is set aside in one of this group holds back all of it. */
  readonly group?: string;
  /** The row in which the field stands, by its name. */
  readonly row?: string;
}

/** What must be known of one system. */
export interface SideRules {
  readonly record: string;
  readonly id: string;
  /** When the record changed, by its own account. */
  readonly stamp: string;
  readonly include?: { readonly path: string; readonly values: readonly string[] };
  /** The key under which a create was made: two creates may not share it. */
  readonly reference?: string;
  /** Set by the system or by the integration for its own ends; never judged. */
  readonly ignored: readonly string[];
}

/** Everything the checker holds to be right, as data. */
export interface Rules {
  readonly actor: string;
  readonly fields: readonly FieldRule[];
  readonly sides: Readonly<Record<Side, SideRules>>;
  /** Fields whose values identify a business, tried in order. */
  readonly matchOn: readonly (readonly string[])[];
  /** Where the CRM shows the partner's number. */
  readonly claim?: string;
  /** Two times this close do not tell which is newer, ms. */
  readonly skewMs: number;
  /** Must the ERP refuse what the CRM has, whatever each field says by itself? Undefined where there is no record. */
  readonly refused?: (crm: Doc | undefined, erp: Doc | undefined) => boolean;
  /** What may be set aside for a reason that only this kind of record knows, by code. */
  readonly grounds?: Readonly<Record<string, (crm: Doc | undefined, erp: Doc | undefined) => boolean>>;
  /** Creates cannot be repeated nor searched for, so AMBIGUOUS may be right. */
  readonly blindCreates?: true;
}
