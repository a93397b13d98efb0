import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until, type World } from './world.ts';

const APPLIED_WITHIN_MS = 30_000;

interface Revisions {
  readonly revisions: readonly { readonly number: number }[];
}

/** Add a row to a lookup table as an administrator would: in the file, with its revision raised. Resolves when it is in force. */
export const addLookupRow = async (world: World, lookup: string, row: string): Promise<void> => {
  const newest = async (): Promise<number> =>
    Math.max(0, ...(await world.call<Revisions>('GET /config')).revisions.map((each) => each.number));
  const before = await newest();
  const path = join(world.config, 'mappings', 'lookups', `${lookup}.yaml`);
  const text = await readFile(path, 'utf8');
  const raised = text.replace(/^revision: (\d+)/m, (_line, number) => `revision: ${Number(number) + 1}`);
  await writeFile(path, raised.replace(/^rows:\n/m, `rows:\n  - ${row}\n`));
  if (!(await until(APPLIED_WITHIN_MS, async () => (await newest()) > before)))
    throw new Error(`the new row of ${lookup} was not applied; see the worker's log`);
};
