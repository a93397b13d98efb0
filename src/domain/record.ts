/**
 * The words, where the types are.
 *
 * *connector* code for a kind of system · *connection* a configured connector · *record* one row of one system ·
 * *field* one line of a mapping · *link* records that are one thing · *slot* where a member of a link stands
 * (connection, record type, scope) · *baseline* what both sides last agreed · *change* a side that left the
 * baseline · *plan* the writes that restore agreement · *segment* the records one round works on · *intent* a write
 * about to be sent · *wait* due later, for a named reason · *park* set aside for a person, visibly · *conflict* both
 * sides changed one field, differently · *drift* a one-way field edited at its target · *in doubt* a write sent whose
 * answer never came · *suspect* absent from a full pass, *gone* confirmed absent · *pause* stop using a connection ·
 * *sweep* compare everything · *ledger* where all of this is kept · *journal* the tamper-evident list of what was
 * done and why.
 */
import type { JsonObject } from './json.ts';

/** The two columns of a mapping. CRM is always left, ERP always right. */
export const SIDES = ['crm', 'erp'] as const;
export type Side = (typeof SIDES)[number];
export const otherSide = (side: Side): Side => (side === 'crm' ? 'erp' : 'crm');

/** Where a member of a link stands. Written `connection/Record` or `connection/Record@scope` in text. */
export interface Slot {
  readonly connection: string;
  readonly record: string;
  readonly scope?: string;
}
export const slotName = (slot: Slot): string =>
  `${slot.connection}/${slot.record}${slot.scope === undefined ? '' : `@${slot.scope}`}`;

/** A record as a connector saw it: native shape, decoded losslessly, nothing interpreted. */
export interface NativeRecord {
  /** The system's own id, always text, leading zeros kept. */
  readonly id: string;
  readonly body: JsonObject;
  /** Opaque; moves with the record where the connection says so (ETag, row version). */
  readonly version?: string;
  /** ISO 8601 instant in UTC, as the system states it. */
  readonly modifiedAt?: string;
  /** The key we gave when creating it, where the system keeps one (external id, reference). */
  readonly reference?: string;
}

/** What the planner is told about one side of one link. */
export interface Observed extends NativeRecord {
  /** Per path: the record's own time (ISO) when this value was first observed; for `newest wins`. */
  readonly times: Readonly<Record<string, string>>;
}
