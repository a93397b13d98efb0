import { expect, test } from 'vitest';
import { createProbe } from '../../activities/probe.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { aWorld } from './deps.ts';

test('a check says who we are there and what there is', async () => {
  const { deps } = aWorld({ connector: { check: async () => ({ who: 'tally', warnings: [] }) } });
  expect(await createProbe(deps)({ connection: 'erp' })).toEqual({
    ok: true,
    who: 'tally',
    warnings: [],
    records: ['Partner'],
  });
});

test('a failed check is an answer with a code, and neither pauses nor counts', async () => {
  const check = async (): Promise<never> => Promise.reject(new SyncError('LOGIN_REFUSED', 'invalid_client'));
  const { deps, told } = aWorld({ connector: { check } });
  expect(await createProbe(deps)({ connection: 'erp' })).toEqual({
    ok: false,
    code: 'LOGIN_REFUSED',
    message: 'invalid_client',
  });
  expect([...told.pauses, ...told.failures]).toEqual([]);
});

test('a record that is not there is named with those that are', async () => {
  const { deps } = aWorld();
  expect(await createProbe(deps)({ connection: 'erp', record: 'Invoice' })).toMatchObject({
    ok: false,
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('it has Partner'),
  });
});
