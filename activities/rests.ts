/**
 * Rests between the looks of a step that stays: while nothing changes it looks again by itself, and the engine, for which each
 * step is a dozen writes, is not asked at all. Known is what rests in this process; who may rest nowhere here ends instead.
 */

export interface Rests {
  /** Rest so many ms, less when the slot is called. False: end the step now, whoever begins it anew comes to the right place. */
  rest(slot: string, ms: number, signal: AbortSignal): Promise<boolean>;
  /** Whoever rests for one of these slots looks at once. */
  call(slots: readonly string[]): void;
  /** Whoever rests ends its step: the configuration is another. */
  sendHome(): void;
  /** From now on nobody rests: the worker stops. */
  close(): void;
  /** How many rest just now. */
  resting(): number;
}

/** `most`: each step that stays holds one of its queue's places, and others must find one. */
export const createRests = (most: number): Rests => {
  const resting = new Map<symbol, { readonly slot: string; readonly end: (goOn: boolean) => void }>();
  let closed = false;
  const endAll = (): void => {
    for (const { end } of [...resting.values()]) end(false);
  };
  return {
    rest: (slot, ms, signal) =>
      new Promise((resolve) => {
        if (closed || signal.aborted || resting.size >= most) return resolve(false);
        const me = Symbol(slot);
        const end = (goOn: boolean): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', aborted);
          resting.delete(me);
          resolve(goOn);
        };
        const aborted = (): void => end(false);
        const timer = setTimeout(() => end(true), ms);
        signal.addEventListener('abort', aborted);
        resting.set(me, { slot, end });
      }),
    call: (slots) => {
      for (const { slot, end } of [...resting.values()]) if (slots.includes(slot)) end(true);
    },
    sendHome: endAll,
    close: () => {
      closed = true;
      endAll();
    },
    resting: () => resting.size,
  };
};
