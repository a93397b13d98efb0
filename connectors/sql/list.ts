/** Full passes: rows in the order of their ids, so that no row is shown twice or passed over while others come and go. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, parseJson } from '../../src/domain/json.ts';
import type { Call, Change, ListPage } from '../sdk/seam.ts';
import type { Rows } from './rows.ts';
import type { Talk } from './sessions.ts';
import type { Row, Source, Where } from './source.ts';

/** Rows of a page, one more than `most` where there are more, and whether its only row could be read by its keys alone. */
interface Page {
  readonly rows: readonly Row[];
  readonly most: number;
  readonly heavy: boolean;
}
type Read = (talk: Talk, most: number, only?: readonly string[]) => Promise<readonly Row[]>;

const isTooLarge = (error: unknown): boolean => error instanceof SyncError && error.code === 'REPLY_TOO_LARGE';

/** One row and the keys of the next, where no two rows fit into an answer. */
const fetchOne = async (
  source: Source,
  call: Call,
  what: string,
  read: Read,
  keys: readonly string[],
): Promise<Page> => {
  const found = await source.reading(what, call, (talk) => read(talk, 2, keys));
  try {
    const [whole] = await source.reading(what, call, (talk) => read(talk, 1));
    return { rows: whole === undefined ? [] : [whole, ...found.slice(1)], most: 1, heavy: false };
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    return { rows: found, most: 1, heavy: true };
  }
};

/** Reads a page; in halves when its answer is too large. A single row that is too large is read by its keys alone. */
export const fetchPage = async (
  source: Source,
  call: Call,
  what: string,
  asked: number,
  read: Read,
  keys: readonly string[],
): Promise<Page> => {
  for (let most = Math.max(1, Math.min(asked, source.base.rows)); ; most = Math.floor(most / 2)) {
    try {
      return { rows: await source.reading(what, call, (talk) => read(talk, most + 1)), most, heavy: false };
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      if (most === 1) return fetchOne(source, call, what, read, keys);
    }
  }
};

/** A row of which only the keys were read. */
export const tooHeavy = (id: string, name: string): Change => ({
  op: 'undecodable',
  id,
  raw: '',
  problem: `row ${id} of ${name} is larger than limits.reply_bytes; raise that limit, or leave its large columns out`,
});

const written = (after: string): string => JSON.stringify({ v: 1, after });

/** The place behind a cursor. One that nobody here wrote begins the pass again: it shows more, never less. */
const placeOf = (cursor: string): string | undefined => {
  if (cursor === '') return undefined;
  try {
    const place = parseJson(cursor);
    return isObject(place) && place['v'] === 1 && typeof place['after'] === 'string' ? place['after'] : undefined;
  } catch {
    return undefined;
  }
};

/** The id is not of the kind it was when the pass began: it begins once more. */
const AGAIN: ListPage = { changes: [], next: JSON.stringify({ v: 1 }), more: true };

/** The seam's `list`. */
export const createList = (source: Source, rows: Rows) => {
  const { name, type, quoted } = source;
  const id = quoted(type.id);
  const what = `a list of ${name}`;
  const withoutId = async (call: Call): Promise<readonly Change[]> => {
    const none: Where = { text: `${id} IS NULL`, values: [] };
    const found = await source.reading(what, call, async (talk) => {
      const shape = await source.shape(talk);
      return (await source.select(talk, none, [], 1)).map((row) => rows.change(row, shape));
    });
    return found;
  };
  const read = (where: Where) => async (talk: Talk, most: number, only?: readonly string[]) => {
    if (!(await source.fits(talk, where))) throw new SyncError('CURSOR_EXPIRED', `the ids of ${name} are others`);
    return source.select(talk, where, [type.id], most, only);
  };
  return async (
    { cursor, limit }: { readonly cursor: string; readonly limit: number },
    call: Call,
  ): Promise<ListPage> => {
    const after = placeOf(cursor);
    const where: Where =
      after === undefined
        ? { text: `${id} IS NOT NULL`, values: [] }
        : { text: `${id} > ?`, values: [[after, type.id]] };
    let page: Page;
    try {
      page = await fetchPage(source, call, what, limit, read(where), [type.id]);
    } catch (error) {
      if (after !== undefined && error instanceof SyncError && error.code === 'CURSOR_EXPIRED') return AGAIN;
      throw error;
    }
    const shape = source.known();
    const nameless = after === undefined ? await withoutId(call) : [];
    const shown = page.rows.slice(0, page.most);
    const last = shown.at(-1);
    const lastId = last === undefined ? undefined : rows.id(last, shape);
    const beyond = page.rows[page.most];
    // The look-ahead row is shown only where it says that an id stands twice.
    const twice = beyond !== undefined && rows.id(beyond, shape) === lastId;
    const changes = page.heavy
      ? shown.map((row) => tooHeavy(rows.id(row, shape) ?? '', name))
      : rows.changes(twice ? page.rows : shown, shape);
    const more = beyond !== undefined && lastId !== undefined;
    return {
      changes: [...nameless, ...changes.filter(({ op }) => op !== 'delete')],
      next: more ? written(lastId) : '',
      more,
    };
  };
};
