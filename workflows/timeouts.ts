/** How long steps may take and how often they are tried. Each number with its reason. */
import type { ActivityOptions } from '@temporalio/workflow';

/** Ledger steps are tried without end: nothing can go on without the ledger. */
export const LEDGER: ActivityOptions = {
  // A segment of 2,000 plans in a few seconds; a ledger under load may take many times that.
  startToCloseTimeout: 300_000,
  // They beat once a second; planning may keep the process busy for a second or two between beats.
  heartbeatTimeout: 4_000,
  // Short, so that work goes on soon after the ledger is back.
  retry: { initialInterval: 250, backoffCoefficient: 2, maximumInterval: 2_000 },
};

/** Outbound steps: seven attempts, then what is left waits as rows. */
export const OUTBOUND: ActivityOptions = {
  // Each call has its connection's own limit and silence is noticed by the heartbeat, so this only bounds the sum: a
  // system that takes one record at a time may need long for a segment, and cutting it off puts what it sends in doubt.
  startToCloseTimeout: 3_600_000,
  // Three beats missed: the worker is gone.
  heartbeatTimeout: 3_000,
  // No worker serves this connection: release, rather than hold the mapping's other side.
  scheduleToStartTimeout: 60_000,
  // After a worker that died the next attempt comes in a second, however often that happened. Where a system failed, the
  // activity itself asks for pauses that double up to half a minute.
  retry: { initialInterval: 1_000, backoffCoefficient: 1, maximumAttempts: 7 },
};

/** Somebody waits for a probe: one try, soon. */
export const PROBE: ActivityOptions = {
  startToCloseTimeout: 60_000,
  heartbeatTimeout: 3_000,
  scheduleToStartTimeout: 15_000,
  retry: { maximumAttempts: 1 },
};

/** People wait for an answer: one try, soon. Who still waits asks again, and each question is a row. */
export const ANSWER: ActivityOptions = {
  startToCloseTimeout: 120_000,
  heartbeatTimeout: 3_000,
  scheduleToStartTimeout: 10_000,
  retry: { maximumAttempts: 1 },
};
/** Who asks comes in bursts: so long the next question finds us ready. */
export const LOOK_IDLE_MS = 10_000;

/** Look again this often without being told: a lost nudge costs no more. */
export const IDLE_MS = 5_000;
/** Never spin: a row may be due already and still be held by somebody else. */
export const LEAST_MS = 100;
/** After a step that failed for good, so that a lasting fault does not spin. */
export const FAILED_MS = 5_000;
/** An order is looked at a few times in its life; each look is three events or so. */
export const LOOKS_PER_RUN = 500;
/** A history of so many rounds is replayed in well under a second; then a new one begins. */
export const ROUNDS_PER_RUN = 200;
