/** A folder with the product's own configuration, where connections are made. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfigFiles } from '../../src/config/files.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { aTerminal } from './terminal.ts';

export const SAMPLES = join(import.meta.dirname, 'samples');
export const PRODUCT = join(import.meta.dirname, '../..');

type Terminal = ReturnType<typeof aTerminal>;
interface Desk {
  readonly folder: string;
  readonly tally: Terminal;
  readonly with: (change: Parameters<typeof aTerminal>[0]) => Terminal;
  /** What a new connector's file says, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into presets of every shape
  readonly preset: (name: string) => Promise<any>;
}

/** Work at a desk of one's own. */
export const atDesk = async (work: (desk: Desk) => Promise<void>, env: Record<string, string> = {}): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-new-'));
  try {
    for (const name of ['tallystick.yaml', 'mappings'])
      await cp(join(PRODUCT, name), join(folder, name), { recursive: true });
    const main = join(folder, 'tallystick.yaml');
    const seen = { TALLY_CONFIG: main, ...env };
    const preset: Desk['preset'] = async (name) =>
      parseConfiguration({ number: 0, author: '', files: await readConfigFiles(main) }).presets[name];
    await work({
      folder,
      tally: aTerminal({ env: seen }),
      with: (change) => aTerminal({ env: seen, ...change }),
      preset,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
