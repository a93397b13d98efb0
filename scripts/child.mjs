/** Programs under this same Node, on this terminal; they get our signals, and after one nothing more is started. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Obstacle } from './say.mjs';

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const children = new Set();
let interrupted = false;
// Ctrl-C reaches the children by itself; SIGTERM is for us alone and passed on.
process.on('SIGINT', () => {
  interrupted = true;
});
process.on('SIGTERM', () => {
  interrupted = true;
  for (const child of children) child.kill('SIGTERM');
});

/** Resolves with the exit code. `beside`: it runs beside another one, so what it says is held back and told when it has ended. */
export const run = (args, { beside = false } = {}) =>
  new Promise((resolve, reject) => {
    const stdio = beside ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(process.execPath, args, { cwd: root, stdio });
    const said = [];
    children.add(child);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => said.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      children.delete(child);
      if (said.length > 0) process.stdout.write(Buffer.concat(said));
      if (interrupted) reject(new Obstacle('Interrupted.'));
      else resolve(code ?? 1);
    });
  });
