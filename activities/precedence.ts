/**
 * Changes go before loads. A load is work for every processor there is, and an order raised meanwhile would wait behind it
 * at each of its steps. So while a round of few records is under way, whoever works on very many of another mapping does so in
 * small pieces and rests after each. Known is what this process claimed: of another worker's rounds it knows nothing.
 */

/** Whoever has a segment, or records of a slot, in hand. */
export interface Precedence {
  /** A round of a mapping begins with so many records; did somebody change one of them? */
  began(mapping: string, segment: string, of: { readonly records: number; readonly changes: boolean }): void;
  ended(segment: string): void;
  /** Does this segment yield just now? */
  yields(segment: string): boolean;
  /** Awaited by a load after a piece that took so long, ms: returns at once while nobody needs the way. */
  rest(segment: string, tookMs: number): Promise<void>;
  /** The same for whoever has just stored a page of so many records. */
  restAfterPage(records: number, tookMs: number): Promise<void>;
}

// A round of so few records at most, one of which somebody changed, is one of changes …
const FEW = 50;
// … and one of more than so many is one of a load. What is between neither yields nor is yielded to.
const MANY = 200;
// The next round of one that has just ended follows at once, and so does the next change, most often.
const STILL_MS = 2_000;
// A round whose end was never told, for it was taken over by another worker, holds nobody up for longer.
const LONGEST_MS = 30_000;
// A load works for a third of the time.
const REST = 2;
const LONGEST_REST_MS = 2_000;

interface Round {
  readonly mapping: string;
  readonly began: number;
}

/** `elapsed`: milliseconds of a clock that only runs forward. */
export const createPrecedence = (
  elapsed: () => number,
  sleep: (ms: number) => Promise<unknown> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Precedence => {
  const loads = new Map<string, Round>();
  const changes = new Map<string, Round>();
  /** By mapping, when its last round of changes ended. */
  const calm = new Map<string, number>();
  const forget = (now: number): void => {
    for (const rounds of [loads, changes])
      for (const [segment, { began }] of rounds) if (now - began > 10 * LONGEST_MS) rounds.delete(segment);
  };
  /** Are changes of another mapping under way, or was it a moment ago that they were? */
  const hurried = (mapping: string | undefined): boolean => {
    const now = elapsed();
    for (const [name, at] of calm) if (name !== mapping && now - at < STILL_MS) return true;
    for (const round of changes.values()) if (round.mapping !== mapping && now - round.began < LONGEST_MS) return true;
    return false;
  };
  const yields = (segment: string): boolean => {
    const load = loads.get(segment);
    return load !== undefined && hurried(load.mapping);
  };
  const resting = (tookMs: number): Promise<unknown> => sleep(Math.min(LONGEST_REST_MS, REST * tookMs));
  return {
    began: (mapping, segment, { records, changes: changed }) => {
      const began = elapsed();
      forget(began);
      if (changed && records <= FEW) changes.set(segment, { mapping, began });
      else if (records > MANY) loads.set(segment, { mapping, began });
    },
    ended: (segment) => {
      const change = changes.get(segment);
      if (change !== undefined) calm.set(change.mapping, elapsed());
      changes.delete(segment);
      loads.delete(segment);
    },
    yields,
    rest: async (segment, tookMs) => {
      if (yields(segment)) await resting(tookMs);
    },
    restAfterPage: async (records, tookMs) => {
      if (records > MANY && hurried(undefined)) await resting(tookMs);
    },
  };
};
