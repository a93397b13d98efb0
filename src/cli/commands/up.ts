import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { say } from '../../../scripts/say.mjs';
import { compileRevision } from '../../config/compiled.ts';
import { connectorProblems } from '../../config/connectors.ts';
import { readConfigFiles } from '../../config/files.ts';
import { readSettings, type Settings } from '../../config/settings.ts';
import { SyncError } from '../../domain/errors.ts';
import { keysFile } from '../../server/first-keys.ts';
import type { Io } from '../io.ts';
import { prepareGroup } from '../up/prepare.ts';
import { runUp } from '../up/run.ts';
import { whole } from '../whole.ts';

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** `tally up`: everything on this machine, until Ctrl-C. */
export const upCommand = (program: Command, io: Io): void => {
  program
    .command('up')
    .description('run ledger, engine, worker, sandbox and API on this machine, until Ctrl-C')
    .option('--customers <count>', 'how many customers the sandbox is seeded with', whole(1, 100_000), 2_000)
    .option('--seed <number>', 'which customers these are', whole(0, 2_000_000_000), 1)
    .action(async ({ customers, seed }: { customers: number; seed: number }) => {
      const settings = readSettings({ ...io.env, TALLY_MODE: io.env['TALLY_MODE'] || 'local' });
      // A mistake in the files is said before anything is started.
      await assertUsable(await readConfigFiles(settings.TALLY_CONFIG), settings.TALLY_MODE);
      const home = resolve(settings.TALLY_HOME);
      const before = textOf(keysFile(home));
      await runUp({
        home,
        customers,
        seed,
        prepare: prepareGroup(say),
        shown: (group) => io.out(readyText(group.urls, before, textOf(keysFile(home)), keysFile(home))),
      });
    });
};

const assertUsable = async (files: Readonly<Record<string, string>>, mode: Settings['TALLY_MODE']): Promise<void> => {
  compileRevision({ number: 0, author: '', files });
  const problems = await connectorProblems(files, mode);
  const [first] = problems;
  if (first !== undefined) throw new SyncError('CONFIG_INVALID', first, { problems });
};

/** What is where, and on the first start the keys, this once. */
const readyText = (urls: Readonly<Record<string, string>>, before: string, keys: string, path: string): string => {
  const lines = ['Ready. `tally status --watch` shows how it goes; Ctrl-C stops everything.', ''];
  for (const name of ['TALLY_API_URL', 'SANDBOX_CRM_URL', 'SANDBOX_ERP_URL'])
    if (urls[name] !== undefined) lines.push(`  ${name.padEnd(16)} ${urls[name]}`);
  if (keys !== '' && keys !== before) {
    lines.push(
      '',
      `Keys of the API, one per role, shown this once (\`tally\` on this machine uses them from ${path}):`,
      '',
    );
    for (const [role, key] of Object.entries(JSON.parse(keys) as Record<string, string>))
      lines.push(`  ${role.padEnd(9)} ${key}`);
  }
  return `${lines.join('\n')}\n`;
};
