/** The files of a configuration, read again only when something about them changed: looked at twice a second, they hardly ever have. */
import { stat } from 'node:fs/promises';
import { readConfigFiles } from './files.ts';
import type { ConfigRevision } from './port.ts';

type Files = ConfigRevision['files'];

// Clocks of file systems are as coarse as two seconds: what changed so lately may change again and look the same.
const COARSE_MS = 2_000;
// Where a network file system shows old times, a change is late by this and no more.
const READ_AGAIN_MS = 10_000;

/** Whatever a reading asked for, and what stood there: nothing, too. */
interface Seen {
  readonly files: Files;
  readonly places: readonly string[];
  readonly marks: string;
  readonly at: number;
}

/** Answers with the same object while they say the same. `now`: ms since 1970, of the clock that files are dated with. */
export const createWatched = (path: string, now: () => number = Date.now): (() => Promise<Files>) => {
  let seen: Seen | undefined;
  let last: Files = {};
  return async () => {
    const at = now();
    if (seen !== undefined && at >= seen.at && at - seen.at < READ_AGAIN_MS) {
      const { marks } = await marksOf(seen.places);
      if (marks === seen.marks) return seen.files;
    }
    const places = new Set<string>();
    seen = undefined;
    const read = await readConfigFiles(path, (place) => places.add(place));
    if (!sameFiles(last, read)) last = read;
    const { marks, newest } = await marksOf([...places]);
    // Dated before the reading began, nothing changed while it went on.
    if (newest < at - COARSE_MS) seen = { files: last, places: [...places], marks, at };
    return last;
  };
};

const sameFiles = (a: Files, b: Files): boolean => {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
};

/** What tells a file or folder from what stood there before, whichever way it was saved; and when the last of them changed, ms. */
const marksOf = async (places: readonly string[]): Promise<{ readonly marks: string; readonly newest: number }> => {
  const marks = await Promise.all(places.map(markOf));
  return {
    marks: marks.map(({ mark }) => mark).join(),
    newest: marks.reduce((newest, { changed }) => Math.max(newest, changed), 0),
  };
};

const markOf = async (place: string): Promise<{ readonly mark: string; readonly changed: number }> => {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(place, { bigint: true });
    return { mark: `${ino} ${size} ${mtimeNs} ${ctimeNs}`, changed: Number(ctimeNs / 1_000_000n) };
  } catch {
    // Not there, or not to be read: reading says which.
    return { mark: '-', changed: 0 };
  }
};
