/** A supervisor to be killed: `supervisor.ts <home> fake|real` runs a group until it is told to end. */
import { join } from 'node:path';
import { startGroup } from '../../src/cli/up/group.ts';
import { fake, silent } from './fakes.ts';

const [home = '', kind] = process.argv.slice(2);
const notes = join(home, 'notes');
const table = [fake(notes, 'one'), fake(notes, 'two', 'busy', ['one']), fake(notes, 'three', 'guarded')];

const group = await startGroup({
  home,
  say: silent,
  ...(kind === 'fake' ? { table } : { parts: ['ledger', 'engine'] }),
});
process.once('SIGTERM', () => void group.stop().then(() => process.exit(0)));
process.send?.({ urls: group.urls, pids: group.pids() });
