/** The supervised group as a process that can be killed: `supervisor.ts <options as JSON>`; it tells its parent who runs and when they are ready. */
import type { Say } from '../../scripts/say.mjs';
import { PAIRS, type Pair } from '../../src/cli/demo/pairs.ts';
import { groupOptions } from '../../src/cli/demo/start.ts';
import { startGroup } from '../../src/cli/up/group.ts';

/** What the parent asks for. */
export interface Asked {
  readonly home: string;
  readonly config: string;
  readonly pair: Pair['name'];
  /** Addresses of what somebody else runs. */
  readonly env: Readonly<Record<string, string>>;
}
/** What the parent is told. */
export type Told =
  | {
      readonly ready: {
        readonly urls: Readonly<Record<string, string>>;
        readonly pids: Readonly<Record<string, number>>;
      };
    }
  | { readonly again: { readonly part: string; readonly pids: Readonly<Record<string, number>> } };

if (import.meta.main) {
  const { home, config, pair, env } = JSON.parse(process.argv[2] ?? '{}') as Asked;
  // The systems were furnished before, by whoever runs them.
  const { furnish: _furnished, ...bare } = PAIRS[pair];
  const quiet: Say = { note: () => undefined, step: (_title, _seconds, work) => work(() => undefined) };
  const options = groupOptions({ home, customers: 0, seed: 0, pair: bare, say: quiet }, config);
  process.on('disconnect', () => process.exit(1));
  const group = await startGroup({ ...options, env: { ...options.env, ...env } });
  const tell = (told: Told): void => void process.send?.(told);
  group.events.on('ready', (part) => tell({ again: { part, pids: group.pids() } }));
  tell({ ready: { urls: group.urls, pids: group.pids() } });
  process.once('SIGTERM', () => void group.stop().then(() => process.exit(0)));
}
