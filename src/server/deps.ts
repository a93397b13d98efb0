import type { Inbound } from '../../connectors/sdk/seam.ts';
import type { Configuration } from '../config/port.ts';
import type { Json } from '../domain/json.ts';
import type { Database } from '../ledger/database.ts';
import type { Mapping } from '../mapping/port.ts';
import type { Problem } from '../mapping/problem.ts';
import type { View } from '../mapping/view.ts';

/** A question that only a connection itself can answer; it goes out from a worker, never from here. */
export interface ProbeRequest {
  readonly connection: string;
  readonly what: 'check' | 'describe';
  readonly record?: string;
}
/** Its answer, or the class of what went wrong; never the body of a failed reply. */
export type ProbeAnswer =
  | { readonly ok: true; readonly result: Json }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** The mappings in force, and what is wrong in the files of the newest revision. */
export interface Compilation {
  readonly mappings: ReadonlyMap<string, Mapping>;
  readonly views?: ReadonlyMap<string, View>;
  readonly problems: readonly Problem[];
  /** What the files in force say of connections; absent until there were files that can be used. */
  readonly configuration?: Configuration;
}

/** What the API may ask of the engine. */
export interface Engine {
  /** Tells the sync workflows of these mappings that something is due. */
  nudge(mappings: readonly string[]): Promise<void>;
  /** Tells the capture workflows of these slots to look now. */
  look(slots: readonly string[]): Promise<void>;
  probe(request: ProbeRequest): Promise<ProbeAnswer>;
  /** Has what views ask of a connection answered, by a worker. */
  answer(connection: string): Promise<void>;
  reachable(): Promise<boolean>;
}

/** One line per outcome. Never a record's contents, never a secret. */
export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Everything the API stands on. */
export interface ServerDeps {
  readonly db: Database;
  readonly compilation: () => Compilation;
  readonly temporal: Engine;
  /** Milliseconds of a clock that only moves forward. */
  readonly now: () => number;
  /** The time of day, ms: what is signed says when. */
  readonly wall: () => number;
  /** The reader of a connection’s webhooks, if it has any. */
  readonly inbound: (connection: string) => Inbound | undefined;
  readonly log: Log;
  /** Everything is on this machine, and the sandbox’s secrets may stand in files. */
  readonly local: boolean;
}
