/** How a fake system is read: its feed of changes, its list, and by id or key. */
import type { Change, ReadAnswer } from '../../connectors/sdk/seam.ts';
import type { Books, Kept } from './books.ts';

interface Page {
  readonly changes: readonly Change[];
  readonly next: string;
  readonly more: boolean;
}

const sorted = (list: Iterable<Kept>, key: (kept: Kept) => string): Kept[] =>
  [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
const second = (at: number): string => `${String(at).padStart(14, '0')}|`;
const place = (kept: Kept): string => `${second(kept.modified)}${kept.id}`;

/**
 * Within a scan the feed goes on behind the last row; at its end at the start of the last second, where rows may still
 * come. Never past the second in which the scan began: a row behind its pages may have been edited since.
 */
const ended = (cursor: string, last: number | undefined, began: number): string =>
  last === undefined && !cursor.includes('@') ? cursor : second(Math.min(last ?? Number(cursor.slice(0, 14)), began));

/** A page of the feed, in the order of its times. */
export const changes = ({ manners, records, show, stamp }: Books, cursor: string, limit: number): Page => {
  // Within a scan the cursor also says in which second it began.
  const [after = '', began = stamp()] = cursor.split('@');
  const inFeed = sorted(records.values(), place).filter(
    (kept) => place(kept) > after && (!kept.deleted || manners.deletes === 'in-feed'),
  );
  const page = inFeed.slice(0, limit);
  const last = page.at(-1);
  const more = inFeed.length > limit;
  return {
    changes: page.map((kept) =>
      kept.deleted
        ? { op: 'delete', id: kept.id, at: new Date(kept.modified).toISOString() }
        : { op: 'upsert', record: show(kept) },
    ),
    next: more && last !== undefined ? `${place(last)}@${began}` : ended(cursor, last?.modified, Number(began)),
    more,
  };
};

/** A page of all that stands, in the order of the ids. */
export const list = ({ records, show }: Books, cursor: string, limit: number): Page => {
  const all = sorted(records.values(), (kept) => kept.id).filter((kept) => !kept.deleted && kept.id > cursor);
  const page = all.slice(0, limit);
  const more = all.length > limit;
  return {
    changes: page.map((kept) => ({ op: 'upsert', record: show(kept) })),
    next: more ? (page.at(-1)?.id ?? '') : '',
    more,
  };
};

/** Records by id, or by our key where the system keeps it. */
export const read = (
  { manners, records, live, show }: Books,
  by: { readonly ids: readonly string[] } | { readonly keys: readonly string[] },
): readonly ReadAnswer[] => {
  if ('ids' in by)
    return by.ids.map((id) => {
      const kept = live(id);
      return kept === undefined ? { absent: true } : { found: [show(kept)] };
    });
  return by.keys.map((key) => {
    if (manners.idempotency === 'none')
      return { error: { class: 'unsupported', message: 'it cannot be read by key', scope: 'item' } };
    const found = [...records.values()].filter((kept) => kept.reference === key && !kept.deleted);
    return found.length === 0 ? { absent: true } : { found: found.map(show) };
  });
};
