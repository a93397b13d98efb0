import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readEngineSettings } from '../../src/config/engine.ts';
import { createSecrets } from '../../src/config/secrets.ts';
import { demanded, readSettings, SettingsSchema } from '../../src/config/settings.ts';

const aFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

test('an environment that says nothing gets the defaults, and safe ones', () => {
  const settings = readSettings({});
  expect(settings).toMatchObject({
    TALLY_MODE: 'production',
    TALLY_API_PORT: 0,
    TALLY_CONFIG: resolve('tallystick.yaml'),
  });
  expect(settings.DATABASE_URL).toBeUndefined();
});

test('an empty variable is one that is not set', () => {
  expect(readSettings({ TALLY_MODE: '', TEMPORAL_ADDRESS: '' })).toMatchObject({ TALLY_MODE: 'production' });
});

test.each([
  ['TALLY_MODE', 'hosted'],
  ['TEMPORAL_ADDRESS', 'http://temporal:7233/'],
  ['DATABASE_URL', 'mysql://x'],
  ['TALLY_API_PORT', '70000'],
])('a wrong %s is named, and its value is not shown', (name, value) => {
  expect(() => readSettings({ [name]: value })).toThrow(name);
  expect(() => readSettings({ [name]: value })).not.toThrow(value);
});

test('a setting that is needed and missing says what it is', () => {
  expect(() => demanded(readSettings({}), 'DATABASE_URL')).toThrow(/DATABASE_URL is not set: PostgreSQL of the ledger/);
});

test('every setting has a sentence', () => {
  for (const [name, schema] of Object.entries(SettingsSchema.shape))
    expect(schema.description, name).toMatch(/\w+ \w+/);
});

test('the engine is where the environment says, else where the file says', async () => {
  const folder = await aFolder();
  await writeFile(
    join(folder, 'temporal.yaml'),
    'address: temporal:7233\nnamespace: sales\nengine: { version: 1.2.3 }\n',
  );
  const at = (env: Record<string, string>) =>
    readEngineSettings(readSettings({ TALLY_CONFIG: join(folder, 'x.yaml'), ...env }));
  expect(await at({})).toEqual({ address: 'temporal:7233', namespace: 'sales', taskQueue: 'tallystick' });
  expect(await at({ TEMPORAL_ADDRESS: 'other:7233' })).toMatchObject({ address: 'other:7233' });
});

test('the engine’s certificates and key stand elsewhere, and what is half said is refused with its place', async () => {
  const folder = await aFolder();
  await writeFile(join(folder, 'ca.pem'), 'CA');
  await writeFile(join(folder, 'us.pem'), 'US');
  await writeFile(join(folder, 'us.key'), 'KEY', { mode: 0o600 });
  const read = async (lines: string) => {
    await writeFile(join(folder, 'temporal.yaml'), `address: temporal:7233\n${lines}\n`);
    return readEngineSettings(readSettings({ TALLY_CONFIG: join(folder, 'x.yaml') }));
  };
  const key = `file:${join(folder, 'us.key')}`;
  expect(await read('tls: true')).toMatchObject({ tls: {} });
  expect(await read('tls: false')).not.toHaveProperty('tls');
  expect(await read(`tls: { ca: ca.pem, cert: us.pem, key: "${key}" }\napi_key: "${key}"`)).toMatchObject({
    tls: {
      serverRootCACertificate: Buffer.from('CA'),
      clientCertPair: { crt: Buffer.from('US'), key: Buffer.from('KEY') },
    },
    apiKey: 'KEY',
  });
  for (const [lines, said] of [
    ['tls: { cert: us.pem }', /temporal\.yaml:2:6 .*needs both, cert and key/],
    ['tls: { ca: nowhere.pem }', /the certificate nowhere\.pem cannot be read \(ENOENT\)/],
    ['tls: { cert: us.pem, key: hunter2 }', /must stand elsewhere: write env:NAME or file:\/path/],
    [`api_key: "${key}"`, /over TLS only; add `tls: true`/],
    ['tls: yes please', /must be true, or a block/],
  ] as const)
    await expect(read(lines)).rejects.toThrow(said);
});

test('without any address of the engine we say what to set', async () => {
  const settings = readSettings({ TALLY_CONFIG: join(await aFolder(), 'tallystick.yaml') });
  await expect(readEngineSettings(settings)).rejects.toThrow(/set TEMPORAL_ADDRESS/);
});

test('a secret comes from the environment or from a file that only we can read', async () => {
  const path = join(await aFolder(), 'secret');
  await writeFile(path, 'hunter2\n', { mode: 0o600 });
  const secret = createSecrets({ TOKEN: 'abc' });
  expect(secret('env:TOKEN')).toBe('abc');
  expect(secret(`file:${path}`)).toBe('hunter2');
});

test('a secret that is missing, open to others or no reference is refused without showing it', async () => {
  const path = join(await aFolder(), 'secret');
  await writeFile(path, 'hunter2', { mode: 0o644 });
  const secret = createSecrets({});
  expect(() => secret('env:TOKEN')).toThrow(/TOKEN is not set/);
  expect(() => secret(`file:${path}`)).toThrow(/set its mode to 0600/);
  expect(() => secret(`file:${path}`)).not.toThrow(/hunter2/);
  expect(() => secret(`file:${path}-nowhere`)).toThrow(/there is no file/);
  expect(() => secret('hunter2')).not.toThrow(/hunter2/);
});
