/**
 * Questions of one kind, asked together: while one load runs whoever comes is gathered, and the next load is for all of
 * them. Each answer was begun after it was asked for. However many ask, one load runs at a time.
 */
export const batched = <Value>(
  load: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
): ((key: string) => Promise<Value | undefined>) => {
  interface Waiting {
    readonly key: string;
    readonly resolve: (value: Value | undefined) => void;
    readonly reject: (error: unknown) => void;
  }
  let waiting: Waiting[] = [];
  let running = false;
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const all = waiting;
      waiting = [];
      try {
        const found = await load([...new Set(all.map(({ key }) => key))]);
        for (const { key, resolve } of all) resolve(found.get(key));
      } catch (error) {
        for (const { reject } of all) reject(error);
      }
    }
    running = false;
  };
  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (running) return;
      running = true;
      // Whoever asks in the same turn goes along.
      queueMicrotask(() => void run());
    });
};
