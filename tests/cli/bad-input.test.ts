/** What docs/bad-input.md says of files and the command line, compared with what is really said. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { documented } from '../kit/documented.ts';
import { aTerminal } from './terminal.ts';

/** The product's own configuration with one mistake in it, and a terminal beside it. */
const withMistake = async (
  file: string,
  from: string,
  to: string,
  work: (tally: ReturnType<typeof aTerminal>) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-mistake-'));
  try {
    for (const name of ['tallystick.yaml', 'mappings'])
      await cp(new URL(`../../${name}`, import.meta.url), join(folder, name), { recursive: true });
    const text = await readFile(join(folder, file), 'utf8');
    expect(text).toContain(from);
    await writeFile(join(folder, file), text.replace(from, to));
    await work(aTerminal({ env: { TALLY_CONFIG: join(folder, 'tallystick.yaml'), TALLY_HOME: join(folder, 'home') } }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

test.each([
  ['broken YAML', documented('broken YAML'), 'identity:', 'identity: ['],
  ['an unknown key', documented('an unknown key'), 'required: true', 'requird: true'],
  ['an unknown codec', documented('an unknown codec'), 'as: phone', 'as: fone'],
  ['an unknown lookup', documented('an unknown lookup'), 'lookup: payment-terms', 'lookup: payment-term'],
  ['an unknown connection', documented('an unknown connection'), 'connection: erp', 'connection: epr'],
  ['an unknown record', documented('an unknown record'), 'record: Account', 'record: Acount'],
  [
    'a field that its record does not have',
    documented('a field that its record does not have'),
    'crm: vat_number',
    'crm: vat_numbr',
  ],
])('%s is said as the page says', async (_what, said, from, to) =>
  withMistake('mappings/customer.yaml', from, to, async (tally) => {
    const { exit, err } = await tally('mapping', 'check', 'customer');
    expect([exit, err]).toEqual([1, expect.stringMatching(said)]);
    // And before anything is started.
    expect((await tally('up')).err).toMatch(said);
  }),
);

test.each([
  ['an unknown connector', documented('an unknown connector'), 'sandbox-erp', 'sandbox-epr'],
  [
    'an address with a password in it',
    documented('an address with a password in it'),
    'env:SANDBOX_CRM_URL',
    'https://tally:hunter2@crm.example.com',
  ],
  [
    'a setting that its connector does not ask for',
    documented('a setting that its connector does not ask for'),
    'user: tally',
    'user: tally, tenant: acme',
  ],
])('%s is said as the page says', async (_what, said, from, to) =>
  withMistake('tallystick.yaml', from, to, async (tally) => {
    const { exit, err } = await tally('up');
    expect([exit, err]).toEqual([1, expect.stringMatching(said)]);
    expect(err).not.toContain('hunter2');
    // Said once.
    expect(err.split('\n')).toHaveLength(3);
  }),
);

test.each([
  ['no configuration file', documented('no configuration file'), { TALLY_CONFIG: '/nowhere/tallystick.yaml' }],
  ['a setting out of range', documented('a setting out of range'), { TALLY_API_PORT: '70000' }],
])('%s is said as the page says', async (_what, said, env) => {
  const { exit, err } = await aTerminal({ env })('up');
  expect([exit, err]).toEqual([1, expect.stringMatching(said)]);
});

test('no API, and something else in its place, are said as the page says', async () => {
  const env = { TALLY_API_URL: 'http://127.0.0.1:9' };
  expect((await aTerminal({ env })('status')).err).toMatch(documented('no API'));
  const other = aTerminal({ env, fetch: async () => new Response('<html>hello') });
  expect((await other('status')).err).toMatch(documented('something else where the API should be'));
});

test.each([
  ['an unknown command', documented('an unknown command'), ['statsu']],
  ['an unknown option', documented('an unknown option'), ['status', '--wach']],
  ['a number out of range', documented('a number out of range'), ['parked', '--limit', '0']],
])('%s is said as the page says', async (_what, said, args) => {
  const { exit, err } = await aTerminal()(...args);
  expect([exit, err]).toEqual([2, expect.stringMatching(said)]);
});
