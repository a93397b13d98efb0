import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';
import { breachesOf, importsOf, TABLE } from './boundaries.ts';

const ROOT = join(import.meta.dirname, '..');
const SKIPPED = new Set(['node_modules', '.git', '.tally']);

const sources = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries
    .filter(({ name }) => !SKIPPED.has(name))
    .map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return /\.m?ts$|\.mjs$/.test(entry.name) ? [path] : [];
    });
  return (await Promise.all(found)).flat();
};

const named = async (): Promise<readonly string[]> =>
  (await sources(ROOT)).map((path) => relative(ROOT, path).split(sep).join('/'));

test('imports only point down, as the table says', async () => {
  const files = await named();
  expect(files.length).toBeGreaterThan(100);
  const breaches = await Promise.all(
    files.map(async (file) => breachesOf(file, await readFile(join(ROOT, file), 'utf8'))),
  );
  expect(breaches.flat()).toEqual([]);
});

test('everything in the table is there, so that what is renamed does not go unwatched', async () => {
  const files = await named();
  const missing = Object.keys(TABLE).filter((row) => !files.some((file) => file === row || file.startsWith(`${row}/`)));
  expect(missing).toEqual([]);
});

test.each([
  ['workflows/sync.ts', `import axios from 'axios';`],
  ['workflows/sync.ts', `import { readFile } from 'node:fs/promises';`],
  ['workflows/sync.ts', `import { SyncError } from '../src/domain/errors.ts';`],
  ['workflows/sync.ts', `import { createPlan } from '../activities/plan.ts';`],
  ['workflows/sync.ts', `import { type LedgerSteps } from '../activities/index.ts';`],
  ['src/domain/plan.ts', `import { randomUUID } from 'node:crypto';`],
  ['src/domain/plan.ts', `import type { Mapping } from '../mapping/port.ts';`],
  ['src/mapping/compile.ts', `import { readFile } from 'node:fs/promises';`],
  ['src/mapping/compile.ts', `const later = await import('../ledger/database.ts');`],
  ['src/ledger/steps/plan.ts', `import { createConnector } from '../../../connectors/index.ts';`],
  ['src/ledger/steps/plan.ts', `import {\n  type Outcome,\n  done,\n} from '../../../connectors/sdk/seam.ts';`],
  ['activities/plan.ts', `import { planSegment } from '../src/ledger/steps/plan.ts';`],
  ['activities/plan.ts', `import type { AxiosError } from 'axios';`],
  ['connectors/rest/read.ts', `import type { AxiosInstance } from 'axios';`],
  ['connectors/sdk/http.ts', `import { openDatabase } from '../../src/ledger/database.ts';`],
  ['src/server/app.ts', `import { createConnector } from '../../connectors/index.ts';`],
  ['src/server/app.ts', `export * from '../../workflows/sync.ts';`],
  ['src/config/store.ts', `const { openDatabase } = require('../ledger/database.ts');`],
  ['sandbox/checker/check.ts', `import { parseJson } from '../../src/domain/json.ts';`],
  ['sandbox/checker/check.ts', `import { startCrm } from '../crm/server.ts';`],
  ['sandbox/crm/server.ts', `import type { Json } from '../../src/domain/json.ts';`],
  ['scripts/enter.mjs', `import { parse } from 'yaml';`],
  ['src/domain/json.ts', `export const load = (name: string) => import(name);`],
  ['tests/kit/world.ts', `import axios from 'axios';`],
])('%s may not say %s', (file, code) => {
  expect(breachesOf(file, code)).toHaveLength(1);
});

test.each([
  ['workflows/sync.ts', `import type { LedgerSteps } from '../activities/index.ts';`],
  ['src/ledger/port.ts', `type Answer = import('../../connectors/sdk/seam.ts').ReadAnswer;`],
  ['connectors/sdk/http.ts', `import axios, { type AxiosInstance } from 'axios';`],
  ['src/server/engine.ts', `import { syncId } from '../../workflows/messages.ts';`],
  ['src/domain/json.ts', `// import { x } from '../ledger/database.ts'\n/**\n * import { y } from 'axios'\n */`],
])('%s may say %s', (file, code) => {
  expect(breachesOf(file, code)).toEqual([]);
});

test('an import is seen in every shape it can be written', () => {
  const shapes = [
    `import 'a';`,
    `import b from "b";`,
    `import * as c from 'c';`,
    `import {\n  d,\n  e,\n} from 'd';`,
    `export { f } from 'e';`,
    `export * from 'f';`,
    `  const g = await import('g');`,
    `const h = require("h");`,
  ];
  expect(
    importsOf(shapes.join('\n'))
      .map(({ of }) => of)
      .sort(),
  ).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
});
