/** How long a system asks to wait, in every form, wherever it says so; and what a certificate that cannot be trusted means. */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSort, retryAfterOf } from '../../connectors/engine/errors.ts';
import { clientCredentials } from '../../connectors/sdk/credentials.ts';
import { createHttp } from '../../connectors/sdk/http.ts';
import { aCall, startFake } from '../kit/fake-http.ts';
import { batched, create, writing } from '../kit/rest-write.ts';
import { thrownBy } from '../kit/trial.ts';
import { CERTIFICATE, KEY } from '../kit/untrusted.ts';

const DAY = 86_400_000;
const date = 'Sat, 31 Jan 2026 12:00:00 GMT';
const FORMS: readonly (readonly [string, number | undefined])[] = [
  ['7', 7_000],
  ['0', 0],
  ['0.5', 500],
  [' 12 ', 12_000],
  ['315360000', DAY],
  ['9'.repeat(400), DAY],
  ['Sat, 31 Jan 2026 12:00:40 GMT', 40_000],
  ['Saturday, 31-Jan-26 12:00:40 GMT', 40_000],
  ['2026-01-31T12:00:40Z', 40_000],
  ['Sat, 31 Jan 2026 11:00:00 GMT', 0],
  ['Fri, 31 Jan 2036 12:00:00 GMT', DAY],
  ['-5', undefined],
  ['-1', undefined],
  ['soon 3', undefined],
  ['1e3', undefined],
  ['7, 9', undefined],
  ['', undefined],
];

describe('Retry-After', () => {
  test.each(FORMS)('%s is %s ms', (text, ms) => {
    expect(retryAfterOf({ date, 'retry-after': text })).toBe(ms);
  });

  test.each([
    ['315360000', DAY],
    ['Sat, 31 Jan 2026 12:00:40 GMT', 40_000],
    ['-5', undefined],
  ] as const)('of a token address, %s, is read the same way', async (text, ms) => {
    const fake = await startFake(() => ({ status: 429, headers: { date, 'retry-after': text } }));
    const credentials = clientCredentials({ tokenPath: '/token', clientId: 'me', clientSecret: 's', send: 'form' });
    const door = createHttp({ baseUrl: fake.url, allow: [], mode: 'local', credentials });
    const error = await thrownBy(door.request({ method: 'GET', path: '/x', intent: 'read' }, aCall()));
    door.close();
    expect(error.code).toBe('RATE_LIMITED');
    expect(error.facts.retryAfterMs).toBe(ms);
  });

  test('a system that says "at once" while it refuses is not asked again without a pause', async () => {
    const sort = createSort([], (text) => text);
    expect(sort({ status: 429, retryAfterMs: 0 }, 'batch').error.retryAfterMs).toBe(1_000);
    const { outcomes } = await writing(batched(), () => ({ status: 429, headers: { 'retry-after': '0' } }), [
      create('a'),
    ]);
    expect(outcomes).toMatchObject([{ status: 'failed', error: { class: 'rate-limited', retryAfterMs: 1_000 } }]);
  });
});

test('a certificate that cannot be trusted is said so, and nothing was sent', async () => {
  const server = createServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => response.end('{}'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => new Promise((done) => server.close(() => done())));
  const { port } = server.address() as AddressInfo;
  const door = createHttp({ baseUrl: `https://127.0.0.1:${port}`, allow: [], mode: 'local' });
  const error = await thrownBy(door.request({ method: 'POST', path: '/x', intent: 'write' }, aCall()));
  door.close();
  expect(error).toMatchObject({ code: 'UNREACHABLE', facts: { unsent: true } });
  expect(error.message).toContain('certificate');
});
