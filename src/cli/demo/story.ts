/** One thing that happens in a demonstration; `run` answers what came of it, in one sentence. */
export interface Chapter {
  readonly title: string;
  readonly run: () => Promise<string>;
}

/** What the checker says. */
export interface Verdict {
  readonly agrees: boolean;
  readonly line: string;
  readonly findings: readonly string[];
}

export interface Story {
  /** What must stand before the first load. */
  readonly begin?: () => Promise<void>;
  readonly chapters: readonly Chapter[];
  /** Read both systems and judge them; `customers` distinct businesses were there at the beginning. */
  readonly verdict: (customers: number) => Promise<Verdict>;
}
