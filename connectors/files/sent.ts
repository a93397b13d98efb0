/**
 * What was handed over, kept in numbered folders: `Partner.0000000007.open` while a file is made, `.sent` once it stands
 * in the other system's folder, `.void` where that never came about. The file is handed over by one rename out of the
 * open folder, so a folder with its items and without its file is the proof that it was.
 */
import { type JsonObject, parseJson, stringifyJson } from '../../src/domain/json.ts';
import { type Numbered, numberedIn, numberedName, reserve } from './numbers.ts';
import { ensureFolder, joined, type Place } from './place.ts';

/** One record of a file that was handed over. */
export interface SentItem {
  readonly key: string;
  readonly op: 'create' | 'update' | 'delete';
  /** Empty while only the other system knows it. */
  readonly id: string;
  /** The record as it is with this write. */
  readonly body: JsonObject;
}
/** One file that was handed over. */
export interface SentFile {
  readonly no: number;
  readonly items: readonly SentItem[];
}

const ITEMS = 'items.jsonl';
// Nobody else writes there; the bound only keeps a mistake from eating the memory.
const MOST = 268_435_456;

const itemsIn = (text: string): readonly SentItem[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseJson(line) as unknown as SentItem);

/** The files of one record type that were handed over. */
export const createSent = (record: string, folder: string, out: string) => {
  const known = new Map<number, SentFile>();
  const folders = [folder] as const;

  /** Was it handed over? Its items are there and its file is not. */
  const isHandedOver = async (place: Place, path: string): Promise<boolean> => {
    const inside = ((await place.list(path)) ?? []).map(({ name }) => name);
    return inside.length === 1 && inside[0] === ITEMS;
  };

  const load = async (place: Place, { no, path }: Numbered): Promise<SentFile | undefined> => {
    const bytes = await place.read(joined(path, ITEMS), MOST);
    if (bytes === undefined) return undefined;
    const file = { no, items: itemsIn(bytes.toString('utf8')) };
    known.set(no, file);
    return file;
  };

  /** Everything that was handed over, in that order. Reads only. */
  const look = async (place: Place): Promise<readonly SentFile[]> => {
    const files: SentFile[] = [];
    for (const own of await numberedIn(place, record, folders)) {
      const [state] = own.words;
      if (state === 'void') continue;
      const before = known.get(own.no);
      if (before === undefined && state === 'open' && !(await isHandedOver(place, own.path))) continue;
      const file = before ?? (await load(place, own));
      if (file !== undefined) files.push(file);
    }
    return files;
  };

  /** Decides what became of a folder that somebody left open: handed over, or never any more. */
  const settle = async (place: Place, { no, path }: Numbered): Promise<void> => {
    const sent = joined(folder, numberedName(record, no, 'sent'));
    if (await isHandedOver(place, path)) {
      await place.move(path, sent);
      return;
    }
    const dead = joined(folder, numberedName(record, no, 'void'));
    // Who still works on it loses its file with this rename, or has handed it over just before.
    if ((await place.move(path, dead)) && (await isHandedOver(place, dead))) await place.move(dead, sent);
  };

  /** A number of our own, with every lower one decided. */
  const begin = async (place: Place): Promise<Numbered> => {
    const own = await reserve(place, record, folders, 'open');
    for (const each of await numberedIn(place, record, folders))
      if (each.no < own.no && each.words[0] === 'open') await settle(place, each);
    return own;
  };

  /** Puts file and items on the disk; nothing is handed over yet. */
  const prepare = async (
    place: Place,
    { path }: Numbered,
    name: string,
    bytes: Buffer,
    items: readonly SentItem[],
  ): Promise<void> => {
    await place.write(joined(path, name), bytes);
    await place.write(joined(path, ITEMS), Buffer.from(items.map((item) => `${stringifyJson(item)}\n`).join('')));
    await ensureFolder(place, out);
  };

  /** Hands the file over. False: somebody who came later decided that it never is. */
  const handOver = (place: Place, { path }: Numbered, name: string): Promise<boolean> =>
    place.move(joined(path, name), joined(out, name));

  /** Closes the folder of a file that was handed over. Left undone, the next look still sees the same. */
  const close = async (place: Place, { no, path }: Numbered): Promise<void> => {
    await place.move(path, joined(folder, numberedName(record, no, 'sent')));
  };
  return {
    look,
    begin,
    prepare,
    handOver,
    close,
    drop: (place: Place, { path }: Numbered) => place.removeFolder(path),
  };
};
export type Sent = ReturnType<typeof createSent>;
