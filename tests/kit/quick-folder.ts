/** A folder for a database that forgets everything: in memory where there is room, because making and dropping hundreds of databases is mostly the disk's work. */
import { accessSync, chmodSync, constants, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signalled } from '../../src/cli/up/process.ts';

const MEMORY = '/dev/shm';
/** Many times what a cluster of these tests has held; a container is often given 64 MB. */
const ROOM_BYTES = 2e9;

const roomy = (): boolean => {
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > ROOM_BYTES;
  } catch {
    return false;
  }
};

/** What a killed run left in memory would stay there until the machine is started anew. */
const clearLeftovers = (prefix: string): void => {
  for (const name of readdirSync(MEMORY)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : 0;
    if (pid > 0 && !signalled(pid, 0)) rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
};

/** Makes one that other accounts may enter: as root, PostgreSQL runs under another. Whoever asks removes it. */
export const quickFolder = (purpose: string): string => {
  const prefix = `tally-${purpose}-`;
  const inMemory = roomy();
  if (inMemory) clearLeftovers(prefix);
  const folder = mkdtempSync(join(inMemory ? MEMORY : tmpdir(), `${prefix}${process.pid}-`));
  chmodSync(folder, 0o755);
  return folder;
};
