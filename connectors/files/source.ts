/** A record type that is read from files. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Call, ChangePage, ListPage, Outcome, ReadAnswer, WriteItem } from '../sdk/seam.ts';
import { createFeed, createList, createRead } from './feed.ts';
import { createPickup, type Intake } from './pickup.ts';
import type { Place } from './place.ts';
import type { FilesPreset, Limits, RecordType } from './schema.ts';
import { createShelf } from './shelf.ts';

interface Asked {
  readonly cursor: string;
  readonly limit: number;
}

/** The seam's operations for one record type, on a place. */
export interface Operations {
  changes(place: Place, request: Asked): Promise<ChangePage>;
  list(place: Place, request: Asked): Promise<ListPage>;
  byId(place: Place, ids: readonly string[]): Promise<readonly ReadAnswer[]>;
  byKey(place: Place, keys: readonly string[]): Promise<readonly ReadAnswer[]>;
  write(place: Place, items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]>;
}

const unsupported = (what: string): SyncError => new SyncError('UNSUPPORTED', what);

/** Files of one kind: how they are taken, and what they say together. */
export const createIntake = (
  name: string,
  type: RecordType,
  intake: Intake,
  folders: readonly [taken: string, archive: string],
  limits: Limits,
) => {
  const pickup = createPickup(name, intake, folders, () => performance.now());
  const { look } = createShelf(name, type, folders, limits, pickup);
  return { look, pickUp: pickup.pickUp };
};

/** Makes one. */
export const createSource = (name: string, type: RecordType, preset: FilesPreset): Operations => {
  const { folder = '', full = [], delta = [], ready = { by: 'rename' } as const, order = 'name' } = type.in ?? {};
  const intake = { folder, patterns: [...full, ...delta], ready, order };
  const { look, pickUp } = createIntake(name, type, intake, [preset.taken, preset.archive], preset.limits);
  const parts = { record: name, archiveFolder: preset.archive, look, pickUp };
  return {
    changes: createFeed(parts),
    list: createList(parts),
    byId: createRead(parts),
    byKey: async () => {
      throw unsupported(`${name} is read from files, which do not know our keys`);
    },
    write: async () => {
      throw unsupported(`${name} is read from files and cannot be written`);
    },
  };
};
