import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';

const reading = async (preset: JsonObject, answer: (asked: Asked) => Answer, ids: readonly string[]) => {
  const fake = await startFake(answer);
  const connector = connectRest(fake.url, preset);
  try {
    return { answers: await connector.read('Thing', { ids }, aCall()), asked: fake.asked };
  } finally {
    await connector.close();
  }
};
const oneByOne = aPreset({ read: { by_id: { request: { path: '/things/{id}' } } } });
const byQuery = aPreset({
  read: {
    by_id: {
      request: { method: 'POST', path: '/query', body: { ids: '{ids}' } },
      max: 3,
      results: 'items',
      match: 'id',
    },
  },
});

/** Answers in the order asked, which repeat no id beside the record's own. */
function inOrder(): JsonObject {
  const { Thing } = byQuery['records'] as { Thing: { read: { by_id: JsonObject } } & JsonObject };
  const { match: _match, ...by_id } = Thing.read.by_id;
  return { Thing: { ...Thing, read: { by_id } } };
}

describe('records one by one', () => {
  test('are found, absent or refused, each in its place', async () => {
    const answer = ({ path }: Asked): Answer => {
      if (path.endsWith('/none')) return { status: 404, json: { code: 'NONE' } };
      if (path.endsWith('/hidden')) return { status: 403 };
      return { json: { id: path.slice(8), n: 1 } };
    };
    const { answers } = await reading(oneByOne, answer, ['a', 'none', 'hidden', 'b']);
    expect(answers).toEqual([
      { found: [{ id: 'a', body: { id: 'a', n: 1 } }] },
      { absent: true },
      { error: expect.objectContaining({ class: 'permission', scope: 'item' }) },
      { found: [{ id: 'b', body: { id: 'b', n: 1 } }] },
    ]);
  });

  test('are not absent because a web server knows nothing of the address', async () => {
    const failure = reading(oneByOne, () => ({ status: 404, text: '<h1>Not Found</h1>' }), ['a']);
    await expect(failure).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  test('fail together when the system refuses the login or breaks down', async () => {
    await expect(reading(oneByOne, () => ({ status: 401 }), ['a'])).rejects.toMatchObject({ recovery: 'pause' });
    await expect(reading(oneByOne, () => ({ status: 500 }), ['a'])).rejects.toMatchObject({
      code: 'TARGET_UNAVAILABLE',
    });
  });
});

describe('records by many ids at once', () => {
  test('are matched by what the answer says, in pieces that fit', async () => {
    const answer = ({ body }: Asked): Answer => {
      const { ids } = JSON.parse(body) as { ids: string[] };
      return {
        json: {
          items: ids
            .filter((id) => id !== 'x')
            .reverse()
            .map((id) => ({ id })),
        },
      };
    };
    const { answers, asked } = await reading(byQuery, answer, ['a', 'b', 'x', 'c', 'd']);
    expect(asked).toHaveLength(2);
    expect(answers.map((each) => ('found' in each ? each.found.map(({ id }) => id) : each))).toEqual([
      ['a'],
      ['b'],
      { absent: true },
      ['c'],
      ['d'],
    ]);
  });

  test('are not guessed when answers in order are too few', async () => {
    const posted = aPreset({
      read: { by_id: { request: { method: 'POST', path: '/q', body: { ids: '{ids}' } }, max: 5, results: 'items' } },
    });
    const failure = reading(posted, () => ({ json: { items: [{ id: 'a' }] } }), ['a', 'b']);
    await expect(failure).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  test('are asked for in the address where the system wants them there', async () => {
    const listed = aPreset({
      read: { by_id: { request: { path: '/q', query: { ids: '{ids|join}' } }, max: 5, results: 'items', match: 'id' } },
    });
    const { answers, asked } = await reading(listed, () => ({ json: { items: [{ id: 'b' }] } }), ['a', 'b']);
    expect(asked[0]?.query).toEqual({ ids: 'a,b' });
    expect(answers[0]).toEqual({ absent: true });
  });

  test('that are no records are errors of their own, not absences', async () => {
    const { answers } = await reading(byQuery, () => ({ json: { items: [{ id: 'a' }] } }), ['a']);
    expect(answers).toHaveLength(1);
    const shaped = aPreset({
      read: {
        by_id: {
          request: { method: 'POST', path: '/q', body: { ids: '{ids}' } },
          max: 5,
          results: 'items',
          status: 'ok',
          found: [true],
          record: 'record',
        },
      },
    });
    const broken = await reading(shaped, () => ({ json: { items: [{ ok: true }, { ok: true, record: {} }] } }), [
      'a',
      'b',
    ]);
    expect(broken.answers).toMatchObject([{ error: { class: 'permanent' } }, { error: { class: 'permanent' } }]);
  });
});

test.each([
  ['one by one', oneByOne, () => ({ json: { id: 'b', n: 1 } })],
  ['in the order asked', { ...byQuery, records: inOrder() }, () => ({ json: { items: [{ id: 'b' }] } })],
] as const)('an answer %s that is another record than asked for is no answer', async (_how, preset, answer) => {
  const { answers } = await reading(preset, answer, ['a']);
  expect(answers).toMatchObject([
    { error: { class: 'permanent', message: expect.stringContaining('another record') } },
  ]);
});

test('a check shows who we are and what cannot be listed, and never the body of a failed call', async () => {
  const answer = ({ path }: Asked): Answer =>
    path === '/me' ? { json: { name: 'tally' } } : { status: 403, json: { code: 'NO', message: 'private words' } };
  const fake = await startFake(answer);
  const connector = connectRest(fake.url, aPreset());
  const { who, warnings } = await connector.check(aCall());
  expect(who).toBe('tally');
  expect(warnings).toEqual(['Thing cannot be listed: a list of Thing was answered with status 403, NO']);
  await connector.close();
  const broken = await startFake(() => ({ status: 500, json: { message: 'private words' } }));
  const other = connectRest(broken.url, aPreset());
  const failure = await other.check(aCall()).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SyncError);
  expect(JSON.stringify([(failure as SyncError).message, (failure as SyncError).facts])).not.toContain('private');
  await other.close();
});
