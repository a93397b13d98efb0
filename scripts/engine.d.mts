import type { Say } from './say.mjs';

export interface EngineSearch {
  readonly say: Say;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Archives to try, in this order. */
  readonly urls?: readonly string[];
  /** Their checksum by platform, e.g. `linux-amd64`. */
  readonly sums?: Readonly<Record<string, string>>;
}

export declare const findEngine: (search: EngineSearch) => Promise<string | undefined>;
