/**
 * Lists and feeds that can be trusted: pages that go round in a circle would be read for ever, and a page that names one
 * record twice with different contents shows something else than records. Works on any connector, by its cursors alone.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, parseJson, sameJson } from '../../src/domain/json.ts';
import type { Call, Change, Connector, Cursor } from '../sdk/seam.ts';

/**
 * A cursor with what finds a circle in constant space (Brent): a place remembered at ever longer distances. A circle
 * must come back to it.
 */
interface Walk {
  readonly at: Cursor;
  readonly mark: Cursor;
  readonly steps: number;
}

const BEGIN = (at: Cursor): Walk => ({ at, mark: '', steps: 0 });

const walkOf = (cursor: Cursor): Walk => {
  if (cursor === '') return BEGIN('');
  try {
    const read = parseJson(cursor);
    if (!isObject(read)) return BEGIN(cursor);
    const { at, mark, steps, walk } = read;
    if (walk !== 1 || typeof at !== 'string' || typeof mark !== 'string' || typeof steps !== 'number')
      return BEGIN(cursor);
    return { at, mark, steps };
  } catch {
    return BEGIN(cursor);
  }
};

const written = (walk: Walk): Cursor => JSON.stringify({ walk: 1, ...walk });

const isPowerOfTwo = (steps: number): boolean => (steps & (steps - 1)) === 0;

const stepped = ({ at, mark, steps }: Walk, next: Cursor, what: string): Walk => {
  if (next === at || next === mark)
    throw new SyncError(
      'PROTOCOL_ERROR',
      `${what} goes round in a circle: a page leads back to one that was read before`,
    );
  return { at: next, mark: isPowerOfTwo(steps + 1) ? next : mark, steps: steps + 1 };
};

const testTwice = (changes: readonly Change[], what: string): void => {
  const seen = new Map<string, Change>();
  for (const change of changes) {
    if (change.op !== 'upsert') continue;
    const known = seen.get(change.record.id);
    if (known?.op === 'upsert' && !sameJson(known.record.body, change.record.body))
      throw new SyncError(
        'PROTOCOL_ERROR',
        `${what} names the record "${change.record.id.slice(0, 60)}" twice on one page, with different contents`,
      );
    seen.set(change.record.id, change);
  }
};

interface Page {
  readonly changes: readonly Change[];
  readonly next: Cursor;
  readonly more: boolean;
}
type Asked = { readonly cursor: Cursor; readonly limit: number };

/** The same connector, whose lists and feeds are watched. */
export const watched = (connector: Connector): Connector => {
  const follow = async <P extends Page>(what: string, asked: Asked, read: (asked: Asked) => Promise<P>): Promise<P> => {
    const walk = walkOf(asked.cursor);
    const page = await read({ ...asked, cursor: walk.at });
    testTwice(page.changes, what);
    if (page.next === '') return page;
    // A finished walk begins anew with the next one: coming back to the same place is then what it should do.
    return { ...page, next: written(page.more ? stepped(walk, page.next, what) : BEGIN(page.next)) };
  };
  return {
    ...connector,
    list: (record, asked, call: Call) =>
      follow(`a list of ${record}`, asked, (inner) => connector.list(record, inner, call)),
    changes: (record, asked, call: Call) =>
      follow(`a feed of ${record}`, asked, (inner) => connector.changes(record, inner, call)),
  };
};
