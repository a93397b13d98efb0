import { expect, test } from 'vitest';
import type { LiveConnection } from '../../activities/deps.ts';
import type { Configuration } from '../../src/config/port.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { createRegistry, type Open } from '../../src/worker/connections.ts';
import { SETTINGS } from '../activities/deps.ts';

const configured = (url: string): Configuration => ({
  revision: 1,
  connections: [{ ...SETTINGS, url }],
  presets: { fake: null },
  mappings: [],
  views: [],
});

/** Opens fakes that say when they are opened and closed. */
const anOpener = () => {
  const said: string[] = [];
  const open: Open = (settings) => {
    said.push(`open ${settings.url}`);
    const close = async (): Promise<void> => void said.push(`close ${settings.url}`);
    return { settings, connector: { close } as LiveConnection['connector'], leave: async () => undefined };
  };
  return { said, registry: createRegistry(open) };
};

test('a connection is opened when it is first used, once', async () => {
  const { said, registry } = anOpener();
  registry.replace(configured('a'));
  expect(said).toEqual([]);
  await registry.use('erp', async () => undefined);
  registry.peek('erp');
  expect(said).toEqual(['open a']);
});

test('a configuration that leaves a connection as it is does not disturb it', async () => {
  const { said, registry } = anOpener();
  registry.replace(configured('a'));
  registry.peek('erp');
  registry.replace({ ...configured('a'), revision: 2 });
  registry.peek('erp');
  expect(said).toEqual(['open a']);
});

test('a call under way keeps the old connection open until it ends; the next call gets the new one', async () => {
  const { said, registry } = anOpener();
  registry.replace(configured('a'));
  const ending = Promise.withResolvers<void>();
  const call = registry.use('erp', () => ending.promise);
  registry.replace(configured('b'));
  expect(await registry.use('erp', async ({ settings }) => settings.url)).toBe('b');
  expect(said).toEqual(['open a', 'open b']);
  ending.resolve();
  await call;
  expect(said).toEqual(['open a', 'open b', 'close a']);
});

test('a connection that cannot be opened is tried again at the next use', async () => {
  let missing = true;
  const { registry: working } = anOpener();
  working.replace(configured('a'));
  const registry = createRegistry(() => {
    if (missing) throw new SyncError('CONFIG_INVALID', 'the environment variable X is not set');
    return working.peek('erp');
  });
  registry.replace(configured('a'));
  await expect(registry.use('erp', async () => 1)).rejects.toThrow('X is not set');
  missing = false;
  expect(await registry.use('erp', async () => 1)).toBe(1);
});

test('a connection that the configuration does not have is named', async () => {
  await expect(anOpener().registry.use('crm', async () => 1)).rejects.toThrow('no connection "crm"');
});

test('a connection whose login is refused is opened anew at the next use, so that a corrected secret is seen', async () => {
  const { said, registry } = anOpener();
  registry.replace(configured('a'));
  const refused = new SyncError('LOGIN_REFUSED', 'the system refused the login');
  await expect(registry.use('erp', () => Promise.reject(refused))).rejects.toBe(refused);
  expect(said).toEqual(['open a', 'close a']);
  await registry.use('erp', async () => undefined);
  await registry.use('erp', async () => undefined);
  expect(said).toEqual(['open a', 'close a', 'open a']);
});

test('many calls that are refused at once open the connection anew once', async () => {
  const { said, registry } = anOpener();
  registry.replace(configured('a'));
  const ending = Promise.withResolvers<never>();
  const calls = [1, 2, 3].map(() => registry.use('erp', () => ending.promise).catch(() => undefined));
  ending.reject(new SyncError('LOGIN_REFUSED', 'the system refused the login'));
  await Promise.all(calls);
  registry.peek('erp');
  expect(said).toEqual(['open a', 'close a', 'open a']);
});
