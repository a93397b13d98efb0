/** What an interview begins with and ends with, whatever kind of system it was about. */
import type { Draft } from '../../../connectors/draft/draft.ts';
import type { Trial, TrialRead } from './trial.ts';

/** Where a connection is asked from and with what. */
export interface Place {
  readonly name: string;
  readonly mode: 'local' | 'production';
  readonly secret: (reference: string) => string;
}

/** A draft, the connection for it, and how both are shown and tried. */
export interface Interviewed {
  readonly draft: Draft;
  readonly address: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Hosts beside its own that the connection must reach. */
  readonly allow: readonly string[];
  /** Where the fields come from, and when. */
  readonly source: string;
  /** Files that belong beside the preset, by their path in its folder. */
  readonly beside: Readonly<Record<string, string>>;
  /** The sample beside what was understood. */
  readonly shown: string;
  readonly from: 'the system' | 'the sample';
  /** The engine reads; undefined where there is nothing to read from yet. */
  readonly tried: (trial: Trial) => Promise<TrialRead | undefined>;
}
