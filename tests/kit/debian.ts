/** What comes from Debian: installed when a test needs it and may, else named. */
import { spawn, spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';

/** Why a test cannot run here, in one sentence; undefined when everything is there. Installs what is missing where it may. */
export const missing = (packages: readonly string[], there: () => boolean): string | undefined => {
  if (there()) return undefined;
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const may = userInfo().uid === 0 && spawnSync('which', ['apt-get']).status === 0;
  if (may) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    if (spawnSync('apt-get', install, { env, stdio: 'ignore' }).status !== 0)
      spawnSync('sh', ['-c', 'apt-get update && apt-get "$@"', 'sh', ...install], { env, stdio: 'ignore' });
    if (there()) return undefined;
  }
  return `left out: this machine has no ${packages.join(', ')}; install ${packages.length === 1 ? 'it' : 'them'} with apt-get`;
};

/** True when a command ends well. */
export const works = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** A program that serves on loopback, once it says so on its output. */
export const startProgram = async (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: RegExp,
): Promise<{ readonly said: string; readonly stop: () => Promise<void> }> => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const said = await new Promise<string>((done, failed) => {
    let text = '';
    const hear = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      const found = ready.exec(text);
      if (found !== null) done(found[1] ?? found[0]);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', failed);
    child.once('exit', (code) => failed(new Error(`${command} ended with ${code}: ${text.slice(-500)}`)));
  });
  return {
    said,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};
