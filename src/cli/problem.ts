import { CommanderError } from 'commander';
import { ERRORS, type ErrorCode, SyncError } from '../domain/errors.ts';
import { stringifyJson } from '../domain/json.ts';
import { safeText } from '../mapping/show.ts';
import type { Io } from './io.ts';

/** The command was done, it met a problem, or it was not understood. */
export const EXIT = { done: 0, problem: 1, usage: 2, interrupted: 130 } as const;

/** Code, sentence and remedy on standard error; gives the exit code. */
export const report = (io: Io, error: unknown, json: boolean): number => {
  if (error instanceof CommanderError) return usage(io, error, json);
  const known = error instanceof SyncError ? error : new SyncError('INTERNAL', faultText(error));
  say(io, json, {
    code: known.code,
    detail: known.message,
    fix: known.fix,
    problems: known.facts.problems ?? [],
    current: known.facts.current,
  });
  if (!(error instanceof SyncError) && error instanceof Error && io.env['TALLY_LOG'] === 'debug')
    io.err(`${error.stack}\n`);
  return EXIT.problem;
};

const faultText = (error: unknown): string =>
  `something went wrong in this command: ${error instanceof Error ? error.message : String(error)}`;

interface Said {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly fix: string;
  readonly problems: readonly string[];
  readonly current?: unknown;
}

const say = (io: Io, json: boolean, said: Said): void => {
  if (json) {
    io.err(`${stringifyJson(said)}\n`);
    return;
  }
  io.err(`${said.code}: ${safeText(said.detail)}\n`);
  // The only problem is the sentence itself.
  const problems = said.problems.filter((problem) => problem !== said.detail);
  for (const problem of problems) io.err(`  ${safeText(problem)}\n`);
  if (said.current !== undefined) io.err(`  Now: ${safeText(stringifyJson(said.current))}\n`);
  io.err(`  → ${said.fix}\n`);
};

/** What was not understood, in one sentence with the nearest match. Asking for help is none of this. */
const usage = (io: Io, error: CommanderError, json: boolean): number => {
  if (error.exitCode === 0) return EXIT.done;
  if (error.code === 'commander.help') return EXIT.usage;
  const [said = '', meant] = error.message.replace(/^error: /, '').split('\n');
  const nearest = /\(Did you mean (.+)\?\)/.exec(meant ?? '')?.[1];
  const sentence = `${said}; ${nearest === undefined ? '`tally help` shows what there is' : `did you mean ${nearest}?`}`;
  if (json) io.err(`${stringifyJson({ code: 'BAD_REQUEST', detail: sentence, fix: ERRORS.BAD_REQUEST.fix })}\n`);
  else io.err(`${safeText(sentence)}\n`);
  return EXIT.usage;
};
