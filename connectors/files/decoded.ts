/** A taken file, read: its rows with their outcomes, or why it cannot be used. */
import { createHash } from 'node:crypto';
import { SyncError } from '../../src/domain/errors.ts';
import { decodeFile } from './decode.ts';
import { createLines, type Line } from './lines.ts';
import type { Numbered } from './numbers.ts';
import { type Found, joined, type Place } from './place.ts';
import { type Problem, problemOfFile } from './problem.ts';
import type { Limits, RecordType } from './schema.ts';

/** What a file is: all records, some, one that was processed before, or one that cannot be used. */
export type FileKind = 'full' | 'delta' | 'repeat' | 'refused';
export const FILE_KINDS: readonly string[] = ['full', 'delta', 'repeat', 'refused'] satisfies readonly FileKind[];

/** Size and time of a file. */
export interface Look {
  readonly size: number;
  readonly mtimeMs: number;
}

/** A file of ours with its number. */
export interface Decoded {
  readonly no: number;
  readonly path: string;
  readonly file: string;
  readonly hash: string;
  readonly kind: FileKind;
  /** Why it cannot be used, or that it was processed before. */
  readonly problem?: Problem;
  readonly lines: readonly Line[];
  /** How it looked in its folder when it was read; whoever still writes to it changes that. */
  readonly look?: Look;
  /** A row that is not used says no id: nobody can tell whose absence it explains. */
  readonly anonymous: boolean;
}

const RESULT = '.result.csv';

/** The name of the result beside a file. */
export const resultName = (file: string): string => `${file}${RESULT}`;

/** The one file of a numbered folder that somebody else wrote. */
export const ownFile = (inside: readonly Found[], suffix: string | undefined): Found | undefined => {
  const names = new Set(inside.map(({ name }) => name));
  const beside = (name: string): boolean =>
    (name.endsWith(RESULT) && names.has(name.slice(0, -RESULT.length))) ||
    (suffix !== undefined && name.endsWith(suffix)) ||
    name.endsWith(`${RESULT}.part`);
  return inside.find(({ name, kind }) => kind === 'file' && !beside(name));
};

const moved = (path: string): SyncError =>
  new SyncError('TARGET_UNAVAILABLE', `${path} was moved while it was read; it is looked for again`, {
    class: 'transient',
  });

/** Reads the file of a numbered folder. `kind`: what its name says. */
export const createDecode = (type: RecordType, limits: Limits) => {
  const linesOf = createLines(type);
  return async (place: Place, { no, path }: Numbered, file: string, kind: FileKind, look?: Look): Promise<Decoded> => {
    const seen = { no, path, file, kind, ...(look === undefined ? {} : { look }) };
    try {
      const bytes = await place.read(joined(path, file), limits.file_bytes);
      if (bytes === undefined) throw moved(joined(path, file));
      const hash = createHash('sha256').update(bytes).digest('hex');
      try {
        const lines = await linesOf(await decodeFile(bytes, type.format, type.columns, limits));
        return { ...seen, hash, lines, anonymous: lines.some(({ id }) => id === undefined) };
      } catch (error) {
        return { ...seen, kind: 'refused', hash, problem: problemOfFile(error), lines: [], anonymous: false };
      }
    } catch (error) {
      return { ...seen, kind: 'refused', hash: '', problem: problemOfFile(error), lines: [], anonymous: false };
    }
  };
};
