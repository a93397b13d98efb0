/** What one kind of database says differently. Everything else about it is the same for all of them. */
import type { Socket } from 'node:net';
import type { ErrorClass } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';

/** What a column holds, as far as reading and writing it exactly depends on it. */
export type Kind =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'boolean'
  | 'date'
  | 'time'
  | 'instant'
  | 'local'
  | 'json'
  | 'binary'
  | 'uuid'
  | 'unknown';

/** A column as the database describes it. */
export interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** Longest text, in characters. */
  readonly max?: number;
  /** A whole number has fewer bits than this without its sign; the database refuses to compare it with a larger one. */
  readonly bits?: number;
  /** The database's own word for its type, for people. */
  readonly type: string;
}

/** A value as a driver takes it. Numbers travel as text or as whole bigints, never as doubles. */
export type Bound = string | bigint | Buffer | null;
/** A value as a driver gives it, before its column says what it is. */
export type Cell = string | number | boolean | Buffer | null;

/** What a statement was answered with. */
export interface Answer {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows found by an INSERT, UPDATE or DELETE, whether or not their values moved. */
  readonly affected: number;
  /** The number that the database gave to a new row. */
  readonly insertId?: string;
  /** True when a COMMIT did the opposite. */
  readonly rolledBack?: boolean;
}

/** An open connection to a database. A failed call throws whatever the driver threw. */
export interface Session {
  /** One statement with its values bound, never written into it. */
  run(text: string, values: readonly Bound[]): Promise<Answer>;
  /** Fixed words of the dialect, such as COMMIT. */
  say(text: string): Promise<Answer>;
  /** Called with the number of bytes of everything that arrives. */
  watch(arrived: (bytes: number) => void): void;
  /** Called when the connection is lost while nobody waits for an answer. */
  lost(then: () => void): void;
  end(): Promise<void>;
  destroy(): void;
}

/** How TLS is spoken; always verified. */
export interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** What a session is opened with. */
export interface OpenOptions {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: Tls | undefined;
  readonly readOnly: boolean;
  readonly statementMs: number;
  /** A connected socket, dialled through the door. */
  readonly socket: () => Promise<Socket>;
  /** A tested address of the host, for a driver that dials by itself. */
  readonly address: () => Promise<string>;
}

/** A driver's error in few words. No `code`: it is not the database that speaks. */
export interface Spoken {
  readonly code: string | undefined;
  readonly message: string;
}

/** What a code of the database means. Decided by code, never by text. */
export interface Meaning {
  readonly codes: readonly string[];
  readonly class: ErrorClass;
  /** One sentence: what happened and what to do. */
  readonly say: string;
  /** What it is about; by default the item, or the connection where the class concerns all of it. */
  readonly scope?: 'item' | 'connection';
  /** `schema`: the connection file does not fit the database; `aborts`: the whole transaction is lost; `leaves`: the server ends the connection; `slow`: out of time. */
  readonly about?: 'schema' | 'unique' | 'aborts' | 'leaves' | 'slow';
}

/** One kind of database. */
export interface Dialect {
  readonly name: string;
  /** What addresses begin with. */
  readonly schemes: readonly string[];
  readonly port: number;
  quote(identifier: string): string;
  /** A value's place in a statement, cast where the database would otherwise compare it as something else. */
  place(number: number, kind: Kind): string;
  /** The whole of a SELECT with at most so many rows. */
  limited(select: string, rows: number): string;
  /** What a quoted column is selected as, where the driver would lose something of it. */
  shown?(column: string, kind: Kind): string;
  /** Statements around a transaction; `rollbackTo` undoes what followed `savepoint`. */
  readonly begin: string;
  readonly commit: string;
  readonly rollback: string;
  readonly savepoint: string;
  readonly rollbackTo: string;
  /** One row: who we are to the database, and its clock in milliseconds since 1970. */
  readonly hello: string;
  readonly clock: string;
  /**
   * The transactions that may still write: what they leave behind can lie before what was read. Undefined where the
   * database does not tell; then a window of time stands for it.
   */
  inFlight?(session: Session): Promise<readonly string[] | undefined>;
  /** An INSERT of one row, and where its new id comes from. */
  insert(table: string, columns: readonly string[], places: readonly string[], id: string): string;
  /** A value as its column takes it. */
  bind(value: Exclude<Json, null>, kind: Kind): Bound;
  spoken(error: unknown): Spoken;
  readonly meanings: readonly Meaning[];
  /** Codes with which a refused COMMIT surely undid everything. */
  readonly undone: readonly string[];
  open(options: OpenOptions): Promise<Session>;
}
