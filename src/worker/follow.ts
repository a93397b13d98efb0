/** Which configuration is to be in force: the ledger's newest revision; on a single machine the files, as they are saved. */
import type { Logger } from 'pino';
import { changesBetween, inShort, NOTHING } from '../config/changes.ts';
import { type Compiled, comparable, compileRevision } from '../config/compiled.ts';
import { connectorProblems } from '../config/connectors.ts';
import type { ConfigRevision } from '../config/port.ts';
import type { Settings } from '../config/settings.ts';
import { filesHash, newestNumber, readRevision, type StoredRevision, storeRevision } from '../config/store.ts';
import { createWatched } from '../config/watched.ts';
import { SyncError } from '../domain/errors.ts';
import type { Database } from '../ledger/database.ts';
import { journal } from '../ledger/steps/journal.ts';
import { saidOf } from './patience.ts';

// Who saved them nobody knows: whoever may write there may.
const FILE = 'file';

/** A revision that is to be in force now. */
export interface Next {
  readonly revision: ConfigRevision;
  readonly compiled: Compiled;
}

/** Asked again and again, it hands on each new revision until that worked; a broken one is said once and leaves the last good one in force. */
export const createFollower = ({
  settings,
  db,
  log,
}: {
  readonly settings: Settings;
  readonly db: Database;
  readonly log: Logger;
}) => {
  let known = 0;
  const saved = settings.TALLY_MODE === 'local' ? createSaved(settings.TALLY_CONFIG, db, log) : undefined;
  return async (apply: (next: Next) => Promise<void>): Promise<void> => {
    await saved?.look();
    const number = await newestNumber(db);
    if (number === known) return;
    const revision = await readRevision(db, number);
    if (revision === undefined) return;
    const compiled = saved?.compiled(revision) ?? usable(log, revision);
    if (compiled !== undefined) await apply({ revision, compiled });
    known = number;
  };
};

const usable = (log: Logger, revision: ConfigRevision): Compiled | undefined => {
  try {
    return compileRevision(revision);
  } catch (error) {
    said(log, `configuration revision ${revision.number} cannot be used; the last one stays in force`, error);
    return undefined;
  }
};

const said = (log: Logger, what: string, error: unknown): void => {
  const { code, message } = saidOf(error);
  const problems = error instanceof SyncError ? error.facts.problems : undefined;
  log.error({ code, ...(problems === undefined ? {} : { problems }) }, `${what}: ${message}`);
};

/** These files made ready for use, or CONFIG_INVALID with everything that stands against them, their connectors asked too. */
const testUsable = async (files: ConfigRevision['files']): Promise<Compiled> => {
  const compiled = compileRevision({ number: 0, author: FILE, files });
  const problems = await connectorProblems(files, 'local');
  const [first, ...more] = problems;
  if (first === undefined) return compiled;
  const rest = more.length === 0 ? '' : ` (and ${more.length} more)`;
  throw new SyncError('CONFIG_INVALID', `${first}${rest}`, { problems });
};

/** The files as the newest revision; the journal says what they change. Both or neither. */
const stored = async (db: Database, files: ConfigRevision['files']): Promise<StoredRevision> => {
  const newest = await readRevision(db);
  const before = newest === undefined ? NOTHING : comparable(newest.files);
  return db.transaction(async (tx) => {
    const made = await storeRevision(tx, { author: FILE, files });
    const reason = inShort(changesBetween(before, comparable(files)));
    if (made.fresh)
      await journal(tx, [{ actor: FILE, action: 'configure', config: made.number, reason, values: null }]);
    return made;
  });
};

/** The files as they are saved. */
interface Saved {
  /** Stores them when they changed, can be used, and have stood still for one look: a file half saved is no mistake. */
  look(): Promise<void>;
  /** A revision made of the files that were stored last, ready for use already: compiling takes a busy machine seconds. */
  compiled(revision: ConfigRevision): Compiled | undefined;
}

const createSaved = (path: string, db: Database, log: Logger): Saved => {
  const read = createWatched(path);
  let seen: ConfigRevision['files'] | undefined;
  let hash: string | undefined;
  let refused: ConfigRevision['files'] | undefined;
  let done: { readonly hash: string; readonly compiled: Compiled } | undefined;
  let complaint: string | undefined;
  return {
    look: async () => {
      let judged: ConfigRevision['files'] | undefined;
      try {
        const files = await read();
        const still = seen === undefined || seen === files;
        if (seen !== files) hash = filesHash(files);
        seen = files;
        if (hash === undefined || hash === done?.hash || !still || files === refused) return;
        judged = files;
        const compiled = await testUsable(files);
        const { number } = await stored(db, files);
        done = { hash, compiled };
        complaint = undefined;
        log.info({ revision: number }, 'configuration files applied');
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== 'CONFIG_INVALID') throw error;
        // What they lack they lack until they are saved again, and finding it takes as long as compiling them.
        refused = judged;
        const problems = (error.facts.problems ?? [error.message]).join('\n');
        if (complaint === problems) return;
        complaint = problems;
        said(log, 'the configuration files cannot be used; the last good ones stay in force', error);
      }
    },
    compiled: ({ number, files }) =>
      done === undefined || filesHash(files) !== done.hash
        ? undefined
        : { ...done.compiled, configuration: { ...done.compiled.configuration, revision: number } },
  };
};
