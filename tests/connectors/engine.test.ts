import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSentence, createSort, retryAfterOf } from '../../connectors/engine/errors.ts';
import { outcomeOfLostCall } from '../../connectors/engine/outcome.ts';
import { each, pieces } from '../../connectors/engine/pool.ts';
import {
  bodyTemplate,
  headerTemplate,
  pathTemplate,
  queryTemplate,
  templateProblem,
} from '../../connectors/engine/template.ts';
import { CODE_OF_CLASS, ERROR_CLASSES, ERRORS, SyncError } from '../../src/domain/errors.ts';
import { ExactNumber } from '../../src/domain/json.ts';

const sort = createSort(
  [
    { code: 'QUOTA', class: 'rate-limited', nothing_done: true, retry_after_ms: 9 },
    { status: [500, 599], code_like: 'E\\d+', class: 'validation', nothing_done: true },
    { status: 409, class: 'conflict', scope: 'batch' },
  ],
  createSentence(['hunter22']),
);

describe('the error table', () => {
  test('gives every status a class, and calls only refusals surely not done', () => {
    for (let status = 300; status < 600; status += 1) {
      const { error, nothingDone } = sort({ status }, 'batch');
      expect(ERROR_CLASSES).toContain(error.class);
      expect(nothingDone).toBe((status >= 400 && status < 500 && status !== 408) || status === 501);
    }
  });

  test('never says try again where trying again cannot help', () => {
    const recoveries = (['validation', 'permission', 'unsupported'] as const).map(
      (kind) => ERRORS[CODE_OF_CLASS[kind]].recovery,
    );
    expect(recoveries).not.toContain('retry');
  });

  test('takes the first rule that fits, the preset’s before the common ones', () => {
    expect(sort({ status: 400, code: 'QUOTA' }, 'batch').error).toMatchObject({
      class: 'rate-limited',
      retryAfterMs: 9,
      scope: 'connection',
    });
    expect(sort({ status: 500, code: 'E12' }, 'batch')).toMatchObject({
      nothingDone: true,
      error: { class: 'validation' },
    });
    expect(sort({ status: 500, code: 'XE12' }, 'batch')).toMatchObject({
      nothingDone: false,
      error: { class: 'transient' },
    });
    expect(sort({ status: 409 }, 'item').error).toMatchObject({ class: 'conflict', scope: 'batch' });
    expect(sort({ status: 412 }, 'item').error).toMatchObject({ class: 'conflict', scope: 'item' });
  });

  test('a refusal without any status, inside a reply with success, is the record’s own fault', () => {
    expect(sort({ code: 'WHATEVER' }, 'item').error).toMatchObject({ class: 'validation', scope: 'item' });
  });

  test('the system’s sentence is one line, without secrets and control characters, and short', () => {
    const { message } = sort(
      { status: 400, message: `a\r\n\u001b[31mb hunter22 Bearer abc.def ${'x'.repeat(9000)}` },
      'item',
    ).error;
    expect(message).toMatch(/^a \[31mb … Bearer … x+…$/);
    expect(message.length).toBeLessThanOrEqual(500);
  });

  test('waiting times are read in seconds and as dates by the system’s own clock', () => {
    const date = 'Sat, 31 Jan 2026 12:00:00 GMT';
    expect(retryAfterOf({ 'retry-after': '7' })).toBe(7000);
    expect(retryAfterOf({ 'retry-after': '0.5' })).toBe(500);
    expect(retryAfterOf({ date, 'retry-after': 'Sat, 31 Jan 2026 12:01:00 GMT' })).toBe(60_000);
    expect(retryAfterOf({ date, 'retry-after': 'Sat, 31 Jan 2026 11:00:00 GMT' })).toBe(0);
    expect(retryAfterOf({ 'retry-after': 'soon' })).toBeUndefined();
    expect(retryAfterOf({})).toBeUndefined();
    expect(sort({ status: 429, retryAfterMs: 1e12 }, 'batch').error.retryAfterMs).toBe(86_400_000);
  });
});

describe('a write without an answer', () => {
  test('is unknown unless nothing was sent', () => {
    const lost = new SyncError('UNREACHABLE', 'gone');
    const unsent = new SyncError('UNREACHABLE', 'refused', { unsent: true });
    expect(outcomeOfLostCall(lost, true).status).toBe('unknown');
    expect(outcomeOfLostCall(unsent, true).status).toBe('failed');
    expect(outcomeOfLostCall(lost, false).status).toBe('failed');
    expect(outcomeOfLostCall('anything', true).status).toBe('unknown');
  });

  test('pauses the connection where only a person can help', () => {
    for (const code of ['LOGIN_REFUSED', 'EGRESS_DENIED', 'REDIRECT_REFUSED'] as const) {
      const outcome = outcomeOfLostCall(new SyncError(code, 'no', { unsent: true }), false);
      expect(outcome).toMatchObject({ status: 'failed', error: { class: 'auth', scope: 'connection' } });
    }
  });
});

describe('templates', () => {
  test('no value leaves its segment of a path', () => {
    const path = pathTemplate('/v1/things/{id}/parts');
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('..', '.', '', '../x', '//e', '%2e%2e')),
        (id) => {
          let made: string;
          try {
            made = path({ id });
          } catch (error) {
            return (error as SyncError).code === 'BAD_VALUE';
          }
          const url = new URL(`https://host${made}`);
          return (
            url.host === 'host' &&
            url.pathname.split('/').length === 5 &&
            decodeURIComponent(url.pathname.split('/')[3] ?? '') === id
          );
        },
      ),
    );
  });

  test('a header’s value is one line or refused', () => {
    const header = headerTemplate('"{version}"');
    expect(header({ version: 'ab' })).toBe('"ab"');
    for (const version of ['a\nb', 'a\rb', 'a\0b', '日本']) expect(() => header({ version })).toThrow(SyncError);
  });

  test('what has no value disappears when it stands alone, and is an error inside other text', () => {
    expect(queryTemplate('{cursor}')({})).toBeUndefined();
    expect(() => queryTemplate('after:{cursor}')({})).toThrow(/has no value/);
    expect(bodyTemplate({ a: '{x}', b: ['{x}', '{y}'], c: { d: '{x}' } })({ y: 1 })).toEqual({ b: [1], c: {} });
  });

  test('values keep their kind in a body and their digits in text', () => {
    const data = { n: new ExactNumber('1.50') };
    expect(
      bodyTemplate({ d: '{data}', v: '{version|number}', t: 'v{version}' })({ data, version: '12345678901234567890' }),
    ).toEqual({
      d: data,
      v: new ExactNumber('12345678901234567890'),
      t: 'v12345678901234567890',
    });
    expect(bodyTemplate({ v: '{version|number}' })({})).toEqual({});
    expect(bodyTemplate({ '...': '{data}', id: '{id}' })({ data, id: '7' })).toEqual({ ...data, id: '7' });
    expect(() => bodyTemplate({ '...': '{id}' })({ id: '7' })).toThrow(SyncError);
    expect(() => bodyTemplate('{version|number}')({ version: 'W/"x"' })).toThrow(SyncError);
  });

  test('only own values are seen', () => {
    expect(queryTemplate('{settings.constructor}')({ settings: {} })).toBeUndefined();
    expect(templateProblem('{constructor}', ['id'])).toContain('is not known here');
  });

  test('lists are joined only where no value can become two', () => {
    expect(queryTemplate('{ids|join}')({ ids: ['a', 'b'] })).toBe('a,b');
    expect(() => queryTemplate('{ids|join}')({ ids: ['a,b'] })).toThrow(/commas/);
  });
});

describe('many at once', () => {
  test('never more than so many, results in order, and none begun after a failure', async () => {
    let inside = 0;
    let most = 0;
    const begun: number[] = [];
    const work = async (item: number): Promise<number> => {
      inside += 1;
      most = Math.max(most, inside);
      begun.push(item);
      await Promise.resolve();
      inside -= 1;
      if (item === 99) throw new Error('no');
      return item * 2;
    };
    expect(await each([1, 2, 3, 4, 5], 2, work)).toEqual([2, 4, 6, 8, 10]);
    expect(most).toBe(2);
    await expect(each([99, 1, 2, 3, 4, 5, 6, 7], 1, work)).rejects.toThrow('no');
    expect(begun.slice(5)).toEqual([99]);
    expect(await each([], 3, work)).toEqual([]);
  });

  test('pieces are of the size asked for and lose nothing', () => {
    expect(pieces([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(pieces([], 2)).toEqual([]);
  });
});
