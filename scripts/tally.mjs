#!/usr/bin/env node
/** The `tally` command: the same way in as every other, then the command line itself. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'cli', 'main.ts'));
await import('./enter.mjs');
