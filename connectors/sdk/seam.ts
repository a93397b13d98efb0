/**
 * The seam: what a connector can do, in six operations. Every call may be repeated, except a create where
 * `idempotency` is `none`. Nothing in here retries, logs or maps fields.
 */
import type { ErrorClass } from '../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { NativeRecord } from '../../src/domain/record.ts';

export type { NativeRecord };

/** Opaque, made and understood by the connector alone. '' means from the beginning. */
export type Cursor = string;

/** What one record type of one system can do. Data, never code: nobody asks a connector for its name. */
export interface Capabilities {
  readonly read: { readonly byId: boolean; readonly byKey: boolean; readonly maxBatch: number };
  readonly changes: {
    readonly mode: 'timestamp' | 'none';
    /** Smallest step of the change time, ms. */
    readonly grainMs: number;
    /** How far back each poll reads again, ms. */
    readonly overlapMs: number;
    readonly deletes: 'in-feed' | 'absence';
    /** True when every write to the record, also to its children, appears in the feed. */
    readonly complete: boolean;
  };
  readonly write: {
    readonly create: boolean;
    readonly update: boolean;
    readonly delete: boolean;
    readonly maxBatch: number;
    /** True when the reply of a write carries the record as it now is. */
    readonly returnsRecord: boolean;
    /** True when an element of a list inside the record can be taken away; else such a write is refused. */
    readonly removes?: boolean;
  };
  /** L1 `unique`: the key is enforced; L2 `searchable`: it can be read by; L3 `none`. */
  readonly idempotency: 'unique' | 'searchable' | 'none';
  /** G1 `version`: a write may state the version it expects; G2 `detect`: the version moves but guards nothing; G3 `none`. */
  readonly guard: 'version' | 'detect' | 'none';
  /** True when the version moves with every mapped field. Else the target is read afresh before each write. */
  readonly versionCoversAll: boolean;
  /** `counter`: every write raises the version by exactly one, so that a gap tells of writes in between. Absent: it only differs. */
  readonly version?: 'counter' | 'opaque';
  /** True when an emptied field stays in the record, as null or empty: then one that is missing was not emptied. */
  readonly showsEmpty?: boolean;
}

/** One field as the system describes it. */
export interface FieldDescription {
  readonly path: string;
  readonly type:
    | 'text'
    | 'integer'
    | 'decimal'
    | 'boolean'
    | 'date'
    | 'instant'
    | 'object'
    | 'list'
    | 'reference'
    | 'unknown';
  readonly max?: number;
  readonly readOnly?: boolean;
  readonly required?: boolean;
  readonly values?: readonly string[];
}
/** What a system says about one record type. */
export interface RecordDescription {
  readonly record: string;
  readonly fields: readonly FieldDescription[];
  readonly capabilities: Capabilities;
}

/** A failure as sorted by the connector's error table. */
export interface Classified {
  readonly class: ErrorClass;
  /** The system's own sentence, redacted and cut to 500 characters. */
  readonly message: string;
  readonly retryAfterMs?: number;
  readonly scope: 'item' | 'batch' | 'connection';
  /** The system's own code and the fields it names. */
  readonly code?: string;
  readonly fields?: readonly string[];
}

/** A row that could not be decoded: stored raw and parked, so that its page can commit. */
export interface Undecodable {
  readonly op: 'undecodable';
  readonly id?: string;
  readonly raw: string;
  readonly problem: string;
}
/** What a row of a feed or list stands for. */
export type Change =
  | { readonly op: 'upsert'; readonly record: NativeRecord }
  | { readonly op: 'delete'; readonly id: string; readonly at?: string }
  | Undecodable;

/** A page of a change feed, and the cursor behind it. */
export interface ChangePage {
  readonly changes: readonly Change[];
  readonly next: Cursor;
  readonly more: boolean;
  /** The system no longer knows the cursor or lost rows: a full pass must follow. */
  readonly gap?: 'cursor-expired';
}
/** A page of a full pass: `upsert` and `undecodable` only. `next` is '' when there is no more. */
export interface ListPage {
  readonly changes: readonly Change[];
  readonly next: Cursor;
  readonly more: boolean;
}

/** Answer for one id or key, in the order asked. Several found by a key that is not unique: all of them. */
export type ReadAnswer =
  | { readonly found: readonly NativeRecord[] }
  | { readonly absent: true }
  | { readonly error: Classified };

/** One record to write. */
export interface WriteItem {
  readonly op: 'create' | 'update' | 'delete';
  /** Native id; absent for a create. */
  readonly id?: string;
  /** Native document; for an update only what changes, children keyed by their selector; one that shall go carries `$removed: true`. */
  readonly data: JsonObject;
  readonly expectVersion?: string;
  readonly idempotencyKey: string;
  /** The stored body of the record before the write, for targets that need the ids of its children. */
  readonly before?: JsonObject;
}

/** One outcome per item, in order. `unknown` means that the item may have taken effect: verify before sending again. */
export type Outcome =
  | {
      readonly status: 'created' | 'updated' | 'unchanged' | 'deleted';
      readonly id: string;
      readonly version?: string;
      readonly record?: NativeRecord;
    }
  | { readonly status: 'failed'; readonly error: Classified }
  | { readonly status: 'unknown'; readonly error: Classified };

/** Everything a call may use of the outside: how to stop, and leave to send. */
export interface Call {
  readonly signal: AbortSignal;
  /** Awaited before each HTTP request: the caller's budget. */
  readonly beforeRequest?: () => Promise<void>;
}

/** A connected system. A failed call throws a SyncError; a failed item is an outcome; `write` never throws once it may have sent. */
export interface Connector {
  /** Per record type. */
  readonly capabilities: Readonly<Record<string, Capabilities>>;
  check(call: Call): Promise<{ readonly who: string; readonly warnings: readonly string[] }>;
  describe(record: string, call: Call): Promise<RecordDescription>;
  changes(
    record: string,
    request: { readonly cursor: Cursor; readonly limit: number },
    call: Call,
  ): Promise<ChangePage>;
  list(record: string, request: { readonly cursor: Cursor; readonly limit: number }, call: Call): Promise<ListPage>;
  read(
    record: string,
    by: { readonly ids: readonly string[] } | { readonly keys: readonly string[] },
    call: Call,
  ): Promise<readonly ReadAnswer[]>;
  write(record: string, items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]>;
  close(): Promise<void>;
}

/** A request of a webhook as it came: nothing parsed, nothing believed. */
export interface RawRequest {
  readonly method: string;
  header(name: string): string | null;
  readonly body: Uint8Array;
}

/** What a webhook's message says of the records of one connection. */
export interface InboundHints {
  readonly hints: readonly { readonly record: string; readonly id: string }[];
  /** Events about nothing that the connection file names. */
  readonly ignored: number;
}

/** Webhooks of one connection: is the message the system's own, and which records does it name? */
export interface Inbound {
  /** Refuses what was not signed by the system, or not now (`now` in ms). Gives the message's own id, where there is one. */
  verify(request: RawRequest, now: number): string | undefined;
  hintsIn(body: Json): InboundHints;
}
