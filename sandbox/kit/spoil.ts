/** Answers on their way out: as they are, or spoiled by what struck the request. */
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, SPOILING, struckBy } from './faults.ts';
import type { Answer } from './server.ts';

const MORE_THAN_ANYBODY_TAKES = 12 * 1024 * 1024;
const DRIP_MS = 1_000;
const PAGE = '<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>';

/** Send an answer as JSON, unless its headers say otherwise. */
export const send = (response: ServerResponse, answer: Answer): void => {
  const body = answer.body ?? '';
  const type = body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(answer.status, { ...type, 'content-length': Buffer.byteLength(body), ...answer.headers });
  response.end(body);
};

/** The bytes with one among them that is no UTF-8, in the first text of the body. */
const misspelled = (body: string): Buffer => {
  const at = Math.max(body.search(/["\w]/) + 1, 1);
  return Buffer.concat([Buffer.from(body.slice(0, at)), Buffer.from([0xe4]), Buffer.from(body.slice(at))]);
};

const broken = (response: ServerResponse, answer: Answer, body: string): void => {
  const whole = Buffer.from(body);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    ...answer.headers,
    'content-length': whole.length,
  });
  response.write(whole.subarray(0, whole.length >> 1), () => response.destroy());
};

/** A byte at a time, for as long as somebody listens. */
const dripped = async (response: ServerResponse, answer: Answer, body: string, everyMs: number): Promise<void> => {
  const whole = Buffer.from(body);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    ...answer.headers,
    'content-length': whole.length,
  });
  for (const byte of whole) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await pause(everyMs, undefined, { ref: false });
  }
  response.end();
};

/** Send it; `failure` is what the system says of itself when it breaks down. */
export const sendStruck = async (
  response: ServerResponse,
  answer: Answer,
  struck: readonly Fault[],
  failure: Answer,
): Promise<void> => {
  const fault = answer.status < 300 ? struckBy(struck, ...SPOILING) : undefined;
  const body = answer.body ?? '';
  switch (fault?.kind) {
    case 'html':
      return send(response, { status: 200, body: PAGE, headers: { 'content-type': 'text/html; charset=utf-8' } });
    case 'error-in-200':
      return send(response, { ...failure, status: 200 });
    case 'empty-body':
      return send(response, { status: 200 });
    case 'cut':
      return broken(response, answer, body);
    case 'cut-json':
      return send(response, { ...answer, body: body.slice(0, Math.floor(body.length * 0.8)) });
    case 'wrong-type':
      return send(response, { ...answer, headers: { ...answer.headers, 'content-type': 'application/octet-stream' } });
    case 'wrong-packing':
      return send(response, { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } });
    case 'wrong-charset': {
      const bytes = misspelled(body);
      const type = { 'content-type': 'application/json; charset=utf-8', ...answer.headers };
      response.writeHead(answer.status, { ...type, 'content-length': bytes.length });
      return void response.end(bytes);
    }
    case 'oversized':
      return send(response, { ...answer, body: body + ' '.repeat(fault.bytes ?? MORE_THAN_ANYBODY_TAKES) });
    case 'drip':
      return dripped(response, answer, body, fault.delay_ms ?? DRIP_MS);
    default:
      return send(response, answer);
  }
};

/** What a `Retry-After` of this fault says, as a header or none. */
export const retryAfter = ({ retry_after: word, retry_after_s: seconds = 1 }: Fault): Record<string, string> => {
  if (word === 'none') return {};
  if (word === 'date') return { 'retry-after': new Date(Date.now() + seconds * 1000).toUTCString() };
  return { 'retry-after': word ?? String(seconds) };
};
