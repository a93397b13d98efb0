import { type Change, changesBetween, inShort, NOTHING, revisionsNotRaised } from '../config/changes.ts';
import { comparable } from '../config/compiled.ts';
import { connectorProblems } from '../config/connectors.ts';
import { bareSecrets } from '../config/parse.ts';
import type { ConfigRevision } from '../config/port.ts';
import { readRevision, type StoredRevision, storeRevision } from '../config/store.ts';
import { SyncError } from '../domain/errors.ts';
import { journal } from '../ledger/steps/journal.ts';
import { problemLine } from '../mapping/problem.ts';
import type { ServerDeps } from './deps.ts';

type Files = ConfigRevision['files'];

/** What files would change against the newest revision, and all that stands against it. */
export interface ConfigurationPlan {
  readonly revision: number;
  readonly changes: readonly Change[];
  readonly problems: readonly string[];
}

/** Compares files with the newest revision. Files that cannot be used are not compared: their problems come first. */
export const planConfiguration = async (
  { db, local }: Pick<ServerDeps, 'db' | 'local'>,
  files: Files,
): Promise<ConfigurationPlan> => {
  const newest = await readRevision(db);
  const before = newest === undefined ? NOTHING : comparable(newest.files);
  const after = comparable(files);
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
