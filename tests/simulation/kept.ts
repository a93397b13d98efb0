/** Runs that once failed, shrunk: replayed ever after by `kept.ledger.test.ts`. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { Action } from './draw.ts';
import type { Mutation, Setup } from './setup.ts';
import type { Short } from './shrink.ts';

/** A run as it is kept: whether a rule was broken in it, and the promise that was not kept then. */
export interface Kept {
  readonly promise: string;
  readonly mutation?: Mutation;
  readonly setup: Setup;
  readonly actions: readonly Action[];
}

const FOLDER = new URL('kept/', import.meta.url);

/** Writes a shrunk run down. Returns its name: the same seed is another run where runs are hard. */
export const keep = async (
  { setup, actions, verdict }: Short,
  { mutation, hard }: { readonly mutation?: Mutation; readonly hard: boolean },
): Promise<string> => {
  const name = `${mutation ?? (hard ? 'hard' : 'seed')}-${setup.seed}`;
  const kept: Kept = {
    promise: verdict.complaints[0]?.promise ?? '',
    ...(mutation === undefined ? {} : { mutation }),
    setup,
    actions,
  };
  await mkdir(FOLDER, { recursive: true });
  const body = Object.entries(kept).map(([key, value]) =>
    key === 'actions'
      ? `"actions": [\n${actions.map((action) => `  ${JSON.stringify(action)}`).join(',\n')}\n]`
      : `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  await writeFile(new URL(`${name}.json`, FOLDER), `{\n${body.join(',\n')}\n}\n`);
  return name;
};

/** All that were kept, by name. */
export const keptRuns = async (): Promise<readonly { readonly name: string; readonly run: Kept }[]> => {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => ({
      name: name.slice(0, -'.json'.length),
      run: JSON.parse(await readFile(new URL(name, FOLDER), 'utf8')) as Kept,
    })),
  );
};
