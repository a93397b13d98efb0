import { createInterface } from 'node:readline/promises';

/** What the command line touches of the outside, so that tests can stand in for it. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  /** Waits, or ends at once when the signal says so. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told when the person at the terminal has had enough. */
  readonly signal: AbortSignal;
  /** Somebody looks: the screen may be redrawn. */
  readonly live: boolean;
  /** Asks the person at the terminal; undefined where nobody is there to answer. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
}

/** The terminal this process was started from. */
export const terminal = (): Io => {
  const over = new AbortController();
  process.once('SIGINT', () => over.abort());
  // Whoever read has read enough (`| head`): what is still printed goes nowhere, and nothing new is begun.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      over.abort();
    });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    env: process.env,
    fetch,
    now: Date.now,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          resolve();
        });
      }),
    signal: over.signal,
    live: process.stdout.isTTY === true,
    ask: process.stdin.isTTY === true && process.stderr.isTTY === true ? asking(over) : undefined,
  };
};

/** The question stands on standard error: what is printed stays what was asked for. Ctrl-C is an answer too. */
const asking =
  (over: AbortController) =>
  async (question: string): Promise<string> => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    lines.once('SIGINT', () => over.abort());
    try {
      return await lines.question(question, { signal: over.signal });
    } finally {
      lines.close();
    }
  };
