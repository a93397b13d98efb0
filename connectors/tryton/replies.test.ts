import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, aCall, silence } from '../../tests/kit/fake-http.ts';
import { aTryton, type Called, result, rowsOf } from '../../tests/kit/tryton.ts';
import type { Outcome, WriteItem } from '../sdk/seam.ts';

const party = (): JsonObject => rowsOf('parties').at(-1) as JsonObject;
const create = (key: string, data: JsonObject = { name: key }): WriteItem => ({
  op: 'create',
  data,
  idempotencyKey: key,
});
const update = (name: string): WriteItem => ({
  op: 'update',
  id: String(party()['id']),
  data: { name },
  idempotencyKey: 'u',
});
const statuses = (outcomes: readonly Outcome[]): readonly string[] => outcomes.map(({ status }) => status);
const isCreate = ({ method }: Called): boolean => method === 'model.party.party.create';
const isWrite = ({ method }: Called): boolean => method === 'model.party.party.write';
const isSearch = ({ method }: Called): boolean => method === 'model.party.party.search_read';
const byKey = (called: Called): boolean =>
  isSearch(called) && JSON.stringify(called.params[0]).includes('identifiers.code');

describe('a reply to a write that does not fit', () => {
  const replies: readonly (readonly [string, Answer])[] = [
    ['with another request’s number', { json: { id: 987, result: [31, 32] } }],
    ['with neither a result nor a refusal', { json: { id: 1 } }],
    ['that breaks off', { text: '{"id":1,"resu' }],
    ['that is a web page', { text: '<html>busy</html>' }],
    ['that is a number', { text: '7' }],
    ['that is empty', { text: '' }],
    ['in bytes that are not UTF-8', (response) => void response.end(Buffer.from([0x7b, 0xe4, 0x7d]))],
    ['that says success and breaks down', { status: 500, json: { id: 1, result: [31, 32] } }],
    ['with fewer ids than records', result([31])],
    ['with more ids than records', result([31, 32, 33])],
    ['with one id for both records', result([31, 31])],
    ['with a text instead of ids', result('31')],
  ];
  test.each(replies)('of new records, %s, leaves every record in doubt', async (_what, answer) => {
    const { connector } = await aTryton((called) => (isCreate(called) ? answer : undefined));
    const outcomes = await connector.write('Party', [create('a'), create('b')], aCall());
    expect(statuses(outcomes)).toEqual(['unknown', 'unknown']);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ error: { class: 'transient', message: expect.stringMatching(/^\S.{10,200}$/) } });
  });

  test.each(replies.slice(0, 8))('of a changed record, %s, leaves it in doubt', async (_what, answer) => {
    const { connector } = await aTryton((called) => (isWrite(called) ? answer : undefined));
    expect(statuses(await connector.write('Party', [update('New')], aCall()))).toEqual(['unknown']);
  });
});

test('a reply with another request’s number is no answer to a search either', async () => {
  const { connector } = await aTryton((called) => (isSearch(called) ? { json: { id: 987, result: [] } } : undefined));
  await expect(connector.list('Party', { cursor: '', limit: 5 }, aCall())).rejects.toMatchObject({
    code: 'PROTOCOL_ERROR',
    message: expect.stringContaining('number'),
  });
});

test('what may be there under its key and cannot be read is not created beside it', async () => {
  const { connector, calls } = await aTryton((called) =>
    byKey(called)
      ? result([{ name: 'no id', 'identifiers.': [{ id: 1, type: null, code: 'tally:a' }] }])
      : isCreate(called)
        ? result([41])
        : undefined,
  );
  const outcomes = await connector.write('Party', [create('a'), create('b')], aCall());
  expect(outcomes[0]).toMatchObject({ status: 'failed', error: { class: 'permanent' } });
  expect(calls.filter(isCreate)).toHaveLength(1);
  expect(JSON.stringify(calls.find(isCreate)?.params)).not.toContain('tally:a');
});

test('of a batch in halves, what follows a lost half is not sent', async () => {
  let sent = 0;
  const { connector, calls } = await aTryton((called) => {
    if (!isCreate(called)) return undefined;
    sent += 1;
    if (sent === 1) return { json: { id: 1, error: ['UserError', ['one of them is bad', '', null]] } };
    return { status: 503 };
  });
  const items = ['a', 'b', 'c', 'd'].map((key) => create(key));
  const outcomes = await connector.write('Party', items, aCall());
  expect(statuses(outcomes)).toEqual(['unknown', 'unknown', 'failed', 'failed']);
  expect(calls.filter(isCreate)).toHaveLength(2);
});

test('a child’s property with the name of something that every object has is refused by its own name', async () => {
  const { connector } = await aTryton();
  const data = { name: 'a', addresses: [{ position: '1', constructor: 'x' }] };
  const [outcome] = await connector.write('Party', [create('a', data)], aCall());
  expect(outcome).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining('have no constructor') },
  });
});

test('a caller that stops waiting for a login is let go at once, and the others are not', async () => {
  const held: { answer?: (text: string) => void } = {};
  const { connector } = await aTryton(({ method }) => {
    if (method !== 'common.db.login') return undefined;
    return (response) => {
      held.answer = (text) => response.end(text);
    };
  });
  const controller = new AbortController();
  const gone = connector.list('Party', { cursor: '', limit: 5 }, { signal: controller.signal });
  const waits = connector.list('Party', { cursor: '', limit: 5 }, aCall());
  await expect.poll(() => held.answer).toBeDefined();
  controller.abort(new Error('stop'));
  await expect(gone).rejects.toThrow('stop');
  held.answer?.('{"id":1,"result":[2,"a-session-key"]}');
  expect((await waits).changes.length).toBeGreaterThan(0);
});

test('an ended session that many calls meet at once is opened again once for all of them', async () => {
  let logins = 0;
  const { connector } = await aTryton((called) => {
    if (called.method === 'common.db.login') {
      logins += 1;
      return result([2, `key-number-${logins}`]);
    }
    const token = Buffer.from((called.authorization ?? '').replace('Session ', ''), 'base64').toString();
    return isSearch(called) && !token.endsWith('key-number-2') ? { status: 401 } : undefined;
  });
  await connector.check(aCall());
  const pages = await Promise.all(
    Array.from({ length: 8 }, () => connector.list('Party', { cursor: '', limit: 5 }, aCall())),
  );
  expect(pages.every(({ changes }) => changes.length > 0)).toBe(true);
  expect(logins).toBe(2);
});

test('a session’s key that Tryton repeats is not shown', async () => {
  const { connector } = await aTryton((called) =>
    isWrite(called) ? { json: { id: 1, error: ['UserError', ['session a-session-key is odd', '', null]] } } : undefined,
  );
  const outcomes = await connector.write('Party', [update('New')], aCall());
  expect(outcomes).toMatchObject([{ status: 'failed' }]);
  expect(JSON.stringify(outcomes)).not.toContain('a-session-key');
});

test('a silent Tryton stops nobody for longer than a call may take', async () => {
  const { connector } = await aTryton(({ method }) => (method === 'common.db.login' ? silence : undefined));
  const controller = new AbortController();
  const gone = connector.check({ signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(gone).rejects.toThrow('enough');
});
