import { describe, expect, test } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import type { SyncError } from '../../src/domain/errors.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { aConnection } from '../kit/fake-http.ts';
import { presetOf } from '../kit/preset.ts';
import { aPreset } from '../kit/rest.ts';

const URL_OF_NOBODY = 'http://127.0.0.1:9';
const making = (preset: Json, over: Partial<ConnectionSettings> = {}, mode: 'local' | 'production' = 'local') => {
  const secret = (reference: string): string => `value of ${reference}`;
  try {
    return createConnector({ settings: aConnection(URL_OF_NOBODY, over), preset, mode, secret });
  } catch (error) {
    return error as SyncError;
  }
};
const problemsOf = (preset: Json, over: Partial<ConnectionSettings> = {}, mode: 'local' | 'production' = 'local') => {
  const made = making(preset, over, mode);
  return 'facts' in made ? [made.code, ...(made.facts.problems ?? [made.message])] : ['fine'];
};
/** The sandbox CRM's preset with something wrong at a path. */
const spoiled = (path: string, value: Json | undefined): Json => {
  const preset = structuredClone(presetOf('sandbox-crm')) as Record<string, unknown>;
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  let at = preset;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return preset as JsonObject;
};
const crm = { connector: 'sandbox-crm', settings: { client_id: 'me', client_secret: 'env:SECRET' } };

test.each(['sandbox-crm', 'sandbox-erp'])('the preset %s is accepted as it is', (name) => {
  const settings = name === 'sandbox-crm' ? crm.settings : { user: 'me', password: 'file:/secret' };
  expect(problemsOf(presetOf(name), { connector: name, settings }, 'local')).toEqual(['fine']);
});

describe('a preset that cannot work is refused with its file, its place and what to do', () => {
  const cases: readonly [string, Json | undefined, RegExp][] = [
    ['engine', 'telepathy', /"engine": must be one of .*rest/],
    ['engine', undefined, /"engine": must be one of .*rest/],
    ['colour', 'red', /the file: Unrecognized key: "colour"; remove it/],
    ['records.Account.idd', 'x', /"records\.Account": Unrecognized key: "idd"/],
    ['records.Account.id', undefined, /"records\.Account\.id": expected string/],
    ['records.Account.id', 'a..b', /"records\.Account\.id": is not a path/],
    ['records.Account.zone', 'Mars/Olympus', /"records\.Account\.zone": "Mars\/Olympus" is not a time zone/],
    [
      'records.Account.list.paging.kind',
      'pigeon',
      /"records\.Account\.list\.paging\.kind": .*Expected .none. . .cursor./,
    ],
    ['records.Account.list.request.query', {}, /list\.request": must send \{cursor\}/],
    ['records.Account.list.request.path', 'v1/accounts', /list\.request\.path": must start with one slash/],
    ['records.Account.list.request.query.limit', '{limitt}', /\{limitt\} is not known here; use one of limit, cursor/],
    ['records.Account.list.request.query.limit', '{limit|loud}', /"loud" is not a filter; use one of/],
    ['records.Account.list.request.query.limit', '{limit', /has a brace that is no template/],
    ['records.Account.changes.request.query', { cursor: '{cursor}' }, /changes\.request": must send \{since\}/],
    ['records.Account.changes.paging', { kind: 'page' }, /numbered pages lose rows/],
    ['records.Account.changes.grain_ms', 0, /"records\.Account\.changes\.grain_ms"/],
    ['records.Account.modified_at', undefined, /modified_at": is missing; changes by timestamp need it/],
    ['records.Account.version', undefined, /version": is missing; guard "version" needs a version/],
    ['records.Account.deleted', undefined, /deleted": is missing/],
    ['records.Account.write.create.done', undefined, /a batch needs `status` and `done`/],
    ['records.Account.write.create.item', { fields: '{data}' }, /must send \{key\}, which `match` looks for/],
    ['records.Account.write.create.request.body', { rows: [] }, /write\.create\.request": must send \{items\}/],
    ['records.Account.write.create.record', undefined, /returns_record needs `record`/],
    ['records.Account.read.by_id.found', undefined, /by_id\.found": is missing/],
    ['records.Account.capabilities.guard', 'prayer', /capabilities\.guard"/],
    ['records.Account.capabilities.idempotency', undefined, /capabilities\.idempotency"/],
    ['auth', { kind: 'basic', user: 'me' }, /"auth\.password"/],
    ['auth.client_id', '{settings.client}', /"auth": \{settings\.client\} is not known here/],
    ['errors', [{ class: 'transient' }], /"errors\.0": a rule that matches everything hides all others/],
    ['errors', [{ status: 500, class: 'tragic' }], /"errors\.0\.class"/],
    ['errors', [{ code_like: '(', class: 'transient' }], /code_like is not a regular expression/],
    ['limits.reply_bytes', 1e12, /"limits\.reply_bytes"/],
  ];
  test.each(cases)('%s: %j', (path, value, sentence) => {
    const preset = spoiled(
      path.startsWith('limits') ? 'limits' : path,
      path.startsWith('limits') ? { reply_bytes: value as number } : value,
    );
    const [code, ...problems] = problemsOf(preset, crm);
    expect(code).toBe('CONFIG_INVALID');
    expect(problems.join('\n')).toMatch(sentence);
    expect(problems.every((problem) => problem.startsWith('connectors/sandbox-crm/connector.yaml: '))).toBe(true);
  });

  test('several things at once are all named', () => {
    const preset = { ...(spoiled('records.Account.id', undefined) as JsonObject), colour: 'red' };
    expect(problemsOf(preset, crm)).toHaveLength(3);
  });

  test.each([null, 'text', [], 7])('%j is no preset', (preset) => {
    expect(problemsOf(preset as Json)[0]).toBe('CONFIG_INVALID');
  });
});

describe('a connection that does not fit its preset is refused with place and remedy', () => {
  test('a setting that is missing, and one that nobody asks for', () => {
    const [code, ...problems] = problemsOf(presetOf('sandbox-crm'), {
      connector: 'sandbox-crm',
      settings: { client_id: 'me', clientsecret: 'x' },
    });
    expect(code).toBe('CONFIG_INVALID');
    expect(problems).toEqual([
      'connections.test.settings.clientsecret: sandbox-crm asks for no such setting; remove it',
      'connections.test.settings.client_secret: is missing; Secret of the integration',
    ]);
  });

  test('a secret that stands in the file, outside local mode', () => {
    const settings = { client_id: 'me', client_secret: 'hunter2' };
    const problems = problemsOf(
      presetOf('sandbox-crm'),
      { connector: 'sandbox-crm', settings, url: 'https://crm.example.com' },
      'production',
    );
    expect(problems.join()).toMatch(/client_secret: a secret must not stand in the file/);
    expect(problems.join()).not.toContain('hunter2');
  });

  test('capabilities of a record that the preset does not have, or that do not exist', () => {
    const withCapabilities = (capabilities: Json) =>
      problemsOf(presetOf('sandbox-crm'), { ...crm, capabilities }).join('\n');
    expect(withCapabilities({ Acount: { guard: 'none' } })).toMatch(
      /capabilities\.Acount: sandbox-crm has no such record; use one of Account/,
    );
    expect(withCapabilities({ Account: { guards: 'none' } })).toMatch(/"Account": Unrecognized key: "guards"/);
    expect(withCapabilities({ Account: { guard: 'maybe' } })).toMatch(/"Account\.guard"/);
    expect(withCapabilities({ Account: { guard: 'none' } })).toBe('fine');
  });

  test('an address that is none', () => {
    expect(problemsOf(presetOf('sandbox-crm'), { ...crm, url: 'crm.example.com' }).join()).toMatch(
      /write https:\/\/host\/path/,
    );
  });

  test('a record that the preset does not have', async () => {
    const made = making(aPreset());
    if ('facts' in made) throw made;
    const asking = made.list('Thingy', { cursor: '', limit: 1 }, { signal: new AbortController().signal });
    await expect(asking).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('use one of Thing'),
    });
  });
});
