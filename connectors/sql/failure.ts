/** What went wrong in a statement, sorted by the database's own code; and what a lost connection means. */
import type { z } from 'zod';
import { CODE_OF_CLASS, type ErrorClass, SyncError } from '../../src/domain/errors.ts';
import { CONNECTION_WIDE, type ErrorRules } from '../engine/errors.ts';
import type { Classified } from '../sdk/seam.ts';
import type { Dialect, Meaning } from './dialect.ts';

/** A statement that the database refused. The connection it came by is still good, unless the class concerns all of it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly error: Classified;
  readonly about: Meaning['about'];
  constructor(code: string, error: Classified, about: Meaning['about']) {
    super(error.message);
    this.code = code;
    this.error = error;
    this.about = about;
  }
}

type Rule = Omit<z.infer<typeof ErrorRules>[number], 'status'>;
const array = (one: string | readonly string[] | undefined): readonly string[] =>
  one === undefined ? [] : typeof one === 'string' ? [one] : one;

const fits = (rule: Rule, code: string): boolean =>
  (rule.code === undefined || array(rule.code).includes(code)) &&
  (rule.code_like === undefined || new RegExp(`^(?:${rule.code_like})$`).test(code));

const OTHER: Meaning = { codes: [], class: 'permanent', say: 'the database refuses the statement' };

/** What a code means: in full, or as one of its class of five-letter codes. */
const meaningOf = (dialect: Dialect, code: string): Meaning =>
  dialect.meanings.find(({ codes }) => codes.includes(code)) ??
  dialect.meanings.find(
    ({ codes }) => code.length === 5 && codes.some((each) => each.endsWith('*') && code.startsWith(each.slice(0, -1))),
  ) ??
  OTHER;

/** These may carry values of a record in the database's own sentence. */
const ABOUT_VALUES: ReadonlySet<ErrorClass> = new Set(['validation', 'duplicate']);

/** Sorts whatever a driver threw: the preset's rules first, then the dialect's table. Undefined when no database spoke. */
export const createRefusals = (
  dialect: Dialect,
  rules: z.infer<typeof ErrorRules>,
  sentence: (text: string) => string,
) => {
  return (error: unknown): Refusal | undefined => {
    const { code, message } = dialect.spoken(error);
    if (code === undefined) return undefined;
    const rule = rules.find((each) => fits(each, code));
    const meaning = meaningOf(dialect, code);
    const kind = rule?.class ?? meaning.class;
    const scope = rule?.scope ?? (rule === undefined ? meaning.scope : undefined);
    const wait = rule?.retry_after_ms;
    const own = sentence(message);
    const shown = rule === undefined ? `${meaning.say} (${code}: ${own})` : `${own} (${code})`;
    return new Refusal(
      code,
      {
        class: kind,
        message: shown.length <= 500 ? shown : `${shown.slice(0, 499).toWellFormed()}…`,
        scope: scope ?? (CONNECTION_WIDE.has(kind) ? 'connection' : 'item'),
        code,
        ...(wait === undefined ? {} : { retryAfterMs: wait }),
      },
      meaning.about,
    );
  };
};

/** The error that a whole reading throws. Says nothing of what stood in a record. */
export const readingError = (what: string, refusal: Refusal): SyncError => {
  const { code, about } = refusal;
  const { class: kind, message, retryAfterMs } = refusal.error;
  const shown = ABOUT_VALUES.has(kind) ? `the database refuses it (${code})` : message;
  const facts = { class: kind, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (about === 'schema') return new SyncError('CONFIG_INVALID', `${what}: ${shown}`, facts);
  if (about === 'slow') return new SyncError('TIMED_OUT', `${what}: ${shown}`, facts);
  const answered = kind === 'auth' || kind === 'rate-limited' || kind === 'transient' || kind === 'permission';
  return new SyncError(answered ? CODE_OF_CLASS[kind] : 'PROTOCOL_ERROR', `${what}: ${shown}`, facts);
};
