/** `tally up`: the group in the foreground of a terminal, until Ctrl-C or SIGTERM. */
import { say as terminal } from '../../../scripts/say.mjs';
import { type Group, type GroupOptions, startGroup } from './group.ts';

/** Someone asked us to end: by Ctrl-C, SIGTERM or by closing the terminal. */
const asked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });

export interface UpOptions extends GroupOptions {
  /** Called when all parts are ready; what it shows is up to the caller. */
  readonly shown?: (group: Group) => void | Promise<void>;
}

/** Starts the group, shows how it goes, and stops it when asked; a second request ends everything at once. */
export const runUp = async (options: UpOptions): Promise<void> => {
  const say = options.say ?? terminal;
  const over = asked();
  let starting = true;
  // Asked to end before there is a group to stop: the parts end with us.
  void over.then(() => starting && process.exit(130));
  const group = await say.step('Starting', 5, () => startGroup({ ...options, say }));
  starting = false;
  group.events.on('died', (part, how) => say.note(`${part} ended (${how}); it is started again`));
  group.events.on('ready', (part) => say.note(`${part} is ready again`));
  await options.shown?.(group);
  await over;
  group.events.removeAllListeners();
  // A person who asks twice does not want to wait: the parts end with us.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  await say.step('Stopping', 3, () => group.stop());
};
