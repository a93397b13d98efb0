/**
 * What the files of a record type say together: the newest full file, and every delta after it. Built from the folders
 * alone, so that any process comes to the same; kept in memory only to be quick.
 */
import { isDeepStrictEqual } from 'node:util';
import { createDecode, type Decoded, FILE_KINDS, type FileKind, type Look, ownFile } from './decoded.ts';
import { type Numbered, numberedIn } from './numbers.ts';
import { matcher, type Pickup } from './pickup.ts';
import type { Place } from './place.ts';
import type { Limits, RecordType } from './schema.ts';

/** Where the last word about a record stands. */
export interface Word {
  readonly no: number;
  readonly at: number;
  readonly state: 'there' | 'deleted' | 'broken';
}

/** The files in force, lowest number first, and the last word about each record. */
export interface Stand {
  readonly files: readonly Decoded[];
  /** Number of the newest full file; undefined while there was none. */
  readonly base: number | undefined;
  readonly words: ReadonlyMap<string, Word>;
  /** Taken and not archived yet. */
  readonly open: readonly Decoded[];
  /** Why nobody can say that a record is not there, where nobody can. */
  readonly blind?: string;
}

/** A file that was taken and not archived yet. */
type Taken = Numbered & { readonly file: string; readonly look: Look };

/** The last word about each record. */
export const wordsOf = (files: readonly Decoded[], base: number | undefined): ReadonlyMap<string, Word> => {
  const words = new Map<string, Word>();
  for (const { no, lines, kind } of files) {
    if (kind === 'refused' || kind === 'repeat') continue;
    for (const [at, line] of lines.entries()) {
      if (line.id === undefined) continue;
      if (line.problems.length > 0) {
        // What cannot be read changes nothing; in a full file it is no absence either.
        if (no === base && !words.has(line.id)) words.set(line.id, { no, at, state: 'broken' });
      } else words.set(line.id, { no, at, state: line.deleted === true ? 'deleted' : 'there' });
    }
  }
  return words;
};

const blindness = (base: Decoded | undefined): string | undefined => {
  if (base === undefined) return 'no full file was read yet, so nobody can say that a record is not there';
  return base.anonymous
    ? `${base.file} has rows without an id, so nobody can say that a record is not there`
    : undefined;
};

/** Reads the shelf of one record type. */
export const createShelf = (
  record: string,
  type: RecordType,
  folders: readonly [taken: string, archive: string],
  limits: Limits,
  pickup: Pickup,
) => {
  const decode = createDecode(type, limits);
  const isFull = matcher(type.in?.full ?? []);
  let known = new Map<number, Decoded>();
  let stand: Stand | undefined;

  /** An empty folder is a number that was never used, or is being filled now; removing it decides which. */
  const taken = async (place: Place): Promise<readonly Taken[]> => {
    const found: Taken[] = [];
    for (const own of await numberedIn(place, record, [folders[0]])) {
      const inside = (await place.list(own.path)) ?? [];
      const file = ownFile(inside, pickup.suffix);
      if (file !== undefined) found.push({ ...own, file: file.name, look: { size: file.size, mtimeMs: file.mtimeMs } });
      else if (!(await place.removeFolder(own.path)) && (await pickup.complete(place, own.path, inside)))
        return taken(place);
    }
    return found;
  };
  const archivedFile = async (place: Place, { path }: Numbered): Promise<string | undefined> =>
    ownFile((await place.list(path)) ?? [], pickup.suffix)?.name;

  /** Was this very file processed before? A full file that says again what an older one said is a new statement. */
  const isRepeat = async (
    place: Place,
    file: Decoded,
    earlier: readonly Decoded[],
    archived: readonly Numbered[],
  ): Promise<boolean> => {
    const same = (kind: string | undefined, hash: string): boolean => kind === file.kind && file.hash.startsWith(hash);
    if (earlier.some((each) => same(each.kind, each.hash) && each.file === file.file)) return true;
    const candidates = archived.filter(({ words: [kind, hash = '?'] }) => same(kind, hash));
    const newest = archived.findLast(({ words: [kind] }) => kind === 'full')?.no;
    for (const each of file.kind === 'full' ? candidates.filter(({ no }) => no === newest) : candidates)
      if ((await archivedFile(place, each)) === file.file) return true;
    return false;
  };

  const openFiles = async (
    place: Place,
    owned: readonly Taken[],
    archived: readonly Numbered[],
  ): Promise<readonly Decoded[]> => {
    const open: Decoded[] = [];
    for (const own of owned) {
      // Archived since we looked.
      if (archived.some(({ no }) => no === own.no)) continue;
      const before = known.get(own.no);
      const read =
        before !== undefined && isDeepStrictEqual(before.look, own.look)
          ? before
          : await decode(place, own, own.file, isFull(own.file) ? 'full' : 'delta', own.look);
      const repeat = read.kind !== 'refused' && read.kind !== 'repeat' && (await isRepeat(place, read, open, archived));
      const judged: Decoded = repeat ? { ...read, kind: 'repeat', lines: [] } : read;
      known.set(own.no, judged);
      open.push(judged);
    }
    return open;
  };

  const archivedFiles = async (place: Place, archived: readonly Numbered[]): Promise<readonly Decoded[]> => {
    const files: Decoded[] = [];
    for (const own of archived) {
      const kind = own.words[0] as FileKind;
      if (kind !== 'full' && kind !== 'delta') continue;
      const before = known.get(own.no);
      const file = before?.file ?? (await archivedFile(place, own));
      if (file === undefined) continue;
      const read = { ...(before ?? (await decode(place, own, file, kind))), path: own.path };
      known.set(own.no, read);
      files.push(read);
    }
    return files;
  };

  /** The shelf as it is now. */
  const look = async (place: Place): Promise<Stand> => {
    // In this order: a file on its way from one to the other is then seen twice, not missed.
    const owned = await taken(place);
    const archived = (await numberedIn(place, record, [folders[1]])).filter(({ words: [kind = ''] }) =>
      FILE_KINDS.includes(kind),
    );
    const open = await openFiles(place, owned, archived);
    const base = [...archived.map(({ no, words: [kind] }) => ({ no, kind })), ...open]
      .filter(({ kind }) => kind === 'full')
      .at(-1)?.no;
    const inForce = archived.filter(({ no }) => base === undefined || no >= base);
    const files = [...(await archivedFiles(place, inForce)), ...open].sort((a, b) => a.no - b.no);
    const used = files.filter(({ no }) => base === undefined || no >= base || open.some((each) => each.no === no));
    known = new Map(used.map((file) => [file.no, file]));
    const same =
      stand?.base === base &&
      stand?.files.length === used.length &&
      used.every((file, at) => stand?.files[at]?.no === file.no && stand.files[at]?.hash === file.hash);
    const inForceNow = used.filter(({ no }) => base === undefined || no >= base);
    const words = same && stand !== undefined ? stand.words : wordsOf(inForceNow, base);
    const blind = blindness(used.find(({ no }) => no === base));
    stand = { files: used, base, open, words, ...(blind === undefined ? {} : { blind }) };
    return stand;
  };
  return { look };
};
export type Shelf = ReturnType<typeof createShelf>;
