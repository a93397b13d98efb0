import type { Call, Capabilities, Change } from '../connectors/sdk/seam.ts';
import type { CapturePosition } from '../src/ledger/port.ts';
import { capabilitiesOf, type Deps, type LiveConnection } from './deps.ts';
import { readHinted } from './hinted.ts';
import { asOutbound, type OutboundAttempt } from './outbound.ts';

export interface CaptureInput {
  readonly slot: string;
  readonly connection: string;
}
export interface CaptureResult {
  readonly stored: number;
  readonly changed: number;
  /** How long to wait before the next look, ms; 0: there is more to read now. */
  readonly waitMs: number;
}

// One look reads for so long, so that a nudge, a pause or a new configuration is seen soon.
const LONGEST_MS = 10_000;
// Who looks seldom rests in its workflow instead, where whoever signals it wakes it, whichever process it runs in.
const SELDOM_MS = 5_000;
// So long one call of this activity goes on looking. Many looks, and still no step whose age says nothing.
const STAYS_MS = 60_000;
// Records of one page, unless the connection file says fewer.
const PAGE = 500;

/**
 * Read on in a slot: what webhooks named, the change feed to its end, then a full pass if one is wanted; and look again for a
 * while, if it is to be looked at often. Safe to repeat: page and cursor are stored together.
 */
export const createCapture = (deps: Deps) =>
  asOutbound(deps, 'capture', async (input: CaptureInput, attempt): Promise<CaptureResult> => {
    const began = deps.elapsed();
    const counts = { stored: 0, changed: 0 };
    for (;;) {
      const { stays, waitMs, ...seen } = await look(deps, input, attempt);
      counts.stored += seen.stored;
      counts.changed += seen.changed;
      // After a failure the engine counts attempts and doubles pauses; that is over when this attempt has ended well.
      if (!stays || attempt.again || waitMs > SELDOM_MS) return { ...counts, waitMs };
      await attempt.settled();
      if (!(await deps.rests.rest(input.slot, waitMs, attempt.signal))) return { ...counts, waitMs };
      attempt.signal.throwIfAborted();
      if (deps.elapsed() - began > STAYS_MS) return { ...counts, waitMs: 0 };
    }
  });

/** What one look showed; who `stays` may rest here until the next. */
interface Look extends CaptureResult {
  readonly stays: boolean;
}

const look = async (deps: Deps, { slot, connection }: CaptureInput, attempt: OutboundAttempt): Promise<Look> => {
  const position = await deps.capture.position(slot);
  const { closed } = position;
  if (closed !== undefined) {
    const waitMs = Math.max(1, Date.parse(closed) - Date.parse(await deps.capture.now()));
    return { stored: 0, changed: 0, waitMs, stays: false };
  }
  // Each look anew, so that it goes by the configuration that is in force.
  const result = await deps.connections.use(connection, (live) => readOn(deps, live, position, attempt));
  return { ...result, stays: result.waitMs > 0 };
};

const readOn = async (
  deps: Deps,
  live: LiveConnection,
  before: CapturePosition,
  attempt: OutboundAttempt,
): Promise<CaptureResult> => {
  const { slot, record } = before;
  const { signal, heard } = attempt;
  const began = deps.elapsed();
  const inTime = (): boolean => deps.elapsed() - began < LONGEST_MS;
  const counts = { stored: 0, changed: 0 };
  const { changes } = capabilitiesOf(live, record);
  const begun = await deps.capture.beginPass(slot, changes.mode !== 'none');
  const position = begun ? await deps.capture.position(slot) : before;
  const call: Call = { signal, beforeRequest: live.leave };
  const hinted = position.hinted === true ? await readHinted(deps, live, { slot, record }, attempt) : NOTHING;
  counts.changed += hinted.changed;
  const restMs = hinted.missing > 0 ? 0 : restOf(live, position);
  if (restMs > 0) return { ...counts, waitMs: hinted.more ? 0 : restMs };
  let ended = true;
  for (const read of readersOf(live, changes, position, call)) {
    const reader: Reader = { deps, slot, inTime, counts, heard, ...read };
    ended = (await readPages(reader)) && ended;
  }
  return { ...counts, waitMs: ended && !hinted.more ? pauseOf(live, deps.elapsed() - began) : 0 };
};

/** A look that took long, for the ledger or the system had much to do, is not repeated at once: looking takes half the time at most. */
const pauseOf = ({ settings }: LiveConnection, tookMs: number): number => Math.max(settings.pollMs, Math.ceil(tookMs));

const NOTHING = { changed: 0, missing: 0, more: false };

/** A webhook woke us: how long the feed may still rest before its own time has come, ms. */
const restOf = ({ settings }: LiveConnection, { pass, fedMsAgo }: CapturePosition): number =>
  pass !== undefined || fedMsAgo === undefined ? 0 : Math.max(0, settings.pollMs - fedMsAgo);

interface Page {
  readonly changes: readonly Change[];
  readonly next: string;
  readonly more: boolean;
  readonly gap?: 'cursor-expired';
}
interface Source {
  readonly kind: 'feed' | 'pass';
  readonly cursor: string;
  readonly page: (cursor: string) => Promise<Page>;
}
interface Reader extends Source {
  readonly deps: Deps;
  readonly slot: string;
  readonly inTime: () => boolean;
  readonly heard: () => void;
  readonly counts: { stored: number; changed: number };
}

/** The feed comes first, so that a long pass does not hold up what changes meanwhile. */
const readersOf = (
  { connector }: LiveConnection,
  { mode }: Capabilities['changes'],
  { record, feedCursor, pass }: CapturePosition,
  call: Call,
): readonly Source[] => [
  ...(mode === 'none'
    ? []
    : [
        {
          kind: 'feed' as const,
          cursor: feedCursor,
          page: (cursor: string) => connector.changes(record, { cursor, limit: PAGE }, call),
        },
      ]),
  ...(pass === undefined
    ? []
    : [
        {
          kind: 'pass' as const,
          cursor: pass.cursor,
          page: (cursor: string) => connector.list(record, { cursor, limit: PAGE }, call),
        },
      ]),
];

/** A page and the ledger time before it was asked for. A failure waits in it until it is looked at. */
const fetched = ({ deps, page }: Reader, cursor: string) => {
  const fetching = (async () => {
    const from = await deps.capture.now();
    return { from, page: await page(cursor) };
  })();
  fetching.catch(() => undefined);
  return fetching;
};

/** Page after page until the end or out of time; the next page is on its way while one is stored. True at the end. */
const readPages = async (reader: Reader): Promise<boolean> => {
  const { deps, slot, kind, counts } = reader;
  let coming = fetched(reader, reader.cursor);
  for (;;) {
    const { from, page } = await coming;
    reader.heard();
    const goesOn = page.more && page.gap === undefined && reader.inTime();
    if (goesOn) coming = fetched(reader, page.next);
    const { changes, next, gap } = page;
    const began = goesOn ? deps.elapsed() : 0;
    const captured = await deps.capture.storePage({
      slot,
      kind,
      changes,
      next,
      done: !page.more && gap === undefined,
      from,
      ...(gap === undefined ? {} : { gap: true }),
    });
    counts.stored += captured.stored;
    counts.changed += captured.changed;
    if (captured.nudge.length > 0) await deps.nudge(captured.nudge);
    if (!goesOn) return !page.more && gap === undefined;
    await deps.precedence.restAfterPage(changes.length, deps.elapsed() - began);
  }
};
