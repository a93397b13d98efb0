/** Rule 11, where a copy answers that lags: what is older than what was seen a moment ago is read again before anybody believes it. */
import type { NativeRecord } from '../../domain/record.ts';
import type { Database } from '../database.ts';
import type { SlotTraits } from './context.ts';
import { counter } from './interleaved.ts';
import { type Entry, journal } from './journal.ts';

/** How a stored record can be told from an older state of it. */
export interface Aged {
  readonly version: string | null;
  /** The system's own time of its last change, ms since 1970. */
  readonly modified: number | null;
  /** Its body is what we sent, and version and time may be those of before. */
  readonly assumed: boolean;
  /** Its system said that it deleted it: version and time are those of before. */
  readonly tombstone: boolean;
}

/**
 * Does it show what stood there before? Where the version counts it alone says so. Else the time does, in steps of its
 * grain: within one the order is not known, and equal is not older. After a deletion, and after a write that was answered
 * without the record, what is known is of before, and whoever still shows that does not show what came of it.
 */
export const isOlder = (
  { counts, grainMs = 1 }: SlotTraits,
  before: Aged,
  { version, modifiedAt }: NativeRecord,
): boolean => {
  if (version !== undefined && version === before.version) return before.tombstone;
  if (counts) {
    const [was, is] = [counter(before.version), counter(version)];
    if (was !== undefined && is !== undefined) return is < was;
  }
  if (modifiedAt === undefined || before.modified === null) return false;
  const step = before.assumed || before.tombstone ? 0 : Math.max(1, grainMs);
  return Date.parse(modifiedAt) + step <= before.modified;
};

/** A record that is believed although it was seen newer. */
export interface WentBack {
  readonly id: string;
  readonly link: string;
  readonly before: Aged;
  readonly record: NativeRecord;
}

const isoOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Older for longer than any copy lags: the system itself was set back, or its clock. What it says is taken, and that is written down. */
export const journalBack = (db: Database, slot: string, all: readonly WentBack[]): Promise<void> =>
  journal(
    db,
    all.map(
      ({ id, link, before, record }): Entry => ({
        actor: 'tallystick',
        action: 'went back',
        link,
        slot,
        record: id,
        reason:
          'its system shows an older state than it did before, and no copy is said to lag that far: it was set back, or its clock was; taken as it stands',
        values: {
          before: { version: before.version, modified: isoOf(before.modified) },
          now: { version: record.version ?? null, modified: record.modifiedAt ?? null },
        },
      }),
    ),
  );
