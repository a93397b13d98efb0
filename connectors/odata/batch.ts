/** `$batch`: each item in a changeset of its own, so that each has an outcome of its own. */
import { randomUUID } from 'node:crypto';
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import type { HttpReply, RequestBody } from '../sdk/http.ts';
import { batchText, type Message, type Part, readBatch } from './multipart.ts';
import { type Operation, textOf } from './operations.ts';
import type { Ask } from './requests.ts';
import type { Outcomes } from './results.ts';
import type { ODataPreset } from './schema.ts';

type Write = Extract<Ask, { kind: 'write' }>;
type Sent = { readonly body: RequestBody; readonly headers: Readonly<Record<string, string>> };
type Changesets = readonly (readonly Operation[])[];

// A V4 service stops at the first refused changeset, unless it is asked to go on; V2 ones always go on.
const GO_ON = { prefer: 'odata.continue-on-error' };

/** Paths inside a batch begin where the service does. */
const below = (root: string, path: string): string => (path.startsWith(root) ? path.slice(root.length) : path);

const asMultipart = (changesets: Changesets, { version }: ODataPreset, root: string): Sent => {
  const boundary = `batch-${randomUUID()}`;
  const accept = { accept: version === 'v2' ? 'application/json' : 'application/json;IEEE754Compatible=true' };
  const type = version === 'v2' ? 'application/json' : 'application/json;IEEE754Compatible=true';
  const messages = changesets.map((operations) =>
    operations.map((operation): Message => {
      const text = textOf(operation);
      const typed = text === '' ? {} : { 'content-type': type };
      const path = below(root, operation.path);
      return { method: operation.method, path, headers: { ...accept, ...typed, ...operation.headers }, text };
    }),
  );
  const body = { text: batchText(messages, boundary), type: `multipart/mixed; boundary=${boundary}` };
  return { body, headers: { accept: 'multipart/mixed', ...GO_ON } };
};

const asJson = (changesets: Changesets, root: string): Sent => {
  const requests = changesets.flatMap((operations, group) =>
    operations.map((operation, index) => ({
      id: `${group}.${index}`,
      atomicityGroup: `g${group}`,
      method: operation.method,
      url: below(root, operation.path),
      headers: {
        ...(operation.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...operation.headers,
      },
      ...(operation.body === undefined ? {} : { body: operation.body }),
    })),
  );
  const type = 'application/json;IEEE754Compatible=true';
  return { body: { text: stringifyJson({ requests }), type }, headers: { accept: type, ...GO_ON } };
};

const headersOf = (value: Json | undefined): Record<string, string> =>
  value !== undefined && isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name.toLowerCase(), String(text)]))
    : {};

const jsonPart = (response: JsonObject): Part => ({
  status: typeof response['status'] === 'number' ? response['status'] : 0,
  headers: headersOf(response['headers']),
  text: response['body'] === undefined ? '' : stringifyJson(response['body']),
});

/** The answers of each changeset by the ids that it was given; in whatever order they came. */
const readJson = (changesets: Changesets, reply: HttpReply): readonly (readonly Part[])[] => {
  const body = reply.json();
  const responses = isObject(body) ? body['responses'] : undefined;
  if (!Array.isArray(responses)) throw new SyncError('PROTOCOL_ERROR', 'the reply to a batch has no responses');
  const byId = new Map<string, Part>();
  for (const response of responses as readonly Json[])
    if (isObject(response)) byId.set(String(response['id']), jsonPart(response));
  return changesets.map((operations, group) =>
    operations.flatMap((_operation, index) => byId.get(`${group}.${index}`) ?? []),
  );
};

const refusal = (parts: readonly Part[]): Part | undefined => {
  const refused = parts.filter(({ status }) => status >= 400 || status < 200);
  // 424 is what is said of the others in a changeset.
  return refused.find(({ status }) => status !== 424) ?? refused[0];
};

/** Makes batches and reads their replies. */
export const createBatches = (preset: ODataPreset, outcomes: Outcomes) => {
  const { batch } = preset;
  const root = (batch?.path ?? '/$batch').replace(/\$batch$/, '').replace(/^\//, '');
  const result = (ask: Write, operations: readonly Operation[], parts: readonly Part[] | undefined): Json => {
    const [first] = parts ?? [];
    const [own] = operations;
    if (parts === undefined || first === undefined || own === undefined) return null;
    const failed = refusal(parts);
    if (failed !== undefined) return { status: outcomes.statusOf(failed.status, own), ...outcomes.refused(failed) };
    // Of a changeset that went well each request has its answer; with fewer nobody knows what became of the rest.
    return parts.length === operations.length ? { status: first.status, ...outcomes.done(ask, first) } : null;
  };
  return {
    sent: (changesets: Changesets): Sent =>
      batch?.kind === 'json' ? asJson(changesets, root) : asMultipart(changesets, preset, root),
    read: (ask: Write, changesets: Changesets, reply: HttpReply): JsonObject => {
      const answers =
        batch?.kind === 'json'
          ? readJson(changesets, reply)
          : readBatch(reply.headers['content-type'] ?? '', reply.text);
      return { results: changesets.map((operations, index) => result(ask, operations, answers[index])) };
    },
  };
};
