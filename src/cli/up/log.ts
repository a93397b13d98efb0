/** A part's log: a file that is turned over when it is full, so that two files bound what a part can fill. */
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Log {
  write(chunk: string | Uint8Array): void;
  readonly path: string;
}

/** Appends to the file; the one before is kept beside it as `.1`. A full disk must not end the group: then lines are lost. */
export const openLog = (path: string, limit = 5_000_000): Log => {
  mkdirSync(dirname(path), { recursive: true });
  let size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const write = (chunk: string | Uint8Array): void => {
    try {
      if (size > limit) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      appendFileSync(path, chunk, { mode: 0o600 });
      size += chunk.length;
    } catch {
      // Nowhere to say it: the log is where it would be said.
    }
  };
  return { write, path };
};

const TAIL = 4_096;

/** The last line a part wrote, for the sentence that says why it did not start. */
export const lastLine = (path: string): string => {
  try {
    const { size } = statSync(path);
    if (size <= TAIL) return readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '';
    const file = openSync(path, 'r');
    const tail = Buffer.alloc(TAIL);
    readSync(file, tail, 0, TAIL, size - TAIL);
    closeSync(file);
    return tail.toString('utf8').trim().split('\n').at(-1) ?? '';
  } catch {
    return '';
  }
};
