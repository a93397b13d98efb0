import { ERRORS, type ErrorCode, SyncError } from '../domain/errors.ts';

/** RFC 9457, with our stable code, what to do, and the id under which the log has more. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly fix: string;
  readonly correlation: string;
  readonly field?: string;
  readonly problems?: readonly string[];
  readonly current?: unknown;
}

const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  BAD_REQUEST: 400,
  UNKNOWN_FIELD: 400,
  CURSOR_INVALID: 400,
  WEBHOOK_ID_INVALID: 400,
  UNAUTHENTICATED: 401,
  SIGNATURE_MISSING: 401,
  SIGNATURE_INVALID: 401,
  TIMESTAMP_OUT_OF_RANGE: 401,
  KEY_IN_URL: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  DECISION_OUTDATED: 409,
  ALREADY_DECIDED: 409,
  CONFIG_OUTDATED: 409,
  BODY_TOO_LARGE: 413,
  CONTENT_TYPE_REFUSED: 415,
  CONFIG_INVALID: 422,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  LEDGER_DOWN: 503,
  ENGINE_DOWN: 503,
};

/** The HTTP status of a code; what another system did wrong is a bad gateway. */
export const statusOf = (code: ErrorCode): number => STATUS[code] ?? 502;

/** Whatever was thrown, as an error of ours. What we did not throw on purpose says nothing of itself. */
export const syncErrorFrom = (error: unknown): SyncError =>
  error instanceof SyncError ? error : new SyncError('INTERNAL', 'something went wrong on our side', {}, error);

/** An error as a problem document. */
export const problemFrom = ({ code, message, facts, fix }: SyncError, correlation: string): Problem => ({
  type: `urn:tallystick:error:${code}`,
  title: code.toLowerCase().replaceAll('_', ' '),
  status: statusOf(code),
  code,
  detail: message,
  fix,
  correlation,
  ...(facts.field === undefined ? {} : { field: facts.field }),
  ...(facts.problems === undefined ? {} : { problems: facts.problems }),
  ...(facts.current === undefined ? {} : { current: facts.current }),
});

/** Every code that the API itself answers with, for its description. */
export const API_CODES: readonly ErrorCode[] = Object.keys(STATUS).filter((code): code is ErrorCode => code in ERRORS);
