/** Records that webhooks named are read at their system: what the message said of them is never believed. */
import type { Call, Capabilities } from '../connectors/sdk/seam.ts';
import type { Hint } from '../src/ledger/port.ts';
import { capabilitiesOf, type Deps, type LiveConnection } from './deps.ts';
import { inLanes, type OutboundAttempt, pieces } from './outbound.ts';

// Hints of one round: what comes meanwhile waits for the next, so that a flood is read in batches.
const MOST = 500;

/** What reading them showed. `missing`: known to us and not there; `more`: there may be more hints. */
export interface Hinted {
  readonly changed: number;
  readonly missing: number;
  readonly more: boolean;
}

/** One round of a slot's hints, the oldest first. Safe to repeat: a hint ends with what was read. */
export const readHinted = async (
  deps: Deps,
  live: LiveConnection,
  { slot, record }: { readonly slot: string; readonly record: string },
  { signal, heard }: OutboundAttempt,
): Promise<Hinted> => {
  const { read, changes } = capabilitiesOf(live, record);
  const hints = await deps.capture.hints(slot, MOST);
  const left = [...pieces(hints, Math.max(1, read.maxBatch))];
  const total = { changed: 0, missing: 0 };
  const call: Call = { signal, beforeRequest: live.leave };
  await inLanes(live.settings.concurrency, async () => {
    const piece = left.shift();
    if (piece === undefined) return false;
    signal.throwIfAborted();
    const stored = await readPiece(deps, live, { slot, record, deletes: changes.deletes, piece, call });
    heard();
    total.changed += stored.changed;
    total.missing += stored.missing;
    if (stored.nudge.length > 0) await deps.nudge(stored.nudge);
    return true;
  });
  return { ...total, more: hints.length === MOST };
};

const readPiece = async (
  { capture }: Deps,
  { connector }: LiveConnection,
  {
    slot,
    record,
    deletes,
    piece,
    call,
  }: {
    readonly slot: string;
    readonly record: string;
    readonly deletes: Capabilities['changes']['deletes'];
    readonly piece: readonly Hint[];
    readonly call: Call;
  },
) => {
  const from = await capture.now();
  const answers = await connector.read(record, { ids: piece.map(({ id }) => id) }, call);
  const read = piece.flatMap((hint, i) => {
    const answer = answers[i];
    return answer === undefined ? [] : [{ hint, answer }];
  });
  return capture.storeHinted({ slot, from, deletes, read });
};
