/** Lets so many through at once; the rest wait in line, before any of their time limits begins. */
export const createGate = (width: number) => {
  let inside = 0;
  const line = new Set<() => void>();
  const admitted = (signal: AbortSignal): Promise<void> =>
    new Promise((done, fail) => {
      const stop = (): void => {
        line.delete(go);
        fail(signal.reason);
      };
      const go = (): void => {
        signal.removeEventListener('abort', stop);
        done();
      };
      line.add(go);
      signal.addEventListener('abort', stop, { once: true });
    });
  return {
    /** Resolves when there is room; throws the caller's reason when it stops waiting. */
    enter: async (signal: AbortSignal): Promise<void> => {
      signal.throwIfAborted();
      if (inside >= width) return admitted(signal);
      inside += 1;
    },
    /** Gives the place to the first in line. */
    leave: (): void => {
      const [next] = line;
      if (next === undefined) {
        inside -= 1;
        return;
      }
      line.delete(next);
      next();
    },
  };
};
