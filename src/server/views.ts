/** Answers views: from what the ledger keeps, else by having the system asked, else with an old answer that says that it is one. */
import type { ErrorCode } from '../domain/errors.ts';
import { ERRORS, SyncError } from '../domain/errors.ts';
import { closedNow, type KnownAnswer, knownAnswers } from '../ledger/queries/views.ts';
import { ask } from '../ledger/steps/views.ts';
import type { View } from '../mapping/view.ts';
import { batched } from './batched.ts';
import { coalesced } from './coalesced.ts';
import type { ServerDeps } from './deps.ts';
import { createPersons } from './persons.ts';

/** An answer that may be given: fresh, or old with the reason why it is no newer. */
export interface GivenAnswer {
  readonly known: KnownAnswer;
  readonly stale?: ErrorCode;
}

/** One process's view of views. */
export interface Views {
  /** Who asks; those who ask at the same time are looked up together. */
  readonly persons: ReturnType<typeof createPersons>;
  /** What the ledger knows of a key now; nobody is asked. */
  look(view: View, key: string): Promise<KnownAnswer>;
  /** What a view says of a key of which so much is known. NOT_FOUND, or why the system cannot say. */
  answer(view: View, key: string, known: KnownAnswer): Promise<GivenAnswer>;
}

// Short against a request to another system, long against a look into the ledger.
const LOOK_MS = 25;
// Who still waits after so long says so again: a signal or a worker may have been lost.
const AGAIN_MS = 1_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Made once per process: equal questions at one time are one. */
export const createViews = ({ db, temporal, now }: Pick<ServerDeps, 'db' | 'temporal' | 'now'>): Views => {
  // By the view as it is now: after a change of configuration others ask.
  const readers = kept((view: View) => batched<KnownAnswer>((keys) => knownAnswers(db, view, keys)));
  const wakers = kept(({ connection }: View) => coalesced(() => temporal.answer(connection)));
  const waiting = new Map<string, Promise<GivenAnswer>>();
  const read = async (view: View, key: string): Promise<KnownAnswer> => (await readers(view)(key)) ?? {};

  const fetched = async (view: View, key: string, id: string, first: KnownAnswer): Promise<GivenAnswer> => {
    const began = now();
    const closed = await closedNow(db, view.connection);
    if (closed !== undefined) return old(view, first, closed.code, closed.retryAfterMs);
    await ask(db, view, id);
    let signalled = Number.NEGATIVE_INFINITY;
    let known = first;
    while (now() - began < view.waitMs) {
      if (now() - signalled >= AGAIN_MS) {
        const heard = await wakers(view)().then(
          () => true,
          () => false,
        );
        if (!heard) return old(view, known, 'ENGINE_DOWN');
        signalled = now();
      }
      await pause(LOOK_MS);
      known = await read(view, key);
      const sinceMs = now() - began;
      if (known.ageMs !== undefined && known.ageMs <= view.freshMs + sinceMs) return { known };
      if (known.failed !== undefined && known.failed.agoMs <= sinceMs)
        return old(view, known, known.failed.code as ErrorCode);
    }
    return old(view, known, 'TIMED_OUT');
  };

  return {
    persons: createPersons(db),
    look: read,
    answer: async (view, key, known) => {
      const { id, ageMs } = known;
      if (id === undefined) throw nothing(view, key);
      if (ageMs !== undefined && ageMs <= view.freshMs) return { known };
      const name = JSON.stringify([view.name, view.hash, key]);
      // With no time in which an answer is fresh nobody may have that of a question begun before his own.
      if (view.freshMs === 0) return fetched(view, key, id, known);
      const mine = waiting.get(name) ?? fetched(view, key, id, known).finally(() => waiting.delete(name));
      waiting.set(name, mine);
      return mine;
    },
  };
};

const kept = <T>(make: (view: View) => T): ((view: View) => T) => {
  const all = new WeakMap<View, T>();
  return (view) => {
    const known = all.get(view);
    if (known !== undefined) return known;
    const made = make(view);
    all.set(view, made);
    return made;
  };
};

/** The same words whether there is none or it may not be seen. */
export const nothing = (view: View, key: string): SyncError =>
  new SyncError('NOT_FOUND', `the view "${view.name}" has nothing under "${key}" that may be shown`);

/** A copy that may still be given, or why there is no answer. */
const old = (view: View, known: KnownAnswer, code: ErrorCode, retryAfterMs?: number): GivenAnswer => {
  // A refusal is an answer: what the system said before does not hold any more.
  if (code === 'TARGET_REFUSED')
    throw new SyncError(code, `${view.connection} refused to answer: ${known.failed?.reason ?? ''}`, {
      connection: view.connection,
    });
  if (known.ageMs !== undefined && known.ageMs <= view.staleMs) return { known, stale: code };
  const said = known.failed?.code === code ? known.failed.reason : ERRORS[code].fix;
  throw new SyncError(code, `${view.connection} could not be asked: ${said}`, {
    connection: view.connection,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
};
