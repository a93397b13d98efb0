/** This process's part of a connection's request budget. */
import { SyncError } from '../domain/errors.ts';

/** The shared budget, as this process sees it. */
export interface Budget {
  /** Takes so many requests; answers how long to wait before the first, ms. */
  draw(requests: number): Promise<number>;
  giveBack(requests: number): Promise<void>;
}

// Requests drawn at a time: as many as a quarter of a second allows.
const WINDOW_MS = 250;
const LONGEST_MS = 30_000;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Awaited before each request. Without a limit nothing is asked; with one, requests are drawn a window at a time and the rest is given back. */
export const createLeave = (
  connection: string,
  perSecond: number | undefined,
  budget: Budget,
): (() => Promise<void>) => {
  if (perSecond === undefined) return async () => undefined;
  const size = Math.max(1, Math.floor((perSecond * WINDOW_MS) / 1_000));
  let left = 0;
  let turn: Promise<void> = Promise.resolve();
  const expire = (): void => {
    const rest = left;
    left = 0;
    // A rest that cannot be given back is a little time lost, nothing else.
    if (rest > 0) budget.giveBack(rest).catch(() => undefined);
  };
  const take = async (): Promise<void> => {
    if (left === 0) {
      const wait = await budget.draw(size);
      if (wait > LONGEST_MS) {
        await budget.giveBack(size);
        throw new SyncError('RATE_LIMITED', `the request budget of "${connection}" is used up`, {
          connection,
          retryAfterMs: Math.ceil(wait),
          unsent: true,
        });
      }
      await sleep(wait);
      left = size;
      setTimeout(expire, WINDOW_MS).unref();
    }
    left -= 1;
  };
  return () => {
    const mine = turn.then(take);
    turn = mine.catch(() => undefined);
    return mine;
  };
};
