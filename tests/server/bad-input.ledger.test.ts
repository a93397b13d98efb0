/** What docs/bad-input.md says of the API, compared with what it really says. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfigFiles } from '../../src/config/files.ts';
import { ERRORS, type ErrorCode } from '../../src/domain/errors.ts';
import { aTerminal } from '../cli/terminal.ts';
import { BAD_INPUT, documented } from '../kit/documented.ts';
import { type Answer, aConflict, inWorld, type World } from './world.ts';

/** Code, sentence and remedy are those of the page. */
const assertSaid = (what: string, said: RegExp, { json }: Answer): void => {
  const code = BAD_INPUT.find((row) => row.what === what)?.code as ErrorCode;
  expect([what, json.code, json.detail, json.fix]).toEqual([what, code, expect.stringMatching(said), ERRORS[code].fix]);
};

test('requests that are refused at the door are said as the page says', () =>
  inWorld(async (world) => {
    const { ask, keys } = world;
    assertSaid('no key', documented('no key'), await ask(null, 'GET', '/status'));
    const wrong = { key: `${keys.operator.slice(0, -1)}_` };
    assertSaid(
      'a wrong, expired or revoked key',
      documented('a wrong, expired or revoked key'),
      await ask(wrong, 'GET', '/status'),
    );
    assertSaid(
      'a role that may not',
      documented('a role that may not'),
      await ask('auditor', 'POST', '/parked/retry', {}),
    );
    assertSaid(
      'a key in the address',
      documented('a key in the address'),
      await ask('operator', 'GET', `/status?key=${keys.operator}`),
    );
  }));

test('bodies that cannot be read are said as the page says', () =>
  inWorld(async ({ ask }) => {
    const retry = (body: unknown): Promise<Answer> => ask('operator', 'POST', '/parked/retry', body);
    assertSaid('a body that is not JSON', documented('a body that is not JSON'), await retry('{"code"'));
    assertSaid('a field nobody knows', documented('a field nobody knows'), await retry({ cod: 'CONFLICT' }));
    assertSaid(
      'a body that is too large',
      documented('a body that is too large'),
      await retry(`{"code":"${'x'.repeat(1024 * 1024)}"}`),
    );
  }));

test('a decision on outdated values is said as the page says', () =>
  inWorld(async (world) => {
    const { id } = await aConflict(world);
    const answer = await world.ask('steward', 'POST', `/parked/${id}/resolve`, {
      take: 'crm',
      seen: { crm: 'DE0', erp: 'DE0' },
    });
    assertSaid(
      'a decision on values that changed meanwhile',
      documented('a decision on values that changed meanwhile'),
      answer,
    );
  }));

test('a configuration that is outdated, or does not say that it changed, is said as the page says', () =>
  inWorld(async ({ ask }) => {
    const files = await readConfigFiles(join(import.meta.dirname, '../../tallystick.yaml'));
    await ask('it-admin', 'POST', '/config', { files, on: 0 });
    const text = (files['mappings/customer.yaml'] ?? '').replace('conflict: newest wins', 'conflict: erp wins');
    const unsaid = await ask('it-admin', 'POST', '/config', {
      files: { ...files, 'mappings/customer.yaml': text },
      on: 1,
    });
    expect(unsaid.json.problems.join('\n')).toMatch(documented('a mapping changed without a new revision'));
    const outdated = { ...files, 'tallystick.yaml': `${files['tallystick.yaml']}# another\n` };
    assertSaid(
      'a configuration compared with one that is outdated',
      documented('a configuration compared with one that is outdated'),
      await ask('it-admin', 'POST', '/config', { files: outdated, on: 0 }),
    );
  }));

test('many records, and nobody to ask, is said as the page says', () =>
  inWorld(async (world: World) => {
    await aConflict(world);
    const fetch = (url: URL, init?: RequestInit) => world.app.request(`${url.pathname}${url.search}`, init);
    const tally = aTerminal({
      env: { TALLY_API_URL: 'http://127.0.0.1:9', TALLY_API_KEY: world.keys.operator },
      fetch: fetch as typeof globalThis.fetch,
    });
    expect((await tally('retry', '--all')).err).toMatch(documented('many records, and nobody to ask'));
  }));
