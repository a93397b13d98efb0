/** A whole system on fresh data, with a copy of the configuration that may be edited. */
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Say } from '../../../scripts/say.mjs';
import { type GroupOptions, startGroup } from '../up/group.ts';
import { prepareGroup } from '../up/prepare.ts';
import type { Pair } from './pairs.ts';
import { type World, worldOf } from './world.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface StartOptions {
  readonly home: string;
  readonly customers: number;
  readonly seed: number;
  readonly pair: Pair;
  readonly say: Say;
}

/** Forget what stood below `home`, and lay out a configuration there. Returns its folder. */
export const freshConfig = async (home: string, pair: Pair): Promise<string> => {
  await rm(home, { recursive: true, force: true });
  const folder = join(home, 'config');
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, pair.config), join(folder, 'tallystick.yaml'));
  await cp(join(ROOT, 'mappings'), join(folder, 'mappings'), { recursive: true });
  await cp(join(ROOT, 'views'), join(folder, 'views'), { recursive: true });
  return folder;
};

/** How a group of its own is started on such a configuration, whatever the shell's own settings name. */
export const groupOptions = ({ home, customers, seed, pair, say }: StartOptions, config: string): GroupOptions => ({
  home,
  customers,
  seed,
  say,
  table: pair.parts,
  prepare: async (env) => {
    await prepareGroup(say)(env);
    await pair.furnish?.(env, { customers, seed });
  },
  env: { TALLY_CONFIG: join(config, 'tallystick.yaml'), TALLY_MODE: 'local', DATABASE_URL: '' },
});

/** Starts everything below `home`. */
export const startWorld = async (options: StartOptions): Promise<World> => {
  const config = await freshConfig(options.home, options.pair);
  const group = await startGroup(groupOptions(options, config));
  return worldOf({
    urls: { ...givenOf(group.env), ...group.urls },
    home: options.home,
    config,
    pair: options.pair,
    stop: () => group.stop(),
  });
};

/** Addresses of what somebody else runs. */
const givenOf = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => /^SANDBOX_.*_URL$/.test(name)));
