/** CSRF tokens on a gateway that keeps sessions as SAP's does: token and cookies belong together, and both end. */
import { expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { anODataPreset, connectOData } from '../kit/odata.ts';

const REQUIRED: Answer = { status: 403, headers: { 'x-csrf-token': 'Required' }, text: 'CSRF token validation failed' };

/** A gateway. `writes` is how many writes a session lives; `login` what a request of a token is answered with instead. */
const aGateway = async ({ writes = 99, login }: { readonly writes?: number; readonly login?: Answer } = {}) => {
  let session = 0;
  let left = 0;
  const stored: string[] = [];
  const answer = (asked: Asked): Answer => {
    const token = asked.headers['x-csrf-token'];
    if (token === 'Fetch') {
      if (login !== undefined) return login;
      session += 1;
      left = writes;
      return (response) => {
        response.setHeader('x-csrf-token', `token-of-${session}==`);
        response.setHeader('set-cookie', [
          `sap-usercontext=sap-client=100; path=/`,
          `SAP_SESSIONID=session-of-${session}; path=/; expires=Wed, 25 Nov 2026 09:00:00 GMT; HttpOnly`,
        ]);
        response.writeHead(200).end();
      };
    }
    const cookies = asked.headers.cookie ?? '';
    const known = token === `token-of-${session}==` && cookies.includes(`SAP_SESSIONID=session-of-${session}`);
    if (!known || left === 0) return REQUIRED;
    left -= 1;
    stored.push(asked.body);
    const { Number: number } = JSON.parse(asked.body) as { Number: string };
    return { status: 201, json: { Number: number } };
  };
  const fake = await startFake(answer);
  const connector = connectOData(fake.url, anODataPreset({ csrf: { path: '/' } }));
  const fetches = () => fake.asked.filter(({ headers }) => headers['x-csrf-token'] === 'Fetch');
  return { fake, connector, stored, fetches };
};

const create = (number: string): WriteItem => ({ op: 'create', data: { Number: number }, idempotencyKey: number });

test('token and cookies are fetched once, with the slash at the end, and go with every write', async () => {
  const { connector, stored, fetches, fake } = await aGateway();
  const outcomes = await connector.write('Thing', [create('1'), create('2'), create('3')], aCall());
  expect(outcomes.map(({ status }) => status)).toEqual(['created', 'created', 'created']);
  expect([stored.length, fetches().length]).toEqual([3, 1]);
  expect(fetches()[0]).toMatchObject({ method: 'HEAD', path: '/' });
  expect(fake.asked.at(-1)?.headers.cookie).toContain('sap-usercontext=sap-client=100; SAP_SESSIONID=session-of-1');
});

test('a session that ended did nothing of the write: it is sent once more with a new token, and stored once', async () => {
  const { connector, stored, fetches } = await aGateway({ writes: 1 });
  for (const number of ['1', '2'])
    expect(await connector.write('Thing', [create(number)], aCall())).toMatchObject([
      { status: 'created', id: number },
    ]);
  expect([stored.length, fetches().length]).toEqual([2, 2]);
});

test('a gateway that never takes the token is asked twice and no more; the item failed and was surely not written', async () => {
  const { connector, stored, fake } = await aGateway({ writes: 0 });
  expect(await connector.write('Thing', [create('1')], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'permission' } },
  ]);
  expect([stored.length, fake.asked.length]).toEqual([0, 4]);
});

test.each([
  ['refuses the login', { status: 401 }, { class: 'auth', scope: 'connection' }],
  ['gives no token', { status: 200 }, { class: 'transient' }],
  ['breaks down', { status: 503 }, { class: 'transient', scope: 'connection' }],
])('a gateway that %s when it is asked for a token was sent no write', async (_what, login, error) => {
  const { connector, stored } = await aGateway({ login });
  expect(await connector.write('Thing', [create('1')], aCall())).toMatchObject([{ status: 'failed', error }]);
  expect(stored).toEqual([]);
});

test('neither token nor cookie is shown where a gateway repeats them', async () => {
  const repeated = 'token-of-1== and session-of-1 are not right';
  const fake = await startFake(({ headers }) =>
    headers['x-csrf-token'] === 'Fetch'
      ? { headers: { 'x-csrf-token': 'token-of-1==', 'set-cookie': 'SAP_SESSIONID=session-of-1; path=/' } }
      : { status: 400, json: { error: { code: 'X', message: repeated } } },
  );
  const [outcome] = await connectOData(fake.url, anODataPreset({ csrf: {} })).write('Thing', [create('1')], aCall());
  const shown = JSON.stringify(outcome);
  expect(shown).toContain('are not right');
  expect([shown.includes('token-of-1'), shown.includes('session-of-1')]).toEqual([false, false]);
});
