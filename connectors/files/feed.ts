/**
 * Files as a change feed. A cursor names a file and a row; one that is *at rest* was given out as the last of a walk, so
 * whoever comes with it has stored everything before it. Only then are files archived and new ones taken.
 */
import { isObject, type JsonObject, parseJson } from '../../src/domain/json.ts';
import type { Change, ChangePage, ListPage, NativeRecord, ReadAnswer } from '../sdk/seam.ts';
import { type Decoded, resultName } from './decoded.ts';
import type { Line } from './lines.ts';
import { numberedName } from './numbers.ts';
import { ensureFolder, joined, type Place } from './place.ts';
import { sentenceOf } from './problem.ts';
import { resultOf } from './report.ts';
import type { Stand } from './shelf.ts';

/** Where a walk stands: all rows before `row` of file `no`, and all files before it, were given. */
interface Spot {
  readonly no: number;
  readonly row: number;
  readonly rest: boolean;
  /** Part of that file's hash: rows of another content are not those that were given. */
  readonly of: string;
}

const START: Spot = { no: 0, row: 0, rest: true, of: '' };

const spotOf = (cursor: string): Spot | undefined => {
  if (cursor === '') return START;
  try {
    const read = parseJson(cursor);
    if (!isObject(read) || read['v'] !== 1) return undefined;
    const { no, row, rest, of } = read;
    return typeof no === 'number' && typeof row === 'number' && typeof rest === 'boolean' && typeof of === 'string'
      ? { no, row, rest, of }
      : undefined;
  } catch {
    return undefined;
  }
};

const written = (spot: Spot): string => JSON.stringify({ v: 1, ...spot });

/** The record that a line holds. */
export const recordOf = ({ id = '', body = '{}', version, modifiedAt, reference }: Line): NativeRecord => ({
  id,
  body: parseJson(body) as JsonObject,
  ...(version === undefined ? {} : { version }),
  ...(modifiedAt === undefined ? {} : { modifiedAt }),
  ...(reference === undefined ? {} : { reference }),
});

/** What a line is in the feed; undefined when a later line has the last word about its record. */
const changeOf = ({ words }: Stand, file: Decoded, at: number): Change | undefined => {
  const line = file.lines[at];
  if (line === undefined) return undefined;
  if (line.problems.length > 0)
    return {
      op: 'undecodable',
      id: line.id ?? `${file.file} row ${line.row}`,
      raw: line.raw ?? '',
      problem: `${file.file}: ${line.problems.map(sentenceOf).join('; ')}`,
    };
  const word = words.get(line.id ?? '');
  if (word?.no !== file.no || word.at !== at) return undefined;
  return line.deleted === true ? { op: 'delete', id: line.id ?? '' } : { op: 'upsert', record: recordOf(line) };
};

const refusedChange = ({ file, problem }: Decoded): Change => ({
  op: 'undecodable',
  id: `file ${file}`,
  raw: '',
  problem: `${file}: ${problem === undefined ? 'cannot be used' : sentenceOf(problem)}`,
});

const partOf = ({ hash }: Decoded): string => hash.slice(0, 12);

/** A file that somebody still wrote to after it was taken is given again from its first row. */
const renewed = ({ files }: Stand, spot: Spot): Spot => {
  const file = files.find(({ no }) => no === spot.no);
  return file === undefined || partOf(file) === spot.of ? spot : { ...spot, row: 0, rest: false };
};

/** Rows from a spot on, at most `limit`, and the spot behind them. */
const walk = (
  stand: Stand,
  from: Spot,
  limit: number,
): { readonly changes: readonly Change[]; readonly spot: Spot; readonly more: boolean } => {
  const changes: Change[] = [];
  let last: Spot = { ...from, rest: true };
  for (const file of stand.files.filter(({ no }) => no >= from.no)) {
    if (file.kind === 'refused' && (file.no > from.no || !from.rest)) changes.push(refusedChange(file));
    for (let at = file.no === from.no ? from.row : 0; at < file.lines.length; at += 1) {
      if (changes.length >= limit)
        return { changes, spot: { no: file.no, row: at, rest: false, of: partOf(file) }, more: true };
      const change = changeOf(stand, file, at);
      if (change !== undefined) changes.push(change);
    }
    last = { no: file.no, row: file.lines.length, rest: true, of: partOf(file) };
  }
  return { changes, spot: last, more: false };
};

/** Moves a file that was stored to the archive, with its result beside it. */
const archive = async (place: Place, record: string, folder: string, file: Decoded): Promise<void> => {
  await ensureFolder(place, folder);
  const part = joined(file.path, `${resultName(file.file)}.part`);
  await place.write(part, Buffer.from(resultOf(file)));
  await place.remove(joined(file.path, resultName(file.file)));
  await place.move(part, joined(file.path, resultName(file.file)));
  await place.move(file.path, joined(folder, numberedName(record, file.no, file.kind, partOf(file) || 'none')));
};

/** What the feed is made of. */
export interface FeedParts {
  readonly record: string;
  readonly archiveFolder: string;
  readonly look: (place: Place) => Promise<Stand>;
  readonly pickUp: (place: Place) => Promise<void>;
}

const LOST: ChangePage = { changes: [], next: '', more: false, gap: 'cursor-expired' };

/** The seam's `changes`. */
export const createFeed =
  ({ record, archiveFolder, look, pickUp }: FeedParts) =>
  async (place: Place, { cursor, limit }: { readonly cursor: string; readonly limit: number }): Promise<ChangePage> => {
    const asked = spotOf(cursor);
    if (asked === undefined) return LOST;
    let stand = await look(place);
    const spot = renewed(stand, asked);
    if (spot.rest) {
      const stored = stand.open.filter(({ no, lines }) => no < spot.no || (no === spot.no && spot.row >= lines.length));
      for (const file of stored) await archive(place, record, archiveFolder, file);
      await pickUp(place);
      stand = await look(place);
    }
    // A newer full file: whoever is missing in it is found by a full pass, and the feed begins with it.
    if (stand.base !== undefined && spot.no > 0 && stand.base > spot.no) return LOST;
    const { changes, spot: next, more } = walk(stand, spot, limit);
    return { changes, next: written(next), more };
  };

/** The seam's `list`: every record once, by its last word. */
export const createList =
  ({ look }: Pick<FeedParts, 'look'>) =>
  async (place: Place, { cursor, limit }: { readonly cursor: string; readonly limit: number }): Promise<ListPage> => {
    const stand = await look(place);
    const { changes, spot, more } = walk(stand, spotOf(cursor) ?? START, limit);
    return { changes: changes.filter(({ op }) => op !== 'delete'), next: more ? written(spot) : '', more };
  };

const cannotTell = (message: string): ReadAnswer => ({ error: { class: 'unsupported', message, scope: 'item' } });

/** The seam's `read` by id. A record is absent only where a full file could tell. */
export const createRead =
  ({ look }: Pick<FeedParts, 'look'>) =>
  async (place: Place, ids: readonly string[]): Promise<readonly ReadAnswer[]> => {
    const stand = await look(place);
    const byNo = new Map(stand.files.map((file) => [file.no, file]));
    return ids.map((id): ReadAnswer => {
      const word = stand.words.get(id);
      const line = word === undefined ? undefined : byNo.get(word.no)?.lines[word.at];
      if (word?.state === 'there' && line !== undefined) return { found: [recordOf(line)] };
      if (word?.state === 'broken')
        return {
          error: { class: 'validation', message: line?.problems.map(sentenceOf).join('; ') ?? '', scope: 'item' },
        };
      if (word?.state === 'deleted') return { absent: true };
      if (stand.blind !== undefined) return cannotTell(stand.blind);
      return { absent: true };
    });
  };
