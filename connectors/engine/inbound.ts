/** Reads webhooks as a connector.yaml describes them. Nothing is believed before the signature over the raw bytes is right. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json } from '../../src/domain/json.ts';
import { getPath, pathOf } from '../../src/mapping/path.ts';
import type { Inbound, InboundHints, RawRequest } from '../sdk/seam.ts';
import { isKeepable } from './keepable.ts';
import { textTemplate, type Values } from './template.ts';
import type { Webhook } from './webhook.ts';

const TOLERANCE_MS = 300_000;
// Secrets overlap while they change; more signatures than that are an attempt.
const SIGNATURES = 10;
// What an id may be: no dot, which separates the parts that are signed, and nothing that is no plain character.
const MESSAGE = /^[!-\-/-~]{1,256}$/;

const missing = (header: string): SyncError =>
  new SyncError('SIGNATURE_MISSING', `the header ${header} is missing`, { field: header });
const wrong = (message = 'the signature is not that of this message'): SyncError =>
  new SyncError('SIGNATURE_INVALID', message);

const headerOf = (request: RawRequest, name: string): string => {
  const value = request.header(name);
  if (value === null || value === '') throw missing(name);
  return value;
};

const messageOf = (text: string): string => {
  if (!MESSAGE.test(text))
    throw new SyncError(
      'WEBHOOK_ID_INVALID',
      'the message’s id is empty, longer than 256, or has a character it may not have',
    );
  return text;
};

/** Refuses a time more than 5 minutes from now. Said only to whoever could sign it. */
const assertNow = (text: string, unitMs: number, now: number): void => {
  const at = /^\d{1,16}$/.test(text) ? Number(text) * unitMs : Number.NaN;
  if (Math.abs(at - now) <= TOLERANCE_MS) return;
  const sent = Number.isNaN(new Date(at).getTime()) ? 'at no time' : new Date(at).toISOString();
  throw new SyncError(
    'TIMESTAMP_OUT_OF_RANGE',
    `the message says that it was sent ${sent}, and here it is ${new Date(now).toISOString()}; 5 minutes are the most`,
  );
};

/** Is any of these signatures right under any of these keys? Every pair is compared, each in constant time. */
const anyRight = (given: readonly Buffer[], wanted: readonly Buffer[]): boolean => {
  let right = false;
  for (const one of given)
    for (const other of wanted) right = (one.length === other.length && timingSafeEqual(one, other)) || right;
  return right;
};

const standardKey = (secret: string): Buffer => {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  if (key.length < 24 || key.length > 64)
    throw new SyncError('CONFIG_INVALID', 'a webhook secret must be whsec_ and 24 to 64 bytes in Base64');
  return key;
};

const standard = (secrets: readonly string[]): Inbound['verify'] => {
  const keys = secrets.map(standardKey);
  return (request, now) => {
    const id = messageOf(headerOf(request, 'webhook-id'));
    const at = headerOf(request, 'webhook-timestamp');
    const entries = headerOf(request, 'webhook-signature').split(' ');
    if (entries.length > SIGNATURES)
      throw new SyncError('BAD_REQUEST', `webhook-signature has more than ${SIGNATURES} signatures`);
    const given = entries.flatMap((entry) => (entry.startsWith('v1,') ? [Buffer.from(entry.slice(3), 'base64')] : []));
    const wanted = keys.map((key) => createHmac('sha256', key).update(`${id}.${at}.`).update(request.body).digest());
    if (!anyRight(given, wanted)) throw wrong();
    assertNow(at, 1_000, now);
    return id;
  };
};

const own = (webhook: Extract<Webhook, { readonly scheme: 'hmac' }>, secrets: readonly string[], values: Values) => {
  const { signature, timestamp, message, signs } = webhook;
  // The body is bytes, not text: what stands around it is made apart.
  const [before = '', ...after] = signs.split('{body}');
  const around = [before, after.join('{body}')].map((text) => textTemplate(text));
  const verify: Inbound['verify'] = (request, now) => {
    const written = headerOf(request, signature.header);
    const at = timestamp === undefined ? undefined : headerOf(request, timestamp.header);
    const id = message === undefined ? undefined : messageOf(headerOf(request, message));
    if (!written.startsWith(signature.prefix)) throw wrong(`the signature does not begin with ${signature.prefix}`);
    const given = Buffer.from(written.slice(signature.prefix.length), signature.encoding);
    const signed = { ...values, method: request.method, timestamp: at, message: id };
    const [first = '', last = ''] = around.map((text) => text(signed) ?? '');
    const wanted = secrets.map((secret) =>
      createHmac(signature.algorithm, secret).update(first).update(request.body).update(last).digest(),
    );
    if (!anyRight([given], wanted)) throw wrong();
    if (at !== undefined) assertNow(at, timestamp?.unit === 'milliseconds' ? 1 : 1_000, now);
    return id;
  };
  return verify;
};

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || value instanceof ExactNumber
      ? String(value)
      : undefined;

/** Finds the records that a message names. An event about anything else is counted. */
const createReader = (webhook: Webhook) => {
  const [events, type, id] = [webhook.events, webhook.type, webhook.id].map((path) =>
    path === undefined ? undefined : pathOf(path),
  );
  const recordOf = new Map(
    Object.entries(webhook.records).flatMap(([record, types]) => types.map((each) => [each, record] as const)),
  );
  const at = (path: typeof type, event: Json): string | undefined =>
    path !== undefined && isObject(event) ? textOf(getPath(event, path)) : undefined;
  return (body: Json): InboundHints => {
    const list = events === undefined ? body : isObject(body) ? getPath(body, events) : undefined;
    const all: readonly Json[] = Array.isArray(list) ? list : list === undefined ? [] : [list as Json];
    const hints = all.flatMap((event) => {
      const record = recordOf.get(at(type, event) ?? '');
      const named = at(id, event);
      return record === undefined || named === undefined || named === '' || !isKeepable(named)
        ? []
        : [{ record, id: named }];
    });
    return { hints, ignored: all.length - hints.length };
  };
};

/** Makes the reader of a connection's webhooks; undefined where it has no secret, so that nothing can be verified. */
export const createInbound = (webhook: Webhook, settings: Readonly<Record<string, string>>): Inbound | undefined => {
  const values = { settings };
  const secrets = (textTemplate(webhook.secrets)(values) ?? '').split(/\s+/).filter((each) => each !== '');
  if (secrets.length === 0) return undefined;
  const verify = webhook.scheme === 'hmac' ? own(webhook, secrets, values) : standard(secrets);
  return { verify, hintsIn: createReader(webhook) };
};
