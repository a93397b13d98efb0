/** How a request stops, and how what the wire threw becomes an error of ours. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, parseJson } from '../../src/domain/json.ts';

const UNSENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'CONNECT_TIMEOUT',
]);

// Told before a byte of a request may leave.
const UNTRUSTED = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/;

const causeOf = (error: unknown): unknown => {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof SyncError) return at;
  return error;
};

/** Translates whatever the wire threw. The library's own error is dropped on purpose: it carries headers with secrets. */
export const translated = (error: unknown, host: string): SyncError => {
  const inner = causeOf(error);
  if (inner instanceof SyncError) return inner;
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  const unsent = UNSENT_CODES.has(code);
  if (code === 'CONNECT_TIMEOUT')
    return new SyncError('TIMED_OUT', `${host} did not take the connection in time`, { unsent });
  if (UNTRUSTED.test(code))
    return new SyncError('UNREACHABLE', `the certificate of ${host} cannot be trusted (${code})`, { unsent: true });
  if (/^(Z_|HPE_|ERR_BROTLI|ERR__ERROR)/.test(code))
    return new SyncError('PROTOCOL_ERROR', `${host} sent a reply that cannot be read (${code})`);
  return new SyncError(
    'UNREACHABLE',
    `${host} cannot be reached (${code || 'connection lost'})`,
    unsent ? { unsent } : {},
  );
};

/** The media type alone: what a system adds to it may be anything, a repeated secret included. */
const typeName = (type: string): string => /^[\w.+-]{1,40}\/[\w.+-]{1,40}/.exec(type.trim())?.[0] ?? 'no type';

/** JSON of a reply, without losing a digit. The body itself never stands in the error. */
export const jsonOf = (host: string, text: string, type: string): Json => {
  if (/^\s*</.test(text))
    throw new SyncError('PROTOCOL_ERROR', `${host} answered with a web page (${typeName(type)}) where JSON was due`);
  try {
    return parseJson(text);
  } catch {
    throw new SyncError('PROTOCOL_ERROR', `${host} answered with JSON that breaks off or is malformed`);
  }
};

/** Header names in lower case; a repeated header as one line. */
export const lowercase = (headers: object): Record<string, string> => {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && value !== null) plain[name.toLowerCase()] = String(value);
  }
  return plain;
};

/** Throws BAD_VALUE, naming the header and not its value, when a header would break out of its line. */
export const testHeaders = (headers: Readonly<Record<string, string>>): void => {
  for (const name in headers) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, headers[name] ?? '');
    } catch {
      throw new SyncError('BAD_VALUE', `the header "${name.slice(0, 40)}" has a character that cannot stand there`, {
        unsent: true,
        class: 'validation',
      });
    }
  }
};

/** REDIRECT_REFUSED with the host that a redirect names. */
export const refuseRedirect = (host: string, status: number, location: string | undefined): void => {
  if (status < 300 || status > 399 || status === 304) return;
  const to = location === undefined ? undefined : URL.parse(location, `https://${host}`)?.host;
  throw new SyncError('REDIRECT_REFUSED', `${host} redirects to ${to || 'another address'}; we do not follow`, {
    status,
  });
};

/** Stops a request at the first of: the caller, the first-byte limit, the total limit. */
export const createStop = (limits: { readonly firstByteMs: number; readonly totalMs: number }, signal: AbortSignal) => {
  const controller = new AbortController();
  let late: string | undefined;
  const after = (ms: number, what: string) =>
    setTimeout(() => {
      late = `${what} within ${ms} ms`;
      controller.abort();
    }, ms);
  const firstByte = after(limits.firstByteMs, 'no answer');
  const total = after(limits.totalMs, 'not finished');
  const byCaller = (): void => controller.abort();
  if (signal.aborted) byCaller();
  signal.addEventListener('abort', byCaller, { once: true });
  return {
    signal: controller.signal,
    answered: () => clearTimeout(firstByte),
    late: () => late,
    done: () => {
      clearTimeout(firstByte);
      clearTimeout(total);
      signal.removeEventListener('abort', byCaller);
    },
  };
};
