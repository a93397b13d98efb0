/** Finds a Python that can make virtual environments, and runs it. */
import { spawn } from 'node:child_process';

/** Said to whoever started us, as it stands: one sentence that says what to do. */
export class Unable extends Error {}

export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The surroundings of our Pythons: nobody's PYTHONPATH, no warnings of libraries. */
export const surroundings = (): NodeJS.ProcessEnv => {
  const { PYTHONPATH: _path, PYTHONHOME: _home, PYTHONDONTWRITEBYTECODE: _bytecode, ...rest } = process.env;
  return { ...rest, PYTHONWARNINGS: 'ignore', PYTHONUTF8: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
};

/** Runs a program to its end. `each` sees every line of its output at once. */
export const run = (program: string, args: readonly string[], each?: (line: string) => void): Promise<Finished> =>
  new Promise((done) => {
    const child = spawn(program, args, { env: surroundings(), stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    const leave = (): void => void child.kill('SIGKILL');
    process.once('exit', leave);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (each) for (const line of text.split('\n')) if (line.trim() !== '') each(line.trim());
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('error', (error) => {
      process.off('exit', leave);
      done({ code: 127, out, err: error.message });
    });
    child.once('close', (code) => {
      process.off('exit', leave);
      done({ code: code ?? 1, out, err });
    });
  });

const OLDEST = [3, 10] as const;

/** A Python of 3.10 or later with its version, or the sentence that says how to get one. */
export const findPython = async (): Promise<{ readonly program: string; readonly version: string }> => {
  const seen: string[] = [];
  for (const program of ['python3', 'python']) {
    const { code, out } = await run(program, ['-c', 'import sys, venv; print("%d.%d.%d" % sys.version_info[:3])']);
    const version = out.trim();
    if (code !== 0) continue;
    const [major = 0, minor = 0] = version.split('.').map(Number);
    if (major === OLDEST[0] && minor >= OLDEST[1]) return { program, version };
    seen.push(version);
  }
  throw new Unable(
    seen.length > 0
      ? `Tryton needs Python 3.10 or later, and here is ${seen.join(' and ')}; install a newer python3, then try again.`
      : 'Tryton needs Python 3.10 or later with its venv module, and there is none; install it (Debian: apt install python3 python3-venv), then try again.',
  );
};

/** The last words of a program that failed. */
export const lastWords = ({ err, out }: Finished): string =>
  (err.trim() || out.trim()).split('\n').at(-1)?.slice(0, 300) ?? 'it said nothing';
