import { randomUUID } from 'node:crypto';
import { type Side, slotName } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';

/** What the ledger must know of a connection to judge reads and writes there. From capabilities and settings, as data. */
export interface SlotTraits {
  /** The version does not guard every mapped field: read afresh before planning. */
  readonly fresh: boolean;
  /** Every write raises the version by one: a gap tells of writes between our reading and ours. */
  readonly counts: boolean;
  readonly idempotency: 'unique' | 'searchable' | 'none';
  /** A record keeps every field it ever had, emptied ones too. */
  readonly whole?: boolean;
  /** Call limit plus settle time, ms: how long an unanswered write may still take effect. */
  readonly settleMs: number;
  /** Interval between full comparisons, ms; 0: none. */
  readonly sweepMs: number;
  /** How far a copy that answers there may lag, ms; absent or 0: what is shown is believed, however old. */
  readonly lagMs?: number;
  /** Smallest step of the time of a change, ms. */
  readonly grainMs?: number;
}

/** Deliberate faults, for showing that the tests notice them. Empty in the product. */
export type Mutation =
  | 'blind-retry-of-create'
  | 'cursor-before-commit'
  | 'key-from-run'
  | 'no-first-pass-gate'
  | 'no-reservation'
  | 'delete-without-seq'
  | 'no-epoch'
  | 'no-stale-check'
  | 'blind-plan-in-doubt'
  | 'no-watch'
  | 'believe-older';

export interface Context {
  readonly db: Database;
  readonly mappings: () => ReadonlyMap<string, Mapping>;
  readonly traits: (slot: string) => SlotTraits;
  readonly uuid: () => string;
  readonly mutation?: Mutation;
}
export const newId = randomUUID;

/** The mappings that pair a slot, each with the side it stands on there. */
export const mappingsOf = (context: Context, slot: string): readonly { mapping: Mapping; side: Side }[] => {
  const found: { mapping: Mapping; side: Side }[] = [];
  for (const mapping of context.mappings().values()) {
    for (const side of ['crm', 'erp'] as const)
      if (slotName(mapping.between[side]) === slot) found.push({ mapping, side });
  }
  return found;
};
export const slotOf = (mapping: Mapping, side: Side): string => slotName(mapping.between[side]);
export const connectionOf = (slot: string): string => slot.slice(0, slot.indexOf('/'));
/** `connection/Record@scope` → Record. */
export const recordOf = (slot: string): string => slot.slice(slot.indexOf('/') + 1).split('@')[0] ?? '';

/** A create's key names link and generation; the slot it is for is the one it is sent to. */
export const createKey = (link: string, generation: number): string => `ts-${link}-${generation}`;
/** A create's key as a pattern, whose first part in brackets is the link. */
export const CREATE_KEY = '^ts-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[0-9]+$';
const createKeyed = new RegExp(CREATE_KEY);
export const linkOfKey = (key: string | null | undefined): string | undefined => createKeyed.exec(key ?? '')?.[1];
