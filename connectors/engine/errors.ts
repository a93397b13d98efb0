/** The error-rule table: an ordered list that sorts what a system answers into classes. First match wins. */
import { z } from 'zod';
import { CODE_OF_CLASS, ERROR_CLASSES, type ErrorClass, SyncError } from '../../src/domain/errors.ts';
import type { Classified } from '../sdk/seam.ts';
import { LONGEST_WAIT_MS } from '../sdk/waiting.ts';
import { hideSecrets } from './secrets.ts';

export { retryAfterOf } from '../sdk/waiting.ts';

const listed = <T extends z.ZodType>(one: T) => z.union([one, z.array(one)]);

/** One line of the table. */
export const ErrorRule = z
  .strictObject({
    status: listed(z.int()).optional().describe('HTTP status, or the status of an item where the system states one'),
    code: listed(z.string()).optional().describe('The system’s own code, in full'),
    code_like: z
      .string()
      .optional()
      .describe(
        'A regular expression that the whole code must match, for families of codes; of a code of several lines, the first',
      ),
    class: z.enum(ERROR_CLASSES).describe('What kind of failure it is; decides the recovery'),
    scope: z
      .enum(['item', 'batch', 'connection'])
      .optional()
      .describe('What it is about; by default as the class suggests'),
    nothing_done: z
      .boolean()
      .optional()
      .describe('True when the system surely did nothing of the request, so that a write may be sent again'),
    retry_after_ms: z.int().positive().optional().describe('Wait this long when the system states no time of its own'),
  })
  .refine((rule) => rule.status !== undefined || rule.code !== undefined || rule.code_like !== undefined, {
    message: 'a rule that matches everything hides all others: give it a status, a code or a code_like',
  })
  .refine((rule) => rule.code_like === undefined || isPattern(rule.code_like), {
    message: 'code_like is not a regular expression',
  });
/** The whole table. */
export const ErrorRules = z
  .array(ErrorRule)
  .default([])
  .describe('Ordered: the first rule that fits decides; the common table follows');

const isPattern = (text: string): boolean => {
  try {
    return new RegExp(text).test('') || true;
  } catch {
    return false;
  }
};

/** What a refusal looked like on the wire. Strings are the system's own. */
export interface Signal {
  readonly status?: number | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly fields?: readonly string[] | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** A sorted failure, and whether the system surely did nothing. */
export interface Sorted {
  readonly error: Classified;
  readonly nothingDone: boolean;
}

interface Rule {
  readonly status?: readonly number[] | undefined;
  readonly codes?: readonly string[] | undefined;
  readonly like?: RegExp | undefined;
  readonly class: ErrorClass;
  readonly scope?: Classified['scope'] | undefined;
  readonly nothingDone?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** True for every HTTP system; a preset's rules come first. */
const COMMON: readonly Rule[] = [
  { status: [401], class: 'auth', nothingDone: true },
  { status: [403], class: 'permission', nothingDone: true },
  { status: [404], class: 'not-found', nothingDone: true },
  { status: [409], class: 'duplicate', nothingDone: true },
  { status: [412, 428], class: 'conflict', nothingDone: true },
  { status: [413], class: 'too-large', nothingDone: true },
  { status: [405, 410, 415, 501], class: 'unsupported', nothingDone: true },
  { status: [423, 425], class: 'transient', nothingDone: true },
  { status: [429], class: 'rate-limited', nothingDone: true },
  { status: [400, 417, 422], class: 'validation', nothingDone: true },
];

/** Classes that say something about the whole connection when a whole request meets them. */
export const CONNECTION_WIDE: ReadonlySet<ErrorClass> = new Set(['auth', 'rate-limited', 'transient']);
const array = <T>(value: T | readonly T[] | undefined): readonly T[] | undefined =>
  value === undefined ? undefined : Array.isArray(value) ? (value as readonly T[]) : [value as T];

const compiled = (rules: z.infer<typeof ErrorRules>): readonly Rule[] =>
  rules.map((rule) => ({
    status: array(rule.status),
    codes: array(rule.code),
    like: rule.code_like === undefined ? undefined : new RegExp(`^(?:${rule.code_like})$`),
    class: rule.class,
    scope: rule.scope,
    nothingDone: rule.nothing_done,
    retryAfterMs: rule.retry_after_ms,
  }));

const fits = (rule: Rule, { status, code }: Signal): boolean =>
  (rule.status === undefined || (status !== undefined && rule.status.includes(status))) &&
  (rule.codes === undefined || (code !== undefined && rule.codes.includes(code))) &&
  (rule.like === undefined || (code !== undefined && matches(rule.like, code)));

/** Systems that hand on the sentence of a library give its details below it: only the first line names what happened. */
const matches = (like: RegExp, code: string): boolean => {
  const [first = ''] = code.split(/[\r\n]/, 1);
  return first.length <= 200 && like.test(first.trim());
};

const unmatched = ({ status }: Signal): Rule => {
  if (status === undefined || (status >= 200 && status < 300)) return { class: 'validation', nothingDone: false };
  if (status === 408 || status >= 500) return { class: 'transient', nothingDone: false };
  return { class: 'permanent', nothingDone: status >= 400 };
};

/** "At once", said by a system that just refused, is not taken at its word. */
const SHORTEST_WAIT_MS = 1_000;
const waitOf = ({ retryAfterMs: stated }: Signal, { class: kind, retryAfterMs }: Rule): number | undefined => {
  if (stated === undefined) return retryAfterMs;
  return Math.min(Math.max(stated, kind === 'rate-limited' ? SHORTEST_WAIT_MS : 0), LONGEST_WAIT_MS);
};

const LONGEST_READ = 4_000;
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ');

/** A text of the other system made fit to show: one line, no control characters, no secret of ours, at most 500 characters. */
export const createSentence =
  (secrets: readonly string[] | (() => readonly string[])) =>
  (text: string): string => {
    const hide = hideSecrets(typeof secrets === 'function' ? secrets() : secrets);
    const clean = hide(oneLine(hide(text, LONGEST_READ)))
      .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 …')
      .trim();
    return clean.length <= 500 ? clean : `${clean.slice(0, 499).toWellFormed()}…`;
  };

/** The table of one preset. `where` says what the failure is about when neither rule nor class does. */
export type Sort = (signal: Signal, where: 'item' | 'batch' | 'connection') => Sorted;

/** Compiles a preset's rules; the common ones follow. Total: every signal has a class. */
export const createSort = (rules: z.infer<typeof ErrorRules>, sentence: (text: string) => string): Sort => {
  const table = [...compiled(rules), ...COMMON];
  return (signal, where) => {
    const rule = table.find((each) => fits(each, signal)) ?? unmatched(signal);
    const wide = where !== 'item' && CONNECTION_WIDE.has(rule.class) ? 'connection' : where;
    const wait = waitOf(signal, rule);
    const message = sentence(signal.message ?? '') || sentence(describedBy(signal));
    return {
      nothingDone:
        rule.nothingDone ??
        (signal.status !== undefined && signal.status >= 400 && signal.status < 500 && signal.status !== 408),
      error: {
        class: rule.class,
        message,
        scope: rule.scope ?? wide,
        ...(wait === undefined ? {} : { retryAfterMs: wait }),
        ...(signal.code === undefined ? {} : { code: sentence(signal.code).slice(0, 100) }),
        ...(signal.fields === undefined || signal.fields.length === 0
          ? {}
          : { fields: signal.fields.slice(0, 20).map(sentence) }),
      },
    };
  };
};

const describedBy = ({ status, code }: Signal): string => {
  if (code !== undefined) return `refused with code ${code.slice(0, 100)}`;
  return status === undefined ? 'refused without a reason' : `refused with status ${status}`;
};

/** The error that a failed call throws. Shows status and code, never the body of the reply. */
export const callError = (what: string, { error }: Sorted, status?: number): SyncError => {
  const { class: kind, retryAfterMs, code } = error;
  const shown = [status === undefined ? undefined : `status ${status}`, code]
    .filter((part) => part !== undefined)
    .join(', ');
  const facts = {
    class: kind,
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  const described = new Set<ErrorClass>(['not-found', 'validation', 'permanent', 'duplicate', 'conflict']).has(kind);
  return new SyncError(
    described ? 'PROTOCOL_ERROR' : kind === 'too-large' ? 'REPLY_TOO_LARGE' : CODE_OF_CLASS[kind],
    `${what} was answered with ${shown || kind}`,
    facts,
  );
};
