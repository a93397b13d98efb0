/**
 * Numbered folders: each file that is taken or sent has one, `Partner.0000000007`, and its state in further words. Making
 * a folder is the one step that a file system does for one caller alone, so no number is given out twice.
 */
import { ensureFolder, joined, type Place } from './place.ts';

/** A numbered folder. */
export interface Numbered {
  readonly no: number;
  readonly path: string;
  readonly words: readonly string[];
}

const DIGITS = 10;

/** The folder's name. */
export const numberedName = (record: string, no: number, ...words: readonly string[]): string =>
  [record, String(no).padStart(DIGITS, '0'), ...words].join('.');

/** The numbered folders of a record type in these places, lowest first. */
export const numberedIn = async (
  place: Place,
  record: string,
  folders: readonly string[],
): Promise<readonly Numbered[]> => {
  const lists = await Promise.all(
    folders.map(async (folder) =>
      ((await place.list(folder)) ?? []).flatMap(({ name, kind }): Numbered[] => {
        const [own, digits = '', ...words] = name.split('.');
        if (kind !== 'folder' || own !== record || !/^\d{10}$/.test(digits)) return [];
        return [{ no: Number(digits), path: joined(folder, name), words }];
      }),
    ),
  );
  return lists.flat().sort((a, b) => a.no - b.no);
};

/** Makes the next numbered folder in the first of these places. */
export const reserve = async (
  place: Place,
  record: string,
  folders: readonly [string, ...string[]],
  ...words: readonly string[]
): Promise<Numbered> => {
  await ensureFolder(place, folders[0]);
  for (;;) {
    const no = ((await numberedIn(place, record, folders)).at(-1)?.no ?? 0) + 1;
    const path = joined(folders[0], numberedName(record, no, ...words));
    if (!(await place.makeFolder(path))) continue;
    // Somebody may have made, filled and moved on the same number since we looked.
    const same = (await numberedIn(place, record, folders)).filter((each) => each.no === no);
    if (same.length === 1) return { no, path, words };
    await place.removeFolder(path);
  }
};
