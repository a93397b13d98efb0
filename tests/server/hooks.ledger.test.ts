import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/parse.ts';
import { openDatabase } from '../../src/ledger/database.ts';
import type { Compilation, ServerDeps } from '../../src/server/deps.ts';
import { followInbound } from '../../src/server/inbound.ts';
import { inWorld, type World } from './world.ts';

const KEY = Buffer.alloc(32, 5);
const MAIN = `connections:
  crm: { connector: ./crm, url: "https://crm.example.com", settings: { webhook_secret: "env:HOOKS" } }
  erp: { connector: ./erp, url: "https://erp.example.com" }
mappings: [customer]
`;
const CRM = `engine: rest
settings: { webhook_secret: { describe: Secret, secret: true, default: "" } }
webhook:
  scheme: standard-webhooks
  secrets: "{settings.webhook_secret}"
  type: type
  records: { Account: [account.updated], Contact: [contact.updated] }
  id: data.id
`;
const files = {
  'tallystick.yaml': MAIN,
  'mappings/customer.yaml': 'mapping: customer\n',
  'crm/connector.yaml': CRM,
  'erp/connector.yaml': 'engine: rest\n',
};
const configuration = parseConfiguration({ number: 1, author: '', files });
const ENV: Readonly<Record<string, string>> = { HOOKS: `whsec_${KEY.toString('base64')}` };
const inbound = (env: Readonly<Record<string, string>> = ENV): ServerDeps['inbound'] =>
  followInbound((): Compilation => ({ mappings: new Map(), problems: [], configuration }), 'production', env);

const EVENT = { type: 'account.updated', data: { id: 'A1', name: 'not believed' } };
interface Sent {
  readonly to?: string;
  readonly id?: string;
  readonly body?: string | Uint8Array;
  readonly key?: Buffer;
  readonly type?: string;
  readonly at?: number;
}
const send = async (app: World['app'], { to = 'crm', id = 'msg_1', key = KEY, type, at, body }: Sent = {}) => {
  const text = body ?? JSON.stringify(EVENT);
  const sent = String(Math.floor((at ?? Date.now()) / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${sent}.`).update(text).digest('base64');
  const response = await app.request(`/hooks/${to}`, {
    method: 'POST',
    headers: {
      'content-type': type ?? 'application/json',
      'webhook-id': id,
      'webhook-timestamp': sent,
      'webhook-signature': `v1,${signature}`,
    },
    body: text,
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into replies of every shape
  return { status: response.status, headers: response.headers, json: (await response.json()) as any };
};
const hints = ({ db }: World) => db.query('select slot, id from hint order by id');

test('a signed webhook is a hint in the ledger and a call of the capture before it is answered; sent again it is nothing', () =>
  inWorld(
    async (world) => {
      const first = await send(world.app);
      expect([first.status, first.json]).toEqual([202, { state: 'noted', records: 1, ignored: 0 }]);
      expect(await hints(world)).toEqual([{ slot: 'crm/Account', id: 'A1' }]);
      expect(world.looked).toEqual(['crm/Account']);
      // Nothing that it said of the record is kept.
      expect(JSON.stringify(await world.db.query('select * from hint'))).not.toContain('believed');
      const again = await send(world.app);
      expect([again.status, again.json.state]).toEqual([202, 'repeated']);
      expect(world.looked).toEqual(['crm/Account']);
    },
    { inbound: inbound() },
  ));

test('status says when the last webhook came, how many, and how many were about nothing of ours', () =>
  inWorld(
    async (world) => {
      expect((await world.ask('operator', 'GET', '/connections/crm')).json.webhooks).toBeNull();
      await send(world.app, { body: JSON.stringify([EVENT, { type: 'invoice.paid' }]) });
      await send(world.app, { id: 'msg_2', body: '{"type":"contact.updated","data":{"id":"C1"}}' });
      const { webhooks } = (await world.ask('operator', 'GET', '/connections/crm')).json;
      expect(webhooks).toMatchObject({ received: 2, repeated: 0, ignored: 2, waiting: 1 });
      expect(Date.parse(webhooks.last)).toBeGreaterThan(Date.now() - 60_000);
    },
    { inbound: inbound() },
  ));

test.each<[string, Sent, number, string]>([
  ['signed by somebody else', { key: Buffer.alloc(32, 6) }, 401, 'SIGNATURE_INVALID'],
  ['from six minutes ago', { at: Date.now() - 360_000 }, 401, 'TIMESTAMP_OUT_OF_RANGE'],
  ['with a dot in its id', { id: 'msg.1' }, 400, 'WEBHOOK_ID_INVALID'],
  ['that is a form', { type: 'multipart/form-data; boundary=x' }, 415, 'CONTENT_TYPE_REFUSED'],
  ['that is no JSON', { body: '{"type":' }, 400, 'BAD_REQUEST'],
  ['that is no UTF-8', { body: Uint8Array.of(0x22, 0xff, 0x22) }, 400, 'BAD_REQUEST'],
  ['nested without end', { body: '['.repeat(100_000) }, 400, 'BAD_REQUEST'],
  ['with a key that is no data', { body: '{"__proto__":{"type":1}}' }, 400, 'UNKNOWN_FIELD'],
  ['of a MiB and a byte', { body: `"${'x'.repeat(1_048_575)}"` }, 413, 'BODY_TOO_LARGE'],
  ['for a connection without webhooks', { to: 'erp' }, 404, 'NOT_FOUND'],
  ['for a connection that is not there', { to: 'nobody' }, 404, 'NOT_FOUND'],
  ['for an object’s own name', { to: 'constructor' }, 404, 'NOT_FOUND'],
])('a webhook %s is refused and leaves nothing', (_what, sent, status, code) =>
  inWorld(
    async (world) => {
      const answer = await send(world.app, sent);
      expect([answer.status, answer.json.code]).toEqual([status, code]);
      expect(await world.db.query('select from hint union all select from webhook_count')).toEqual([]);
      expect(JSON.stringify(answer.json)).not.toContain('whsec');
      expect(world.lines.join('\n')).not.toContain('whsec');
    },
    { inbound: inbound() },
  ),
);

test('a refusal for its time stands in the log with both times', () =>
  inWorld(
    async (world) => {
      await send(world.app, { at: Date.parse('2020-01-01T00:00:00Z') });
      const now = new Date().toISOString().slice(0, 10);
      expect(world.lines.some((line) => line.includes('2020-01-01T00:00:00.000Z') && line.includes(now))).toBe(true);
    },
    { inbound: inbound() },
  ));

test('without the secret nothing can be verified: it is as if there were no webhooks, and the log says why', () =>
  inWorld(
    async (world) => {
      expect((await send(world.app)).status).toBe(404);
      expect(world.lines.join('\n')).toContain('HOOKS');
    },
    { inbound: inbound({}) },
  ));

test('with the engine down the webhook is answered and its hint kept, and the next one tries to wake again', () => {
  let calls = 0;
  const look = async (): Promise<void> => {
    calls += 1;
    throw new Error('the engine is down');
  };
  return inWorld(
    async (world) => {
      expect((await send(world.app)).status).toBe(202);
      await expect.poll(() => world.db.query('select called from hint_call')).toEqual([{ called: false }]);
      expect((await send(world.app, { id: 'msg_2' })).status).toBe(202);
      expect(await hints(world)).toHaveLength(1);
      expect(calls).toBe(2);
    },
    {
      inbound: inbound(),
      temporal: {
        nudge: look,
        look,
        answer: async () => undefined,
        reachable: async () => false,
        probe: async () => ({ ok: true, result: null }),
      },
    },
  );
});

test('with the ledger down a webhook is not taken: its sender tries again', () => {
  const db = openDatabase('postgresql://nobody@127.0.0.1:1/none');
  return inWorld(
    async (world) => {
      const answer = await send(world.app);
      expect([answer.status, answer.json.code]).toEqual([503, 'LEDGER_DOWN']);
      await db.close();
    },
    { inbound: inbound(), db },
  );
});

test('ten thousand webhooks at once are taken up to the rate, and guessing at secrets ends sooner', () =>
  inWorld(
    async (world) => {
      const guesses = [];
      for (let i = 0; i < 40; i += 1) guesses.push((await send(world.app, { key: Buffer.alloc(32, 9) })).status);
      expect([guesses.filter((status) => status === 401).length, guesses.at(-1)]).toEqual([30, 429]);
      const answers = [];
      for (let i = 0; i < 210; i += 1) answers.push(await send(world.app, { id: `msg_${i}` }));
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(200);
      const refused = answers.at(-1);
      expect([refused?.status, refused?.headers.get('retry-after')]).toEqual([429, '1']);
      expect((await world.ask('operator', 'GET', '/connections/crm')).json.webhooks.received).toBe(200);
    },
    { inbound: inbound(), now: () => 0 },
  ));
