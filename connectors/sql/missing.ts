/** Drivers that are not brought along: somebody who needs one installs it. */
import { createRequire } from 'node:module';
import { SyncError } from '../../src/domain/errors.ts';

/** True unless nothing of this name is installed. */
const isInstalled = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND';
  }
};

/** The driver, or CONFIG_INVALID with the command that installs it. */
export const driverOf = async <T>(
  database: string,
  name: string,
  version: string,
  load: () => Promise<T>,
): Promise<T> => {
  if (isInstalled(name)) return load();
  throw new SyncError(
    'CONFIG_INVALID',
    `${database} is reached with the driver "${name}", which is not installed here; run npm install --save-exact ${name}@${version}, then start again`,
    { unsent: true },
  );
};
