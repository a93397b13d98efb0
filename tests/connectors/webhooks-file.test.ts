import { describe, expect, test } from 'vitest';
import { createInbound } from '../../connectors/engine/inbound.ts';
import { Webhook } from '../../connectors/engine/webhook.ts';
import { rest } from '../../connectors/rest/index.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { SETTINGS, STANDARD } from '../kit/webhook.ts';

describe('what a message names', () => {
  const hintsIn = (body: Json, more: JsonObject = {}) => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    return createInbound(Webhook.parse({ ...STANDARD, ...more }), { webhook_secret: secret })?.hintsIn(body);
  };

  test('is the record of its type, by its id, whatever else it says', () => {
    expect(hintsIn({ type: 'account.created', data: { id: 'A-1', name: 'not believed' } })).toEqual({
      hints: [{ record: 'Account', id: 'A-1' }],
      ignored: 0,
    });
  });

  test('may be many, in a list of its own or in the body itself, and numbers keep their digits', () => {
    const events = parseJson(
      '[{"type":"account.updated","data":{"id":12345678901234567890}},{"type":"other","data":{"id":"1"}}]',
    );
    const expected = { hints: [{ record: 'Account', id: '12345678901234567890' }], ignored: 1 };
    expect(hintsIn(events)).toEqual(expected);
    expect(hintsIn({ changes: events }, { events: 'changes' })).toEqual(expected);
  });

  test.each<[string, Json]>([
    ['an event of another kind', { type: 'invoice.paid', data: { id: '1' } }],
    ['an event without a kind', { data: { id: '1' } }],
    ['an event without an id', { type: 'account.updated', data: {} }],
    ['an id that is an object', { type: 'account.updated', data: { id: { path: '/etc/passwd' } } }],
    ['an id that cannot be kept', { type: 'account.updated', data: { id: 'a\u0000b' } }],
    ['a text', 'account.updated'],
    ['nothing', null],
  ])('is counted and left alone when it is %s', (_what, body) => {
    expect(hintsIn(body)).toEqual({ hints: [], ignored: 1 });
  });
});

describe('a connector file with webhooks', () => {
  const preset = (webhook: JsonObject): JsonObject => ({
    engine: 'rest',
    system: 'Fake',
    settings: { webhook_secret: { describe: 'Secret', secret: true, default: '' } },
    auth: { kind: 'none' },
    check: { request: { path: '/me' } },
    records: {
      Account: {
        id: 'id',
        list: { request: { path: '/a' }, paging: { kind: 'none' } },
        capabilities: {
          idempotency: 'none',
          guard: 'none',
          returns_record: false,
          version_covers_all: false,
          complete: false,
          deletes: 'absence',
        },
      },
    },
    webhook,
  });
  const problems = (webhook: JsonObject): readonly string[] => {
    try {
      rest.connect({
        settings: SETTINGS,
        preset: preset(webhook),
        mode: 'local',
        secret: () => '',
        read: async () => undefined,
      });
      return [];
    } catch (error) {
      return error instanceof SyncError ? (error.facts.problems ?? []) : [String(error)];
    }
  };
  test.each<[string, JsonObject, string]>([
    ['a record that is not there', { ...STANDARD, records: { Lead: ['x'] } }, '"webhook.records.Lead": is no record'],
    ['a record that cannot be read by its id', STANDARD, '"webhook.records.Account": needs `read.by_id`'],
    ['a setting that is not there', { ...STANDARD, secrets: '{settings.none}' }, '"webhook.secrets": {settings.none}'],
    [
      'a signature without the body',
      { ...STANDARD, scheme: 'hmac', signature: { header: 'X' }, signs: '{method}' },
      '"webhook.signs": must have {body}',
    ],
    [
      'a time that is not signed',
      { ...STANDARD, scheme: 'hmac', signature: { header: 'X' }, timestamp: { header: 'T' } },
      '"webhook.timestamp": a time that is not signed',
    ],
    [
      'an id that is signed and not named',
      { ...STANDARD, scheme: 'hmac', signature: { header: 'X' }, signs: '{message}{body}' },
      '"webhook.message": is missing',
    ],
    ['a scheme nobody knows', { ...STANDARD, scheme: 'plain' }, 'webhook.scheme'],
  ])('says what is wrong with %s', (_what, webhook, said) => {
    expect(problems(webhook).join('\n')).toContain(said);
  });
});
