/** What becomes of a write on its way to a fake system and back. */
import type { Outcome, WriteItem } from '../../connectors/sdk/seam.ts';
import { type ErrorClass, SyncError } from '../../src/domain/errors.ts';
import { type Author, type Books, type Kept, merged } from './books.ts';

/** What becomes of a request on its way. */
export const FATES = ['ok', 'reply-lost', 'request-lost', 'in-flight', 'torn', 'unsent', 'busy'] as const;
/** `twice`: something on the way carries the request out and repeats it, and the second reply comes back; tests ask for it by name. */
export type Fate = (typeof FATES)[number] | 'twice';

/** A request that nobody knows about yet. */
export interface Flying {
  readonly items: readonly WriteItem[];
  /** After this it is dropped: the promise to settle. */
  readonly deadline: number;
}

const failed = (cls: ErrorClass, message: string): Outcome => ({
  status: 'failed',
  error: { class: cls, message, scope: 'item' },
});
const LOST = { class: 'transient', message: 'no answer came', scope: 'batch' } as const;

const done = ({ manners, native }: Books, status: 'created' | 'updated' | 'unchanged', kept: Kept): Outcome => ({
  status,
  id: kept.id,
  ...(manners.guard === 'none' ? {} : { version: String(kept.version) }),
  ...(manners.returnsRecord ? { record: native(kept) } : {}),
});

const created = (books: Books, author: Author, item: WriteItem): Outcome => {
  const { manners, records } = books;
  if (manners.idempotency === 'unique') {
    const known = [...records.values()].find((kept) => kept.reference === item.idempotencyKey && !kept.deleted);
    if (known !== undefined)
      return manners.repeat === 'answers' ? done(books, 'unchanged', known) : failed('duplicate', 'that key is taken');
  }
  const complaint = manners.refuses(item.data);
  if (complaint !== undefined) return failed('validation', complaint);
  const reference = manners.idempotency === 'none' ? undefined : item.idempotencyKey;
  return done(books, 'created', books.create(author, item.data, reference));
};

const changed = (books: Books, author: Author, item: WriteItem, kept: Kept): Outcome => {
  const { manners } = books;
  if (manners.guard === 'version' && item.expectVersion !== undefined && item.expectVersion !== String(kept.version))
    return failed('conflict', 'somebody edited it meanwhile');
  if (item.op === 'delete') {
    books.erase(author, kept);
    return { status: 'deleted', id: kept.id };
  }
  const complaint = manners.refuses(merged(kept.body, item.data));
  if (complaint !== undefined) return failed('validation', complaint);
  return done(books, books.edit(author, kept, item.data) ? 'updated' : 'unchanged', kept);
};

/** One item takes effect, or is refused. */
export const execute = (books: Books, item: WriteItem, late: boolean): Outcome => {
  const author: Author = { key: item.idempotencyKey, late };
  if (item.op === 'create') return created(books, author, item);
  const kept = books.live(item.id);
  return kept === undefined ? failed('not-found', 'no such record') : changed(books, author, item, kept);
};

/** A request meets its fate. */
export const send = (
  fate: Fate,
  items: readonly WriteItem[],
  effect: (item: WriteItem) => Outcome,
  fly: () => void,
): readonly Outcome[] => {
  const unknown = (): readonly Outcome[] => items.map(() => ({ status: 'unknown', error: LOST }));
  switch (fate) {
    case 'ok':
      return items.map(effect);
    case 'twice':
      items.map(effect);
      return items.map(effect);
    case 'reply-lost':
      items.map(effect);
      return unknown();
    case 'request-lost':
      return unknown();
    case 'in-flight':
      fly();
      return unknown();
    case 'torn':
      items.slice(0, Math.ceil(items.length / 2)).map(effect);
      return unknown();
    case 'unsent':
      throw new SyncError('UNREACHABLE', 'the system cannot be reached', { unsent: true });
    case 'busy':
      return items.map(() => ({
        status: 'failed',
        error: { class: 'rate-limited', message: 'slow down', scope: 'connection', retryAfterMs: 2000 },
      }));
    default:
      return fate satisfies never;
  }
};
