/** The workflows as one file, built beforehand: the worker starts in a fraction of a second and carries no bundler. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SyncError } from '../domain/errors.ts';

const WORKFLOWS = fileURLToPath(new URL('../../workflows/', import.meta.url));
const BUILDER = fileURLToPath(new URL('./bundle-build.ts', import.meta.url));
const require = createRequire(import.meta.url);

/** Equal workflows under an equal engine library make an equal bundle. */
const fingerprint = async (): Promise<string> => {
  const hash = createHash('sha256');
  hash.update((require('@temporalio/worker/package.json') as { version: string }).version);
  for (const name of (await readdir(WORKFLOWS)).filter((file) => file.endsWith('.ts')).sort())
    hash
      .update(name)
      .update('\0')
      .update(await readFile(join(WORKFLOWS, name)))
      .update('\0');
  return hash.digest('hex').slice(0, 24);
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** The path of the bundle in the cache; built first, in a process of its own, when it is not there. Two at once do not collide. */
export const workflowBundle = async (cache: string): Promise<string> => {
  const path = join(cache, `workflows-${await fingerprint()}.js`);
  if (await exists(path)) return path;
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await promisify(execFile)(process.execPath, [BUILDER, WORKFLOWS, draft]);
    await rename(draft, path);
  } catch (error) {
    const message = `the workflow bundle cannot be written to ${cache}; make room there, or set TALLY_CACHE to another folder`;
    throw new SyncError('CONFIG_INVALID', message, { file: path }, error);
  }
  return path;
};
