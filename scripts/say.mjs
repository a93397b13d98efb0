/** One line per step for a person at a terminal, on stderr so that stdout stays for results. */

import { dirname } from 'node:path';

/** An obstacle whose message is the one sentence a person needs: what is wrong and what to do. */
export class Obstacle extends Error {
  name = 'Obstacle';
}

const live = process.stderr.isTTY === true && !process.env.CI;
const HEARTBEAT_S = 30;

export const seconds = (ms) => {
  const whole = Math.round(ms / 1000);
  return whole < 100 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
};

// A known fraction beats the estimate once it says anything at all.
const left = (elapsedMs, estimateS, fraction) => {
  const byFraction = fraction > 0.1 ? (elapsedMs / fraction) * (1 - Math.min(fraction, 1)) : undefined;
  const rest = byFraction ?? estimateS * 1000 - elapsedMs;
  return rest > 1000 ? `about ${seconds(rest)} left` : 'nearly done';
};

const line = (text) => process.stderr.write(live ? `\r\x1b[K${text}` : `${text}\n`);
const lasting = (text) => line(live ? `${text}\n` : text);

// Of steps within steps only the innermost tells how far it is.
const steps = [];

/** Do one step, showing time passed and left; one line stays when it is done. */
export const step = async (title, estimateS, work) => {
  const started = Date.now();
  let fraction = 0;
  const passed = () => seconds(Date.now() - started);
  const own = Symbol(title);
  const progress = () => {
    if (steps.at(-1) === own) line(`  ${title} … ${passed()}, ${left(Date.now() - started, estimateS, fraction)}`);
  };
  steps.push(own);
  if (live || estimateS > 5) line(`  ${title} … about ${seconds(estimateS * 1000)}`);
  const timer = setInterval(progress, live ? 1000 : HEARTBEAT_S * 1000);
  try {
    const result = await work((done) => {
      fraction = done;
    });
    lasting(`  ${title} … ${passed()}`);
    return result;
  } catch (error) {
    lasting(`  ${title} … failed after ${passed()}`);
    throw error;
  } finally {
    clearInterval(timer);
    steps.splice(steps.indexOf(own), 1);
  }
};

/** Print a line that stays. */
export const note = (text) => lasting(`  ${text}`);

/** The two ways to speak, as the set-up functions take them. */
export const say = { step, note };

const folderOf = ({ dest, path, syscall }) => (path === undefined ? syscall : dirname(dest ?? path));
const SYSTEM = {
  ENOSPC: (error) => `The disk is full (${folderOf(error)}): free about 2 GB, then run the command again.`,
  EACCES: (error) => `No permission for ${folderOf(error)}: make it yours, then run the command again.`,
  EROFS: (error) => `${folderOf(error)} cannot be written to: work in a folder that can.`,
};

/** Print what stopped us and give the exit code: one sentence for an obstacle, the whole stack for a fault of ours. */
export const report = (error) => {
  const sentence = error instanceof Obstacle ? error.message : SYSTEM[error?.code]?.(error);
  process.stderr.write(`\n${sentence ?? error?.stack ?? error}\n`);
  return 1;
};
