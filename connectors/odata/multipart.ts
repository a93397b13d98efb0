/** `multipart/mixed` with HTTP messages in it: how OData carries several requests in one, in both versions. */
import { SyncError } from '../../src/domain/errors.ts';

/** A message of a changeset, ready to travel. */
export interface Message {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** An answer inside a batch. */
export interface Part {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const EOL = '\r\n';

const messageText = ({ method, path, headers, text }: Message): string =>
  [
    `${method} ${path} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(text === '' ? [] : [`content-length: ${Buffer.byteLength(text)}`]),
    '',
    text,
  ].join(EOL);

/** A batch of changesets; each message has its number, counted through, as Content-ID. */
export const batchText = (changesets: readonly (readonly Message[])[], boundary: string): string => {
  let count = 0;
  const parts = changesets.map((messages, index) => {
    const inner = `${boundary}-${index}`;
    const inside = messages.map((message) => {
      count += 1;
      const head = [
        `--${inner}`,
        'content-type: application/http',
        'content-transfer-encoding: binary',
        `content-id: ${count}`,
        '',
      ];
      return [...head, messageText(message)].join(EOL);
    });
    const head = [`--${boundary}`, `content-type: multipart/mixed; boundary=${inner}`, ''];
    return [...head, ...inside, `--${inner}--`, ''].join(EOL);
  });
  return [...parts, `--${boundary}--`, ''].join(EOL);
};

const broken = (why: string): SyncError => new SyncError('PROTOCOL_ERROR', `the reply to a batch ${why}`);

const boundaryOf = (type: string): string | undefined => {
  const [, quoted, plain] =
    /^multipart\/mixed\s*;.*?boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(type) ?? [];
  return quoted ?? plain;
};

/** Header lines and what follows the empty line. */
const split = (text: string): { readonly headers: Readonly<Record<string, string>>; readonly rest: string } => {
  const body = /^\r?\n/.exec(text) ?? /\r?\n\r?\n/.exec(text);
  const end = body === null ? text.length : body.index;
  const headers: Record<string, string> = {};
  for (const line of text.slice(0, end).split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { headers, rest: body === null ? '' : text.slice(end + body[0].length) };
};

/** What stands between the boundary's lines. A batch that breaks off has no last line. */
const between = (text: string, boundary: string): readonly string[] => {
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pieces = text.split(new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)`));
  // One capture: every second piece is the mark of the end.
  const parts: string[] = [];
  for (let at = 1; at < pieces.length; at += 2) {
    if (pieces[at] === '--') return parts;
    parts.push((pieces[at + 1] ?? '').replace(/^\r?\n/, ''));
  }
  throw broken('breaks off');
};

const httpPart = (text: string): Part => {
  const line = /^\s*HTTP\/1\.[01] (\d{3})[^\r\n]*(?:\r?\n)?/.exec(text);
  if (line === null) throw broken('has a part that is no HTTP reply');
  const { headers, rest } = split(text.slice(line[0].length));
  return { status: Number(line[1]), headers, text: rest.trim() };
};

/** The answers to each changeset, in order; a refused changeset has one alone. PROTOCOL_ERROR for what cannot be read. */
export const readBatch = (type: string, text: string): readonly (readonly Part[])[] => {
  const boundary = boundaryOf(type);
  if (boundary === undefined) throw broken('is not multipart/mixed');
  return between(text, boundary).map((part) => {
    const { headers, rest } = split(part);
    const inner = boundaryOf(headers['content-type'] ?? '');
    if (inner === undefined) return [httpPart(rest)];
    return between(rest, inner).map((each) => httpPart(split(each).rest));
  });
};
