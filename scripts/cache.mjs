/** Where downloads and builds are kept, outside the checkout and shared by all. */
import { accessSync, constants, mkdirSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Obstacle } from './say.mjs';

/** The cache's folder. */
export const cacheFolder = (env = process.env) => env.TALLY_CACHE || join(homedir(), '.cache', 'tallystick');

/** A folder of the cache, made if it is not there. */
export const cached = (name, env = process.env) => {
  const folder = join(cacheFolder(env), name);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    if (error.code === 'ENOSPC') throw error;
    throw new Obstacle(
      `No permission to write in ${folder} (${error.code}): make it writable, or set TALLY_CACHE to a folder that is.`,
    );
  }
  return folder;
};

/** Whether a failure there may have been for want of room. */
export const diskFull = (folder) => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < 50e6;
  } catch {
    return false;
  }
};
