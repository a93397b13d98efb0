import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

test('whoever reads only the beginning of what `tally` prints sees no error', async () => {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'help'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Closed before the command has begun: all it prints goes nowhere, as after `| head`.
  child.stdout.destroy();
  const [said, [exit]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect([exit, said]).toEqual([0, '']);
});
