/** Drivers that are not brought along: somebody who needs one installs it. */
import { SyncError } from '../../src/domain/errors.ts';

/** The driver, or CONFIG_INVALID with the command that installs it. */
export const driverOf = async <T>(
  database: string,
  name: string,
  version: string,
  load: () => Promise<T>,
): Promise<T> => {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SyncError(
      'CONFIG_INVALID',
      `${database} is reached with the driver "${name}", which is not installed here; run npm install --save-exact ${name}@${version}, then start again`,
      { unsent: true },
    );
  }
};
