import { compileRevision, mappingProblems } from '../config/compiled.ts';
import type { ConfigRevision } from '../config/port.ts';
import { newestNumber, readRevision } from '../config/store.ts';
import { SyncError } from '../domain/errors.ts';
import type { Database } from '../ledger/database.ts';
import type { Compilation, Log } from './deps.ts';

const LOOK_MS = 1_000;

/** The mappings of the newest configuration, kept up to date until stopped. */
export interface LiveCompilation {
  current(): Compilation;
  stop(): void;
}

/** Reads the newest revision now, and again whenever there is a newer one. */
export const followCompilation = async (db: Database, log: Log): Promise<LiveCompilation> => {
  let number = 0;
  let current: Compilation = { mappings: new Map(), problems: [] };
  const look = async (): Promise<void> => {
    if ((await newestNumber(db)) === number) return;
    const revision = await readRevision(db);
    if (revision === undefined) return;
    current = compiled(revision, current);
    number = revision.number;
  };
  await look();
  let timer: NodeJS.Timeout;
  let stopped = false;
  const again = (): void => {
    timer = setTimeout(() => {
      look()
        .catch((error: unknown) =>
          log.warn({ code: (error as { code?: string }).code }, 'the configuration could not be read'),
        )
        .finally(() => stopped || again());
    }, LOOK_MS).unref();
  };
  again();
  return {
    current: () => current,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};

/** A revision that the worker would not put in force changes nothing but what is wrong with it. */
const compiled = (revision: ConfigRevision, before: Compilation): Compilation => {
  try {
    const { mappings, views, configuration } = compileRevision(revision);
    return { mappings, views, problems: [], configuration };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    return { ...before, problems: mappingProblems(revision.files) };
  }
};
