import { type Change, type Compared, changesBetween, revisionsNotRaised } from '../config/changes.ts';
import { compileRevision } from '../config/compiled.ts';
import { bareSecrets } from '../config/parse.ts';
import type { ConfigRevision } from '../config/port.ts';
import { readRevision, type StoredRevision, storeRevision } from '../config/store.ts';
import { SyncError } from '../domain/errors.ts';
import { journal } from '../ledger/steps/journal.ts';
import { problemLine } from '../mapping/problem.ts';
import { connectorProblems } from './connectors.ts';
import type { ServerDeps } from './deps.ts';

type Files = ConfigRevision['files'];

/** What files would change against the newest revision, and all that stands against it. */
export interface ConfigurationPlan {
  readonly revision: number;
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
}

const NONE: Compared = { files: {}, mappings: new Map() };

/** Compiled as far as it can be, with what is wrong. */
const compiled = (files: Files): Compared & { readonly problems: readonly string[] } => {
  try {
    const { mappings } = compileRevision({ number: 0, author: '', files });
    return { files, mappings, problems: [] };
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'CONFIG_INVALID') throw error;
    return { files, mappings: new Map(), problems: error.facts.problems ?? [error.message] };
  }
};

/** Compares files with the newest revision. Files that cannot be used are not compared: their problems come first. */
export const planConfiguration = async (
  { db, local }: Pick<ServerDeps, 'db' | 'local'>,
  files: Files,
): Promise<ConfigurationPlan> => {
  const newest = await readRevision(db);
  const before = newest === undefined ? NONE : compiled(newest.files);
  const after = compiled(files);
  const problems = new Set([
    ...after.problems,
    ...revisionsNotRaised(before.mappings, after.mappings).map(problemLine),
    // What is stored is shown to those who audit, for ever.
    ...(local || after.problems.length > 0 ? [] : bareSecrets({ files })),
    ...(await connectorProblems(files, local ? 'local' : 'production')),
  ]);
  return {
    revision: newest?.number ?? 0,
    changes: after.problems.length > 0 ? [] : changesBetween(before, after),
    problems: [...problems],
  };
};

// A journal's line is read by people; the revision itself has every letter.
const NAMED = 20;
const inShort = (changes: readonly Change[]): string => {
  if (changes.length === 0) return 'only what has no effect, such as comments';
  const named = changes.slice(0, NAMED).map(({ what, name, change }) => `${what} ${name} ${change}`);
  return [...named, ...(changes.length > NAMED ? [`${changes.length - NAMED} more`] : [])].join(', ');
};

/** Stores files that were compared with revision `on`, and journals who did so and what it changes: both or neither. */
export const applyConfiguration = async (
  deps: Pick<ServerDeps, 'db' | 'local'>,
  { author, files, on }: { readonly author: string; readonly files: Files; readonly on: number },
): Promise<StoredRevision> => {
  const { changes, problems } = await planConfiguration(deps, files);
  if (problems.length > 0)
    throw new SyncError(
      'CONFIG_INVALID',
      `the configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}`,
      { problems },
    );
  return deps.db.transaction(async (tx) => {
    const stored = await storeRevision(tx, { author, files, on });
    if (stored.fresh)
      await journal(tx, [
        { actor: author, action: 'configure', config: stored.number, reason: inShort(changes), values: null },
      ]);
    return stored;
  });
};
