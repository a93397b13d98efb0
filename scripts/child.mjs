/** A program under this same Node, on this terminal; it gets our signals, and after one nothing more is started. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Obstacle } from './say.mjs';

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

let child;
let interrupted = false;
// Ctrl-C reaches the child by itself; SIGTERM is for us alone and passed on.
process.on('SIGINT', () => {
  interrupted = true;
});
process.on('SIGTERM', () => {
  interrupted = true;
  child?.kill('SIGTERM');
});

/** Resolves with the exit code. */
export const run = (args) =>
  new Promise((resolve, reject) => {
    child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code) => (interrupted ? reject(new Obstacle('Interrupted.')) : resolve(code ?? 1)));
  });
