/** Where writes for a system that cannot be called wait for it. The ledger keeps them; connectors know only this. */
import { SyncError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';

/** A write as the system shall be given it. */
export interface Letter {
  readonly key: string;
  readonly op: 'create' | 'update' | 'delete';
  /** Absent for a create. */
  readonly id?: string;
  /** Top-level fields that shall change, each whole. */
  readonly fields: JsonObject;
  readonly expectVersion?: string;
}

/** What is known of a write. `withdrawn`: it changed before the system had pulled it, and is to be planned anew. */
export type Standing =
  | { readonly state: 'waiting' }
  | { readonly state: 'withdrawn' }
  | { readonly state: 'done'; readonly op: Letter['op']; readonly id: string }
  | { readonly state: 'refused'; readonly reason: string; readonly code?: string; readonly conflict: boolean };

/** A record as the system has it: by its acknowledgements, and by what it posted. */
export interface Held {
  readonly id: string;
  /** Where it stands in the order of changes; grows with each. */
  readonly seq: string;
  /** Absent: it is deleted. */
  readonly body?: JsonObject;
  readonly version?: string;
  readonly modifiedAt?: string;
  /** The key of the write that created it. */
  readonly reference?: string;
}

/** The storage of one connection. Every call may be repeated. */
export interface OutboxStore {
  /** Puts letters where the system pulls them, each key once, and says how each stands. */
  put(record: string, letters: readonly Letter[]): Promise<readonly Standing[]>;
  /** Changed records in their order, behind `after`; '' is the beginning. */
  after(record: string, after: string, limit: number): Promise<readonly Held[]>;
  byIds(record: string, ids: readonly string[]): Promise<readonly (Held | undefined)[]>;
  /** Of these ids, those with a write that is neither answered nor withdrawn. */
  openOf(record: string, ids: readonly string[]): Promise<ReadonlySet<string>>;
  byKeys(
    record: string,
    keys: readonly string[],
  ): Promise<readonly { readonly standing?: Standing; readonly held?: Held }[]>;
  /** Has the system said that it posted all of its records? */
  complete(record: string): Promise<boolean>;
}

const missing = async (): Promise<never> => {
  throw new SyncError(
    'UNSUPPORTED',
    'an outbox is kept in the ledger, and this command has none: ask the running worker, as `tally connection check` does',
  );
};

/** For those who only read a configuration. */
export const NO_STORE: OutboxStore = {
  put: missing,
  after: missing,
  byIds: missing,
  openOf: missing,
  byKeys: missing,
  complete: missing,
};
