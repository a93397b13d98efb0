/** A place with folders and files, wherever it is: the little that the engine asks of it. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Call } from '../sdk/seam.ts';

/** What stands in a folder. `other` is neither file nor folder, such as a link to somewhere else; it is never opened. */
export interface Found {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  readonly size: number;
  readonly mtimeMs: number;
}

/** A place during one call. Paths are relative to its root, with slashes. Failures are SyncErrors. */
export interface Place {
  /** What is in a folder; undefined when there is no such folder. */
  list(folder: string): Promise<readonly Found[] | undefined>;
  /** The bytes of a plain file; undefined when there is none. REPLY_TOO_LARGE beyond `most`. */
  read(path: string, most: number): Promise<Buffer | undefined>;
  /** Writes a new file and sees to it that it is on the disk. What stood there, of an earlier try, is replaced. */
  write(path: string, bytes: Buffer): Promise<void>;
  /** Makes a folder; false when it is there already. One caller alone is told true. */
  makeFolder(path: string): Promise<boolean>;
  /** Removes an empty folder; false when it is not empty or not there. */
  removeFolder(path: string): Promise<boolean>;
  /** Gives a file or folder another name in one step; false when it is not there. Replaces no file. `unsent`: it surely kept its name. */
  move(from: string, to: string): Promise<boolean>;
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>;
}

/** A place that calls are made on. */
export interface Reach {
  /** Whom the place knows us as. */
  readonly who: string;
  on(call: Call): Place;
  close(): Promise<void>;
}

/** A file that nobody else wrote stands where ours should go. */
export const taken = (path: string): SyncError =>
  new SyncError('TARGET_UNAVAILABLE', `${path} is there already and is not ours; it is not overwritten`, {
    class: 'transient',
    unsent: true,
  });

/** A file beyond the limit. */
export const tooLarge = (path: string, most: number): SyncError =>
  new SyncError(
    'REPLY_TOO_LARGE',
    `${path} has more than ${most} bytes; raise limits.file_bytes or deliver it in parts`,
    {
      class: 'too-large',
    },
  );

/** True for a name that is one step of a path and leads nowhere else. */
export const isPlainName = (name: string): boolean =>
  name !== '' && name !== '.' && name !== '..' && !/[/\\\p{Cc}]/u.test(name);

/** Steps of a path, put together. */
export const joined = (...parts: readonly string[]): string => parts.join('/');

/** Makes a folder of ours and those above it, where they are missing. */
export const ensureFolder = async (place: Place, folder: string): Promise<void> => {
  const steps = folder.split('/');
  for (const [at] of steps.entries()) await place.makeFolder(joined(...steps.slice(0, at + 1)));
};
