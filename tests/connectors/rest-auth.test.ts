import { expect, test } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall, aConnection, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';

const settings = {
  user: { describe: 'User' },
  word: { describe: 'What proves it', secret: true },
  region: { describe: 'Region', default: 'eu' },
};
const kinds: readonly [JsonObject, string, string | undefined][] = [
  [{ kind: 'none' }, 'authorization', undefined],
  [
    { kind: 'basic', user: '{settings.user}', password: '{settings.word}' },
    'authorization',
    `Basic ${Buffer.from('me:value of env:WORD').toString('base64')}`,
  ],
  [{ kind: 'bearer', token: '{settings.word}' }, 'authorization', 'Bearer value of env:WORD'],
  [{ kind: 'api_key', header: 'X-Api-Key', key: '{settings.word}' }, 'x-api-key', 'value of env:WORD'],
];

test.each(kinds)(
  'a preset that says %j proves it so, with the value behind the reference',
  async (auth, header, value) => {
    const fake = await startFake(() => ({ json: { items: [] } }));
    const preset = aPreset({}, { auth, settings, headers: { 'x-region': 'in {settings.region|upper}' } });
    const connector = connectRest(fake.url, preset, { settings: { user: 'me', word: 'env:WORD' } });
    await connector.list('Thing', { cursor: '', limit: 1 }, aCall());
    await connector.close();
    expect(fake.asked[0]?.headers[header]).toBe(value);
    expect(fake.asked[0]?.headers['x-region']).toBe('in EU');
  },
);

test('the address may be a reference too', async () => {
  const fake = await startFake(() => ({ json: { items: [] } }));
  const connector = createConnector({
    settings: aConnection('env:ADDRESS'),
    preset: aPreset(),
    mode: 'local',
    secret: (reference) => (reference === 'env:ADDRESS' ? fake.url : ''),
  });
  expect(await connector.list('Thing', { cursor: '', limit: 1 }, aCall())).toEqual({
    changes: [],
    next: '',
    more: false,
  });
  await connector.close();
});
