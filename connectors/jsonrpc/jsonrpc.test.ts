import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { aConnection } from '../../tests/kit/fake-http.ts';
import { presetOf } from '../../tests/kit/preset.ts';
import { createConnector } from '../index.ts';

const connect = (preset: Json): (() => unknown) => {
  const settings = aConnection('http://127.0.0.1:9', {
    connector: 'tryton',
    settings: { database: 'demo', user: 'tally', password: 'a-password' },
  });
  return () => createConnector({ settings, preset, mode: 'local', secret: (reference) => reference });
};

/** The shipped preset with one thing changed. */
const changed = (path: string, value: Json | undefined): Json => {
  const preset = structuredClone(presetOf('tryton')) as Record<string, unknown>;
  const steps = path.split('.');
  let at = preset;
  for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
  const last = steps.at(-1) ?? '';
  if (value === undefined) delete at[last];
  else at[last] = value;
  return preset as JsonObject;
};

const problemOf = (work: () => unknown): SyncError => {
  try {
    work();
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('it was expected to fail');
};

describe('a preset for JSON-RPC', () => {
  test('as it is shipped has nothing wrong', () => {
    expect(isObject(presetOf('tryton'))).toBe(true);
    expect(connect(presetOf('tryton'))).not.toThrow();
  });

  test.each<[string, Json | undefined, string]>([
    ['endpoint', '/{settings.databse}/', '{settings.databse} is not known here'],
    ['session.token', '{nummer}', '{nummer} is not known here'],
    ['session.headers', { authorization: 'Session {token|base63}' }, '"base63" is not a filter'],
    ['commands.update', ['write', ['{uid}']], '{uid} is not known here'],
    ['records.Party.where.changed', [['id', '>', '{since']], 'a brace that is no template'],
    ['records.Party.where.changed', undefined, 'changes, where.changed and times go together'],
    ['records.Party.where.keys', undefined, 'needs a key and where.keys'],
    ['records.Party.guard', undefined, 'needs a guard and a stamp'],
    ['records.Party.key.children', 'notes', 'no collection of the body reads "notes"'],
    ['records.Party.body.identifiers.key', ['kind'], '"kind" is none of its fields'],
    ['records.Party.body.identifiers.key', [], 'records.Party.body.identifiers'],
    ['records.Party.pages', 7, 'pages'],
  ])('with %s as %j is refused with place and remedy', (path, value, words) => {
    const error = problemOf(connect(changed(path, value)));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', facts: { file: 'connectors/tryton/connector.yaml' } });
    expect(error.facts.problems?.join('\n')).toContain(words);
  });

  test('asked for a record that it does not have names those it has', async () => {
    const connector = connect(presetOf('tryton'))() as ReturnType<typeof createConnector>;
    const call = { signal: new AbortController().signal };
    await expect(connector.list('Partner', { cursor: '', limit: 1 }, call)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('use one of Party'),
    });
    await connector.close();
  });

  test('says what it can do as data, corrected by the connection', async () => {
    const settings = aConnection('http://127.0.0.1:9', {
      connector: 'tryton',
      settings: { database: 'demo', user: 'tally', password: 'a-password' },
      capabilities: { Party: { guard: 'detect' } },
    });
    const connector = createConnector({ settings, preset: presetOf('tryton'), mode: 'local', secret: (each) => each });
    expect(connector.capabilities['Party']).toMatchObject({
      idempotency: 'searchable',
      guard: 'detect',
      read: { byId: true, byKey: true },
      changes: { mode: 'timestamp', grainMs: 1000, deletes: 'absence', complete: false },
      write: { create: true, maxBatch: 100, returnsRecord: true },
    });
    const { fields } = await connector.describe('Party', { signal: new AbortController().signal });
    expect(fields.map(({ path }) => path)).toContain('contact_mechanisms[type=email].value');
    await connector.close();
  });
});
