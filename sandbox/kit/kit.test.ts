import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { startErp } from '../erp/server.ts';
import { basic, call, docOf, listOf } from './calls.ts';
import { parse, text } from './json.ts';
import type { Running } from './run.ts';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
const PARTNER = { organization_name: 'Acme', grouping: 'Z001', addresses: [{ use: 'bill-to', country: 'DE' }] };
const create = (url: string, reference: string) =>
  call('POST', `${url}/api/partners/create`, {
    headers: basic('tally', 'tally-secret'),
    body: { items: [{ reference, partner: PARTNER }] },
  });
const anErp = async (): Promise<Running> => {
  const erp = await startErp({ customers: 0 });
  ends.push(erp.close);
  return erp;
};
const faults = (erp: Running, list: unknown) => call('POST', `${erp.controlUrl}/control/faults`, { body: list });
const entries = async (url: string, kind: string) =>
  listOf(docOf(await call('GET', `${url}/control/ledger?kind=${kind}`)), 'entries');

interface Spawned {
  readonly child: ChildProcess;
  readonly url: string;
  readonly controlUrl: string;
}
const spawn = async (system: string, folder: string): Promise<Spawned> => {
  const main = fileURLToPath(new URL(`../${system}/main.ts`, import.meta.url));
  const child = fork(main, ['--data', folder, '--customers', '10', '--seed', '4'], { execArgv: [] });
  ends.push(() => void child.kill('SIGKILL'));
  const [message] = (await once(child, 'message')) as [
    { readonly ready: { readonly url: string; readonly controlUrl: string } },
  ];
  return { child, ...message.ready };
};

test('what was acknowledged before a kill -9 stands after it, and is in the ledger', async () => {
  const folder = aFolder();
  const first = await spawn('erp', folder);
  const made = await create(first.url, 'ref-1');
  expect(made.status).toBe(200);
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const second = await spawn('erp', folder);
  const commits = await entries(second.controlUrl, 'commits');
  expect(commits.filter((commit) => commit['actor'] === 'tally')).toMatchObject([
    { op: 'create', after: { reference: 'ref-1' } },
  ]);
  expect(commits.filter((commit) => commit['actor'] === 'seed').length).toBeGreaterThan(2);
});

test.each(['crm', 'erp'])('the %s ends cleanly on SIGTERM and at once when its parent is gone', async (system) => {
  const folder = aFolder();
  const first = await spawn(system, folder);
  first.child.kill('SIGTERM');
  expect((await once(first.child, 'exit'))[0]).toBe(0);
  const second = await spawn(system, folder);
  second.child.disconnect();
  expect((await once(second.child, 'exit'))[0]).toBe(0);
});

test('a reset after commit leaves the commit and its request in the ledgers', async () => {
  const erp = await anErp();
  await faults(erp, [{ kind: 'reset-after', nth: 1, only_writes: true }]);
  await expect(create(erp.url, 'ref-1')).rejects.toThrow();
  const [commit] = await entries(erp.controlUrl, 'commits');
  expect(commit).toMatchObject({ actor: 'tally', op: 'create', after: { reference: 'ref-1' } });
  const request = (await entries(erp.controlUrl, 'requests')).find((entry) => entry['seq'] === commit?.['request']);
  expect(request).toMatchObject({ fault: 'reset-after', path: '/api/partners/create', items: 1 });
});

test('a reset before commit leaves nothing but its request', async () => {
  const erp = await anErp();
  await faults(erp, [{ kind: 'reset-before', nth: 1 }]);
  await expect(create(erp.url, 'ref-1')).rejects.toThrow();
  expect(await entries(erp.controlUrl, 'commits')).toEqual([]);
  expect(await entries(erp.controlUrl, 'requests')).toMatchObject([{ fault: 'reset-before', status: 0 }]);
});

test('the n-th matching request fails once, others pass', async () => {
  const erp = await anErp();
  await faults(erp, [{ kind: '500', nth: 2, path: '/api/partners/create' }]);
  const statuses = [];
  for (const reference of ['a', 'b', 'c']) statuses.push((await create(erp.url, reference)).status);
  expect(statuses).toEqual([200, 500, 200]);
});

test('429 says how long to wait, at about the rate asked for', async () => {
  const erp = await anErp();
  await faults(erp, [{ kind: '429', rate: 0.5, retry_after_s: 7 }]);
  const replies = [];
  for (let n = 0; n < 40; n += 1) replies.push(await create(erp.url, `r${n}`));
  const limited = replies.filter((reply) => reply.status === 429);
  expect(limited.length).toBeGreaterThan(8);
  expect(limited.length).toBeLessThan(32);
  expect(limited[0]?.headers.get('retry-after')).toBe('7');
});

test('latency and slowness are waited for', async () => {
  const erp = await anErp();
  await call('POST', `${erp.controlUrl}/control/settings`, { body: { latency_ms: 30 } });
  await faults(erp, [{ kind: 'slow', nth: 1, delay_ms: 100 }]);
  const start = performance.now();
  await create(erp.url, 'a');
  expect(performance.now() - start).toBeGreaterThanOrEqual(125);
});

test.each([
  ['settings', { colour: 1 }],
  ['settings', { reference: 'perhaps' }],
  ['faults', [{ kind: 'fire', rate: 1 }]],
  ['quiet-edit', { record: 'partner' }],
])('the control address refuses nonsense for %s', async (path, body) => {
  const erp = await anErp();
  expect((await call('POST', `${erp.controlUrl}/control/${path}`, { body })).status).toBe(400);
});

test.each(['1200.50', '123456789012345678', '1e3', '-0', '0.0000001', '12', '1.5', '0.10'])(
  'the number %s keeps its text',
  (digits) => {
    for (const body of [`{"a":${digits},"b":"x"}`, `[${digits}]`, `{"a": [1,${digits}]}`]) {
      expect(text(parse(body))).toBe(body.replaceAll(' ', ''));
    }
  },
);
