/** One line per step for a person at a terminal, on stderr so that stdout stays for results. */

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

const left = (elapsedMs, estimateS) => {
  const rest = estimateS * 1000 - elapsedMs;
  return rest > 1000 ? `about ${seconds(rest)} left` : 'nearly done';
};

const line = (text) => process.stderr.write(live ? `\r\x1b[K${text}` : `${text}\n`);

/** Do one step, showing time passed and left; one line stays when it is done. */
export const step = async (title, estimateS, work) => {
  const started = Date.now();
  const progress = () =>
    line(`  ${title} … ${seconds(Date.now() - started)}, ${left(Date.now() - started, estimateS)}`);
  if (live || estimateS > 5) line(`  ${title} … about ${seconds(estimateS * 1000)}`);
  const timer = setInterval(progress, live ? 1000 : HEARTBEAT_S * 1000);
  try {
    const result = await work();
    line(`  ${title} … ${seconds(Date.now() - started)}${live ? '\n' : ''}`);
    return result;
  } catch (error) {
    line(`  ${title} … failed after ${seconds(Date.now() - started)}${live ? '\n' : ''}`);
    throw error;
  } finally {
    clearInterval(timer);
  }
};

/** Print a line that stays. */
export const note = (text) => line(`  ${text}${live ? '\n' : ''}`);

/** The two ways to speak, as the set-up functions take them. */
export const say = { step, note };

/** Print what stopped us and give the exit code: one sentence for an obstacle, the whole stack for a fault of ours. */
export const report = (error) => {
  process.stderr.write(error instanceof Obstacle ? `\n${error.message}\n` : `\n${error?.stack ?? error}\n`);
  return 1;
};
