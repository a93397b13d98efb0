import type { Io } from '../../src/cli/io.ts';
import { run } from '../../src/cli/program.ts';

/** What a command left behind. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** A terminal of paper: what is printed is kept, and the API is a function. */
export const aTerminal = (change: Partial<Io> = {}) => {
  let out = '';
  let err = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
    fetch: async () => {
      throw new TypeError('fetch failed');
    },
    now: Date.now,
    wait: async () => undefined,
    signal: new AbortController().signal,
    live: false,
    ask: undefined,
    ...change,
  };
  return async (...args: readonly string[]): Promise<Ran> => {
    out = '';
    err = '';
    const exit = await run(args, io);
    return { exit, out, err };
  };
};
