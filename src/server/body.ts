import { SyncError } from '../domain/errors.ts';
import { type Json, parseJson } from '../domain/json.ts';

/** Bodies above this are refused before they are parsed, where a route does not say otherwise. */
export const BODY_LIMIT = 1024 * 1024;
const DEPTH = 64;
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

const bad = (message: string): SyncError => new SyncError('BAD_REQUEST', message);

/** Reads a request's JSON strictly: UTF-8 without a mark, no key twice, no depth without end, no digit lost. */
export const readBody = async (request: Request, limit = BODY_LIMIT): Promise<Json> => {
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type))
    throw bad('the body must be sent as application/json');
  return jsonFrom(await bytesOf(request, limit));
};

/** The JSON that bytes are, as strictly as a body is read. */
export const jsonFrom = (bytes: Uint8Array): Json => {
  const text = decoded(bytes);
  assertPlain(text);
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw bad(`the body is not JSON${positionIn(error.message)}`);
    throw error;
  }
};

/** At most the limit is ever held: a body that says it is larger, or turns out to be, is refused. */
export const bytesOf = async (request: Request, limit: number): Promise<Uint8Array> => {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request.body ?? []) {
    size += part.byteLength;
    if (size > limit) throw tooLarge(limit);
    parts.push(part);
  }
  return Buffer.concat(parts);
};
const tooLarge = (limit: number): SyncError =>
  new SyncError('BODY_TOO_LARGE', `the body is larger than ${limit} bytes`);

const decoded = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad('the body is not UTF-8');
  }
};

const positionIn = (message: string): string => {
  const at = /position (\d+)/.exec(message)?.[1];
  return at === undefined ? '' : `: position ${at}`;
};

// One step per token; a string followed by a colon is a key. An unfinished string takes all the rest, so that the time
// grows with the text and not with its square. Text that is no JSON is left to the parser.
const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"(\s*:)?|\\?$)|[{}[\]]/g;

/** Refuses what JSON.parse lets pass: keys that stand twice, keys that are no data, nesting without end. */
const assertPlain = (text: string): void => {
  const open: (Set<string> | undefined)[] = [];
  for (const token of text.matchAll(TOKEN)) {
    const [word, colon] = token;
    if (word === '{' || word === '[') open.push(word === '{' ? new Set() : undefined);
    else if (word === '}' || word === ']') open.pop();
    else if (colon !== undefined) assertKey(word.slice(0, -colon.length), open.at(-1), token.index);
    if (open.length > DEPTH) throw bad(`the body is nested deeper than ${DEPTH} levels: position ${token.index}`);
  }
};

const assertKey = (quoted: string, keys: Set<string> | undefined, position: number): void => {
  let key: string;
  try {
    key = JSON.parse(quoted) as string;
  } catch {
    return;
  }
  if (FORBIDDEN.has(key))
    throw new SyncError('UNKNOWN_FIELD', `"${key}" is not a field: position ${position}`, { field: key });
  if (keys?.has(key)) throw bad(`"${key.slice(0, 60)}" stands twice: position ${position}`);
  keys?.add(key);
};
