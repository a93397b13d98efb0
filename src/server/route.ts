import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';
import type { Status } from '../ledger/queries/status.ts';
import type { Actor } from '../ledger/steps/acts.ts';
import type { Caller, RouteId } from './access.ts';
import type { ServerDeps } from './deps.ts';
import type { Limits } from './limits.ts';
import type { Views } from './views.ts';

/** What an answer may use: the product's parts, who asks and what is let through. */
export interface Asked<Params, Query, Body> extends ServerDeps {
  readonly limits: Limits;
  /** The whole state; however many ask, it is counted once at a time. */
  readonly status: () => Promise<Status>;
  /** Do ledger and engine answer? Asked once at a time too: nobody needs a key to ask. */
  readonly ready: () => Promise<void>;
  readonly caller: Caller;
  readonly views: Views;
  /** Where the request came from. */
  readonly address: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
}

/** A reply is only read. */
type Unchanged<T> = T extends readonly (infer Item)[]
  ? readonly Unchanged<Item>[]
  : T extends object
    ? { readonly [Name in keyof T]: Unchanged<T[Name]> }
    : T;

/** A route as it is written: its id is a row of the access table, its schemas are its description. */
export interface RouteSpec<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType, R extends z.ZodType> {
  readonly id: RouteId;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** Largest body in bytes, where the usual limit is too low. */
  readonly bodyLimit?: number;
  /** Reads the body, where it is not plain JSON to be parsed. */
  readonly reads?: (request: Request, limit?: number) => Promise<unknown>;
  readonly reply: R;
  /** Asked by a system for each of its users, so that more is let through. */
  readonly rate?: 'view';
  /** Default 200. */
  readonly status?: 200 | 201 | 202;
  readonly answer: (
    asked: Asked<z.output<P>, z.output<Q>, z.output<B>>,
  ) => Promise<Unchanged<z.input<R>>> | Unchanged<z.input<R>>;
}

/** A route with its types forgotten, as the application walks it. */
export interface Route extends Omit<RouteSpec<z.ZodType, z.ZodType, z.ZodType, z.ZodType>, 'answer'> {
  readonly answer: (asked: Asked<unknown, unknown, unknown>) => unknown;
}
type None = z.ZodObject<Record<never, never>, z.core.$strict>;

/** Checks the types of one route, then forgets them. */
export const route = <
  R extends z.ZodType,
  P extends z.ZodType = None,
  Q extends z.ZodType = None,
  B extends z.ZodType = None,
>(
  spec: RouteSpec<P, Q, B, R>,
): Route => spec as unknown as Route;

/** The caller as the ledger's acts know it. */
export const actorOf = ({ name, mappings }: Caller): Actor => ({ name, mappings });

/** The answer, or the refusal that says there is none. */
export const known = <T>(found: T | undefined, what: string): T => {
  if (found === undefined) throw new SyncError('NOT_FOUND', `no ${what}`);
  return found;
};

/** Nothing is lost with a signal: the workflow looks at the ledger by itself a poll later. */
export const signal = async (
  { temporal, log }: Pick<ServerDeps, 'temporal' | 'log'>,
  mappings: readonly string[],
  slots: readonly string[] = [],
): Promise<void> => {
  try {
    if (mappings.length > 0) await temporal.nudge(mappings);
    if (slots.length > 0) await temporal.look(slots);
  } catch {
    log.warn({ code: 'ENGINE_DOWN', mappings }, 'nobody was nudged');
  }
};

/** Parses one part of a request, or refuses it naming the field. */
export const parsed = (schema: z.ZodType | undefined, value: unknown, part: string): unknown => {
  const result = (schema ?? z.strictObject({})).safeParse(value);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues);
  const field = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const name = [...issue.path, issue.keys[0] ?? ''].join('.');
    throw new SyncError('UNKNOWN_FIELD', `"${name}" is not a field of this ${part}`, { field: name });
  }
  throw new SyncError(
    'BAD_REQUEST',
    `${field === '' ? `the ${part}` : field}: ${issue.message}`,
    field === '' ? {} : { field },
  );
};

/** In a union the alternative that came furthest says what is wrong. */
const deepest = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue => {
  const [first] = issues;
  if (first === undefined) throw new SyncError('BAD_REQUEST', 'the request cannot be read');
  if (first.code !== 'invalid_union') return first;
  const best = first.errors.filter((each) => each.length > 0).toSorted((a, b) => rank(a) - rank(b))[0];
  return best === undefined ? first : deepest(best);
};
// An alternative whose discriminating word is missing or wrong is a worse guide than one with a wrong detail.
const rank = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.filter((issue) => issue.code === 'invalid_value' || issue.code === 'invalid_type').length * 10 + issues.length;
