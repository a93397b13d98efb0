import { continueAsNew, uuid4, workflowInfo } from '@temporalio/workflow';
import type { Turn, TurnInput } from '../activities/turn.ts';
import type { SyncInput } from './messages.ts';
import { type Nudges, nudges } from './nudges.ts';
import { failedOf, settled } from './recovery.ts';
import { ledger, stepsOn } from './steps.ts';
import { FAILED_MS, IDLE_MS, ROUNDS_PER_RUN } from './timeouts.ts';

/** Keep one mapping in agreement, for ever. The ledger knows what is due; this only decides what happens next. */
export async function sync(input: SyncInput): Promise<never> {
  const nudge = nudges();
  const beside = besideOf(input);
  let done: string | undefined;
  for (let round = 0; round < ROUNDS_PER_RUN && !workflowInfo().continueAsNewSuggested; round += 1) {
    const before = done;
    done = undefined;
    try {
      done = await oneRound(input, { nudge, beside, done: before });
    } catch (failure) {
      failedOf(failure);
      await nudge.orAfter(FAILED_MS);
    }
  }
  await lastReleased(done, nudge);
  await beside.ended();
  return continueAsNew<typeof sync>({ mapping: input.mapping, turns: true });
}

interface Lane {
  readonly nudge: Nudges;
  readonly beside: Beside;
  /** The segment of the round before, whose work is done. */
  readonly done: string | undefined;
}

/** Returns the segment whose work is done; undefined when nothing was due. */
const oneRound = async (input: SyncInput, { nudge, beside, done }: Lane): Promise<string | undefined> => {
  const adopts = beside.runs() ? [] : [beside.lane];
  const turn = await next(input, { workflow: workflowInfo().workflowId, adopts }, done);
  const { segment, nextDue, more } = turn;
  if (segment === null) {
    await nudge.orAfter(nextDue === null ? IDLE_MS : Math.min(IDLE_MS, Date.parse(nextDue) - Date.now()));
    return undefined;
  }
  if (more) beside.start();
  return work(input, segment, turn);
};

/** What is done is released, and what is due is claimed; where nothing must be read first it may be planned already. */
const next = async (
  { mapping, turns }: SyncInput,
  lane: Pick<TurnInput, 'workflow' | 'adopts'>,
  done: string | undefined,
): Promise<Turn> => {
  if (turns === true) return ledger.turn({ mapping, fresh: uuid4(), ...lane, ...(done === undefined ? {} : { done }) });
  // What a version before December 2026 began; each has begun anew within its first 200 rounds.
  if (done !== undefined) await ledger.release({ segment: done });
  return ledger.claim({ mapping, fresh: uuid4(), ...lane });
};

const work = async ({ mapping }: SyncInput, segment: string, { sources, targets }: Turn): Promise<string> => {
  const toWrite = targets ?? (await planned(mapping, segment, sources));
  await settled(segment, toWrite, (connection) => stepsOn(connection).writeSegment({ segment, connection }));
  return segment;
};

const planned = async (mapping: string, segment: string, sources: readonly string[]): Promise<readonly string[]> => {
  await settled(segment, sources, (connection) => stepsOn(connection).observe({ segment, connection }));
  return (await ledger.plan({ segment, mapping })).targets;
};

/** No round follows that would release it. */
const lastReleased = async (done: string | undefined, nudge: Nudges): Promise<void> => {
  if (done === undefined) return;
  try {
    await ledger.release({ segment: done });
  } catch (failure) {
    failedOf(failure);
    await nudge.orAfter(FAILED_MS);
  }
};

/** A second lane: while there is much to do, one lane plans what the other will write next. */
interface Beside {
  readonly lane: string;
  runs(): boolean;
  /** Begins to work beside the main lane, until nothing is due any more; does nothing while it works already. */
  start(): void;
  ended(): Promise<void>;
}

const besideOf = (input: SyncInput): Beside => {
  const lane = `${workflowInfo().workflowId}/2`;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    try {
      let done: string | undefined;
      for (let round = 0; round < ROUNDS_PER_RUN && !workflowInfo().continueAsNewSuggested; round += 1) {
        const turn = await next(input, { workflow: lane }, done);
        done = turn.segment ?? undefined;
        if (turn.segment === null) break;
        await work(input, turn.segment, turn);
      }
      if (done !== undefined) await ledger.release({ segment: done });
    } catch (failure) {
      // The main lane takes over what is left, after its own pause if it fails the same way.
      failedOf(failure);
    }
    running = undefined;
  };
  return {
    lane,
    runs: () => running !== undefined,
    start: () => {
      running ??= run();
      // What is no step's failure is told when its end is waited for.
      running.catch(() => undefined);
    },
    ended: async () => running,
  };
};
