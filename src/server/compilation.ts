import { mappingFiles, parseConfiguration } from '../config/parse.ts';
import type { ConfigRevision } from '../config/port.ts';
import { newestNumber, readRevision } from '../config/store.ts';
import type { Database } from '../ledger/database.ts';
import { type Compilation, compileMappings } from '../mapping/compile.ts';
import type { Log } from './deps.ts';

const LOOK_MS = 1_000;

/** The mappings of the newest configuration, kept up to date until stopped. */
export interface LiveCompilation {
  current(): Compilation;
  stop(): void;
}

/** Reads the newest revision now, and again whenever there is a newer one. */
export const followCompilation = async (db: Database, log: Log): Promise<LiveCompilation> => {
  let number = 0;
  let current = compileMappings({});
  const look = async (): Promise<void> => {
    if ((await newestNumber(db)) === number) return;
    const revision = await readRevision(db);
    if (revision === undefined) return;
    current = compiled(revision);
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

/** As the worker compiles them: with the clock skew that each connection states. A file that cannot be read states none. */
const compiled = (revision: ConfigRevision): Compilation => {
  try {
    const { connections } = parseConfiguration(revision);
    const skewMs = Object.fromEntries(connections.map((each) => [each.name, each.skewMs]));
    return compileMappings(mappingFiles(revision.files), { skewMs, connections: connections.map(({ name }) => name) });
  } catch {
    return compileMappings(mappingFiles(revision.files));
  }
};
