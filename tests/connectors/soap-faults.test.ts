import { expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import { aCall } from '../kit/fake-http.ts';
import { aSystem, enveloped, faulted, xmlReply } from '../kit/soap.ts';
import { thrownBy } from '../kit/trial.ts';

const one: WriteItem = { op: 'create', data: { name: 'A' }, idempotencyKey: 'k' };
const DETAIL = '<t:Refusal><t:code>LOCKED</t:code><t:field>name</t:field></t:Refusal>';
const OVER = {
  fault: { code: ['detail.Refusal.code', 'subcode', 'code'], fields: ['detail.Refusal.field'] },
  errors: [
    { code: 'LOCKED', class: 'transient', nothing_done: true, retry_after_ms: 20_000 },
    { code: 'TAKEN', class: 'duplicate' },
    { code_like: 'SBL-.*', class: 'permission' },
  ],
};
const written = async (reply: string, status: number, headers: Record<string, string> = {}) => {
  const { connector } = await aSystem(
    () => ({ status, headers: { 'content-type': 'text/xml', ...headers }, text: reply }),
    { over: OVER },
  );
  return (await connector.write('Thing', [one], aCall()))[0];
};

test.each([200, 500])('a fault means the same with status %d: its detail names code and fields', async (status) => {
  expect(await written(faulted('S:Client', 'try later', DETAIL), status)).toEqual({
    status: 'failed',
    error: {
      class: 'transient',
      message: 'try later',
      scope: 'connection',
      code: 'LOCKED',
      fields: ['name'],
      retryAfterMs: 20_000,
    },
  });
});

test.each([
  ['the sender’s mistake', faulted('S:Client', 'bad name'), 500, 'failed', 'validation'],
  ['the sender’s mistake, with a kind of its own', faulted('S:Client.Name', 'bad name'), 500, 'failed', 'validation'],
  ['the system’s own trouble', faulted('S:Server', 'oops'), 500, 'unknown', 'transient'],
  ['its own trouble in a 200', faulted('S:Server', 'oops'), 200, 'unknown', 'transient'],
  ['a code of its own in a 200', faulted('TAKEN', 'is there'), 200, 'unknown', 'duplicate'],
  ['a family of codes', faulted('SBL-DAT-00553', 'no'), 500, 'unknown', 'permission'],
  ['a header that it does not understand', faulted('S:MustUnderstand', 'what?'), 500, 'failed', 'unsupported'],
  ['a refused login', faulted('FailedAuthentication', 'no'), 500, 'failed', 'auth'],
  ['too many requests', faulted('S:Server', 'slow down'), 429, 'failed', 'rate-limited'],
  ['a login page instead', '<html>Sign in</html>', 401, 'failed', 'auth'],
])('after %s a write is %s', async (_what, reply, http, status, kind) => {
  expect(await written(reply, http)).toMatchObject({ status, error: { class: kind } });
});

test('a fault of SOAP 1.2 is read in its own shape, the English sentence first', async () => {
  const ns = 'http://www.w3.org/2003/05/soap-envelope';
  const fault = `<S:Fault><S:Code><S:Value>S:Sender</S:Value><S:Subcode><S:Value xmlns:m="urn:m">m:TAKEN</S:Value></S:Subcode></S:Code>
    <S:Reason><S:Text xml:lang="de">ist da</S:Text><S:Text xml:lang="en">is there</S:Text></S:Reason></S:Fault>`;
  expect(await written(enveloped(fault, ns), 500)).toMatchObject({
    status: 'failed',
    error: { class: 'duplicate', code: 'TAKEN', message: 'is there' },
  });
});

test('a refused login is one in either version, also as the finer half of a code', async () => {
  const ns = 'http://www.w3.org/2003/05/soap-envelope';
  const fault = `<S:Fault><S:Code><S:Value>S:Sender</S:Value><S:Subcode><S:Value xmlns:w="urn:w">w:FailedAuthentication</S:Value></S:Subcode></S:Code></S:Fault>`;
  expect(await written(enveloped(fault, ns), 500)).toMatchObject({ status: 'failed', error: { class: 'auth' } });
});

test('the system’s own waiting time goes with its refusal', async () => {
  expect(await written(faulted('S:Server', 'slow down'), 503, { 'retry-after': '7' })).toMatchObject({
    error: { retryAfterMs: 7_000 },
  });
});

test('a read by id is absent only when the system itself says so in a message', async () => {
  const answer = async (reply: ReturnType<typeof xmlReply>) => {
    const { connector } = await aSystem(() => reply, {
      over: { errors: [{ code: 'GONE', class: 'not-found' }] },
    });
    return connector.read('Thing', { ids: ['1'] }, aCall());
  };
  expect(await answer(xmlReply(faulted('GONE', 'no such thing'), 500))).toEqual([{ absent: true }]);
  const error = await thrownBy(answer(xmlReply('<html>Not found</html>', 404, 'text/html')));
  expect(error).toMatchObject({ code: 'PROTOCOL_ERROR' });
  expect(await thrownBy(answer(xmlReply('', 404)))).toMatchObject({ code: 'PROTOCOL_ERROR' });
});

test('an ordinary reply whose status says no is a refusal, not an empty list', async () => {
  const { connector } = await aSystem(
    () =>
      xmlReply(
        enveloped('<t:listResponse><t:status>E</t:status><t:why>no right to read things</t:why></t:listResponse>'),
      ),
    {
      over: {
        refused: [{ at: 'status', bad: ['E', 'A'], message: 'why' }],
        errors: [{ code: 'E', class: 'permission' }],
      },
    },
  );
  const error = await thrownBy(connector.list('Thing', { cursor: '', limit: 5 }, aCall()));
  expect(error).toMatchObject({ code: 'NO_PERMISSION', facts: { status: 422 } });
});

test('what a fault repeats of our secrets is not shown', async () => {
  const { connector } = await aSystem(() => xmlReply(faulted('S:Client', 'wrong password hunter2-hunter2'), 500), {
    over: {
      settings: { password: { describe: 'Password', secret: true, default: 'hunter2-hunter2' } },
      auth: { kind: 'basic', user: 'tally', password: '{settings.password}' },
    },
  });
  const outcomes = await connector.write('Thing', [one], aCall());
  expect(outcomes).toMatchObject([{ status: 'failed', error: { message: 'wrong password …' } }]);
});

test('a batch refused as a whole by the sender’s mistake is halved until the item is found', async () => {
  const { connector, fake } = await aSystem(({ body }) => {
    if (body.includes('>bad<')) return xmlReply(faulted('S:Client', 'no such name'), 500);
    const count = body.split('<n1:thing>').length - 1;
    const done = Array.from(
      { length: count },
      (_, at) => `<t:outcome><t:ok>true</t:ok><t:id>${fake.asked.length}-${at}</t:id></t:outcome>`,
    );
    return xmlReply(enveloped(`<t:createResponse>${done.join('')}</t:createResponse>`));
  });
  const items = ['a', 'b', 'bad', 'c'].map(
    (name): WriteItem => ({ op: 'create', data: { name }, idempotencyKey: name }),
  );
  const outcomes = await connector.write('Thing', items, aCall());
  expect(outcomes.map(({ status }) => status)).toEqual(['created', 'created', 'failed', 'created']);
  expect(outcomes[2]).toMatchObject({ error: { class: 'validation', scope: 'item', message: 'no such name' } });
});
