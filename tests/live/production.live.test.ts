/** The README's way into production, with its real parts: a worker, an API, a first key, a configuration stored by command. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eraseHome } from '../../src/cli/up/account.ts';
import { type Group, startGroup } from '../../src/cli/up/group.ts';
import type { Status } from '../../src/ledger/queries/status.ts';
import { aTerminal } from '../cli/terminal.ts';
import { silent } from '../up/fakes.ts';
import { eventually } from './kit.ts';

const PRODUCT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tally-production-'));
const config = join(folder, 'config', 'tallystick.yaml');
const parts: ChildProcess[] = [];
let group: Group;
let env: Record<string, string>;

const main = (side: 'crm' | 'erp', more: string): string =>
  `  ${side}: { connector: sandbox-${side}, url: "https://${side}.invalid", settings: { ${more} } }\n`;

const start = async (file: string): Promise<unknown> => {
  const part = fork(join(PRODUCT, file), [], { silent: true, env });
  part.stdout?.resume();
  part.stderr?.resume();
  parts.push(part);
  const [message] = (await once(part, 'message')) as [{ readonly ready: unknown }];
  return message.ready;
};

beforeAll(async () => {
  group = await startGroup({ home: join(folder, 'home'), parts: ['ledger', 'engine'], say: silent });
  mkdirSync(join(folder, 'config'));
  cpSync(join(PRODUCT, 'mappings'), join(folder, 'config', 'mappings'), { recursive: true });
  const crm = main('crm', 'client_id: tally, client_secret: env:CRM_SECRET');
  const erp = main('erp', 'user: tally, password: env:ERP_PASSWORD');
  writeFileSync(config, `connections:\n${crm}${erp}mappings: [customer]\n`);
  env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    DATABASE_URL: group.urls['DATABASE_URL'] ?? '',
    TEMPORAL_ADDRESS: group.urls['TEMPORAL_ADDRESS'] ?? '',
    TALLY_CONFIG: config,
    TALLY_HOME: join(folder, 'nothing'),
    CRM_SECRET: 'one',
    ERP_PASSWORD: 'two',
  };
});
afterAll(async () => {
  for (const part of parts) {
    const ended = once(part, 'exit');
    part.kill('SIGTERM');
    await ended;
  }
  await group?.stop();
  eraseHome(join(folder, 'home'));
  rmSync(folder, { recursive: true, force: true });
});

test('worker and API start without a configuration, the first key is made in the ledger, and what `config apply` stores is in force', async () => {
  const { url } = (await start('src/server/main.ts')) as { readonly url: string };
  await start('src/worker/main.ts');
  const first = await aTerminal({ fetch, env })('key', 'create', 'ada', '--role', 'it-admin', '--in-ledger', '--json');
  const { key } = JSON.parse(first.out) as { readonly key: string };
  const tally = aTerminal({ fetch, env: { ...env, TALLY_API_URL: url, TALLY_API_KEY: key } });
  expect((await tally('status')).exit).toBe(0);
  expect((await tally('config', 'plan')).out).toContain('added    mapping customer');
  expect((await tally('config', 'apply', '--yes')).out).toContain('Revision 1 is stored.');
  await eventually('the worker reads both systems, and says what keeps it from doing so', async () => {
    const { mappings, connections } = JSON.parse((await tally('status', '--json')).out) as Status;
    return (
      mappings.length === 1 &&
      connections.length === 2 &&
      connections.every(({ lastError }) => lastError?.code === 'UNREACHABLE')
    );
  });
  expect((await tally('journal')).out).toMatch(/ada +configure .*mapping customer added/);
  expect((await tally('journal', 'verify')).exit).toBe(0);
});
