/** What every process knows of the configuration: parsed, checked, secrets still references. */
import type { Json } from '../domain/json.ts';

/** A value that stands elsewhere: `env:NAME` or `file:/path` (mode 0600). */
export type SecretReference = string;

/** One connection of `tallystick.yaml`: a preset plus what is peculiar to this installation. */
export interface ConnectionSettings {
  readonly name: string;
  /** Folder under connectors/ (or a path beside tallystick.yaml) with connector.yaml. */
  readonly connector: string;
  /** Base address; its host and port are the allow-list unless `allow` adds more. */
  readonly url: string;
  readonly allow: readonly string[];
  /** Named values the preset asks for: user, password, client id … ; secrets are references. */
  readonly settings: Readonly<Record<string, string>>;
  /** Requests at once from one worker process. */
  readonly concurrency: number;
  /** After a write without an answer, this long until its absence can be believed, ms. */
  readonly settleMs: number;
  /** How far a copy that answers in its place may lag, ms: so long what is shown older than it was seen is read again. */
  readonly lagMs: number;
  /** How long one call may take, ms. */
  readonly callMs: number;
  /** Poll interval of the change feed, ms. */
  readonly pollMs: number;
  /** Interval between full comparisons, ms. */
  readonly sweepMs: number;
  /** Clock skew the system may have against others, ms; `newest wins` within it parks. */
  readonly skewMs: number;
  /** Requests per second, all workers together; absent: no limit. */
  readonly perSecond?: number;
  /** Where this installation differs from what the preset says its system can do: `{ Partner: { idempotency: none } }`. */
  readonly capabilities?: Json;
}

/** One stored revision: whole and self-contained, so that ten workers agree. Files by relative path with their text. */
export interface ConfigRevision {
  readonly number: number;
  readonly author: string;
  readonly files: Readonly<Record<string, string>>;
}

/** The parsed form that processes use. */
export interface Configuration {
  readonly revision: number;
  readonly connections: readonly ConnectionSettings[];
  /** connector.yaml per connector name, parsed but not interpreted. */
  readonly presets: Readonly<Record<string, Json>>;
  readonly mappings: readonly string[];
  readonly views: readonly string[];
  /** Who asks through views; absent where no view shows by role. */
  readonly people?: People;
}

/** The mapping whose records are people, and its fields that say what they may see. */
export interface People {
  readonly mapping: string;
  readonly role?: string;
  readonly team?: string;
  readonly branch?: string;
}
