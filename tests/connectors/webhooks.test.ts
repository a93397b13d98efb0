import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { inboundOf } from '../../connectors/inbound.ts';
import type { Inbound, RawRequest } from '../../connectors/sdk/seam.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { SETTINGS, STANDARD } from '../kit/webhook.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const AT = String(NOW / 1_000);
const KEY = Buffer.alloc(32, 1);
const NEXT_KEY = Buffer.alloc(24, 2);
const secretOf = (key: Buffer): string => `whsec_${key.toString('base64')}`;
const BODY = '{"type":"account.updated", "data":{"id":"A-000007"}}';

const inbound = (webhook: JsonObject, secret: string, mode: 'local' | 'production' = 'local'): Inbound | undefined =>
  inboundOf({
    settings: { ...SETTINGS, settings: { webhook_secret: secret, other: 'env:NOT_HERE' } },
    preset: {
      engine: 'rest',
      settings: {
        webhook_secret: { describe: 'Secret of its webhooks', secret: true, default: '' },
        other: { describe: 'Something that intake does not need', secret: true },
      },
      webhook,
    },
    mode,
    secret: (reference) => {
      if (reference !== 'env:HOOKS') throw new Error(`nobody asked for ${reference}`);
      return secretOf(KEY);
    },
  });
const readerOf = (webhook: JsonObject, secret: string): Inbound => {
  const reader = inbound(webhook, secret);
  if (reader === undefined) throw new Error('there is no reader');
  return reader;
};

interface Message {
  readonly id?: string;
  readonly at?: string;
  readonly body?: string;
  readonly key?: Buffer;
  /** What is changed after it was signed; undefined leaves a header out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly sent?: string;
}
const signatureOf = (id: string, at: string, body: string, key: Buffer): string =>
  `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`;
const message = ({ id = 'msg_1', at = AT, body = BODY, key = KEY, headers = {}, sent = body }: Message): RawRequest => {
  const all: Readonly<Record<string, string | undefined>> = {
    'webhook-id': id,
    'webhook-timestamp': at,
    'webhook-signature': signatureOf(id, at, body, key),
    ...headers,
  };
  return { method: 'POST', header: (name) => all[name.toLowerCase()] ?? null, body: Buffer.from(sent) };
};
const judged = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error instanceof SyncError ? error.code : error;
  }
};

describe('a message by Standard Webhooks', () => {
  test('is taken when the raw bytes, its id and its time are signed', () => {
    expect(readerOf(STANDARD, secretOf(KEY)).verify(message({}), NOW)).toBe('msg_1');
  });

  test('as the specification itself gives it is taken', () => {
    const reader = readerOf(STANDARD, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
    const given = message({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: '1614265330',
      body: '{"test": 2432232314}',
      headers: { 'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
    });
    expect(reader.verify(given, 1_614_265_330_000)).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek');
  });

  const respaced = JSON.stringify(JSON.parse(BODY));
  test.each<[string, Message, string]>([
    ['without a signature', { headers: { 'webhook-signature': undefined } }, 'SIGNATURE_MISSING'],
    ['with an empty signature', { headers: { 'webhook-signature': '' } }, 'SIGNATURE_MISSING'],
    ['without an id', { headers: { 'webhook-id': undefined } }, 'SIGNATURE_MISSING'],
    ['without a time', { headers: { 'webhook-timestamp': undefined } }, 'SIGNATURE_MISSING'],
    ['whose body has one other byte', { sent: BODY.replace('7', '8') }, 'SIGNATURE_INVALID'],
    ['whose body was written anew', { sent: respaced }, 'SIGNATURE_INVALID'],
    ['whose id was changed', { headers: { 'webhook-id': 'msg_2' } }, 'SIGNATURE_INVALID'],
    ['whose time was changed', { headers: { 'webhook-timestamp': String(Number(AT) + 1) } }, 'SIGNATURE_INVALID'],
    ['signed by another secret', { key: NEXT_KEY }, 'SIGNATURE_INVALID'],
    [
      'whose signature is cut short',
      { headers: { 'webhook-signature': signatureOf('msg_1', AT, BODY, KEY).slice(0, 20) } },
      'SIGNATURE_INVALID',
    ],
    [
      'signed in a way that brings its own key',
      { headers: { 'webhook-signature': signatureOf('msg_1', AT, BODY, KEY).replace('v1,', 'v1a,') } },
      'SIGNATURE_INVALID',
    ],
    ['sent six minutes ago', { at: String(Number(AT) - 360) }, 'TIMESTAMP_OUT_OF_RANGE'],
    ['sent six minutes from now', { at: String(Number(AT) + 360) }, 'TIMESTAMP_OUT_OF_RANGE'],
    ['whose time is no number', { at: 'yesterday' }, 'TIMESTAMP_OUT_OF_RANGE'],
    ['whose time is beyond all time', { at: '9'.repeat(16) }, 'TIMESTAMP_OUT_OF_RANGE'],
    ['whose id has a dot', { id: 'msg.1' }, 'WEBHOOK_ID_INVALID'],
    ['whose id has a line break', { id: 'msg\n1' }, 'WEBHOOK_ID_INVALID'],
    ['whose id has ten thousand letters', { id: 'm'.repeat(10_240) }, 'WEBHOOK_ID_INVALID'],
    [
      'with a thousand signatures',
      { headers: { 'webhook-signature': Array(1_000).fill('v1,AAAA').join(' ') } },
      'BAD_REQUEST',
    ],
  ])('%s is refused', (_what, given, code) => {
    expect(judged(() => readerOf(STANDARD, secretOf(KEY)).verify(message(given), NOW))).toBe(code);
  });

  test('is refused for its time with both times said', () => {
    const late = message({ at: String(Number(AT) - 301) });
    expect(() => readerOf(STANDARD, secretOf(KEY)).verify(late, NOW)).toThrow(
      /2026-11-27T11:54:59\.000Z.*2026-11-27T12:00:00\.000Z/,
    );
  });

  test('counts under the old and the new secret while they change, and under the old one no longer afterwards', () => {
    const both = readerOf(STANDARD, `${secretOf(NEXT_KEY)} ${secretOf(KEY)}`);
    expect([both.verify(message({}), NOW), both.verify(message({ key: NEXT_KEY }), NOW)]).toEqual(['msg_1', 'msg_1']);
    expect(judged(() => readerOf(STANDARD, secretOf(NEXT_KEY)).verify(message({}), NOW))).toBe('SIGNATURE_INVALID');
  });

  test('counts when one of its two signatures is right', () => {
    const two = `${signatureOf('msg_1', AT, BODY, NEXT_KEY)} ${signatureOf('msg_1', AT, BODY, KEY)}`;
    const given = message({ headers: { 'webhook-signature': two } });
    expect(readerOf(STANDARD, secretOf(KEY)).verify(given, NOW)).toBe('msg_1');
  });

  test('is taken by nobody who has no secret, and a secret too short is a fault of the configuration', () => {
    expect(inbound(STANDARD, '')).toBeUndefined();
    expect(inbound(STANDARD, '', 'production')).toBeUndefined();
    expect(judged(() => inbound(STANDARD, 'whsec_c2hvcnQ='))).toBe('CONFIG_INVALID');
  });

  test('needs its own secret alone, by reference where it is in production', () => {
    expect(inbound(STANDARD, 'env:HOOKS', 'production')?.verify(message({}), NOW)).toBe('msg_1');
    expect(judged(() => inbound(STANDARD, secretOf(KEY), 'production'))).toBe('CONFIG_INVALID');
  });
});

describe('a system that signs in its own way', () => {
  const own = (more: JsonObject, signature: JsonObject = {}): JsonObject => ({
    ...STANDARD,
    scheme: 'hmac',
    signature: { header: 'X-Signature', ...signature },
    ...more,
  });
  const request = (headers: Readonly<Record<string, string>>): RawRequest => ({
    method: 'POST',
    header: (name) => headers[name] ?? null,
    body: Buffer.from(BODY),
  });
  const hmac = (text: string, algorithm: string, encoding: 'hex' | 'base64') =>
    createHmac(algorithm, 'geheim').update(text).digest(encoding);

  test.each<[string, JsonObject, Readonly<Record<string, string>>]>([
    ['the body in hex', own({}), { 'X-Signature': hmac(BODY, 'sha256', 'hex') }],
    [
      'the body in Base64, with a prefix',
      own({}, { encoding: 'base64', prefix: 'sha1=', algorithm: 'sha1' }),
      { 'X-Signature': `sha1=${hmac(BODY, 'sha1', 'base64')}` },
    ],
    [
      'method, body and time in milliseconds',
      own({ signs: '{method}{body}{timestamp}', timestamp: { header: 'X-Time', unit: 'milliseconds' } }),
      { 'X-Signature': hmac(`POST${BODY}${NOW}`, 'sha256', 'hex'), 'X-Time': String(NOW) },
    ],
    [
      'its id before the body',
      own({ signs: '{message}:{body}', message: 'X-Id' }),
      { 'X-Signature': hmac(`m1:${BODY}`, 'sha256', 'hex'), 'X-Id': 'm1' },
    ],
  ])('is believed: %s', (_what, webhook, headers) => {
    const reader = readerOf(webhook, 'geheim');
    expect(reader.verify(request(headers), NOW)).toBe(headers['X-Id']);
    const forged = { ...headers, 'X-Signature': (headers['X-Signature'] ?? '').replace(/.(.)$/, '0$1x') };
    expect(judged(() => reader.verify(request(forged), NOW))).toBe('SIGNATURE_INVALID');
  });

  test('is refused without its header, without its prefix and at the wrong time', () => {
    const timed = own({ signs: '{timestamp}.{body}', timestamp: { header: 'X-Time' } }, { prefix: 'v=' });
    const sign = (at: string) => ({ 'X-Signature': `v=${hmac(`${at}.${BODY}`, 'sha256', 'hex')}`, 'X-Time': at });
    const late = sign(String(Number(AT) - 600));
    expect(
      [{ 'X-Time': AT }, { 'X-Signature': 'abc', 'X-Time': AT }, late].map((headers) =>
        judged(() => readerOf(timed, 'geheim').verify(request(headers as Record<string, string>), NOW)),
      ),
    ).toEqual(['SIGNATURE_MISSING', 'SIGNATURE_INVALID', 'TIMESTAMP_OUT_OF_RANGE']);
  });
});
