import { describe, expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import { type Answer, type Asked, aCall, cut, silence, startFake } from '../kit/fake-http.ts';
import { connectRest } from '../kit/rest.ts';
import { allCreated, batched, create, short, single, update, writing } from '../kit/rest-write.ts';

describe('items one by one', () => {
  test('have the outcome of their own reply', async () => {
    const answer = ({ method, path, headers }: Asked): Answer => {
      if (method === 'POST') return { status: 201, json: { id: 'n', v: 1 } };
      if (method === 'DELETE') return path.endsWith('/gone') ? { status: 404 } : { status: 204 };
      return headers['if-match'] === '2' ? { status: 412, json: { code: 'STALE' } } : { json: { id: '7', v: 3 } };
    };
    const remove = (id: string): WriteItem => ({ op: 'delete', id, data: {}, idempotencyKey: `d-${id}` });
    const items = [update('7'), create('n'), update('8', { expectVersion: '2' }), remove('gone'), remove('there')];
    const { outcomes } = await writing(single(), answer, items);
    expect(short(outcomes)).toEqual([
      'updated 7',
      'created n',
      'failed conflict item',
      'failed not-found item',
      'deleted there',
    ]);
    expect(outcomes[0]).toMatchObject({ version: '3', record: { body: { id: '7', v: 3 } } });
  });

  test('that were lost are unknown, and those after them are not sent', async () => {
    const items = Array.from({ length: 6 }, (_, index) => update(String(index)));
    const { outcomes, asked } = await writing(single(), () => cut, items, { concurrency: 2 });
    expect(outcomes.map(({ status }) => status)).toEqual(['unknown', 'unknown', ...Array(4).fill('failed')]);
    expect(asked).toHaveLength(2);
  });

  test.each([
    '../admin',
    '..',
    '.',
    '',
    'a/b',
    '//evil.example',
    'http://evil.example/',
    'a?b=c',
    'a#b',
    '\ud800',
    'a\r\nb',
  ])('with the id %j never reach another address', async (id) => {
    const { outcomes, asked } = await writing(single(), () => ({ json: { id, v: 1 } }), [update(id)]);
    const sent = asked.map(({ path }) => path);
    if (sent.length === 0) expect(short(outcomes)).toEqual(['failed validation item']);
    else expect(sent).toEqual([`/things/${encodeURIComponent(id)}`]);
  });

  test('with a version that would break out of its header are refused, and the others go on', async () => {
    const items = [update('1', { expectVersion: 'x\r\nx-evil: 1' }), update('2', { expectVersion: 'ok' })];
    const { outcomes, asked } = await writing(single(), () => ({ json: { id: '2', v: 1 } }), items);
    expect(short(outcomes)).toEqual(['failed validation item', 'updated 2']);
    expect(asked).toHaveLength(1);
  });

  test('take the version from a header where the preset says so', async () => {
    const preset = single({ version_header: 'ETag' });
    const { outcomes } = await writing(preset, () => ({ status: 204, headers: { etag: '"7"' } }), [update('7')]);
    expect(outcomes).toEqual([{ status: 'updated', id: '7', version: '"7"' }]);
  });
});

describe('writes that never leave', () => {
  test('to a system that is not there have failed, and are not unknown', async () => {
    const fake = await startFake(() => cut);
    await fake.close();
    const connector = connectRest(fake.url, batched());
    expect(short(await connector.write('Thing', [create('a'), update('b')], aCall()))).toEqual([
      'failed transient connection',
      'failed transient connection',
    ]);
    await connector.close();
  });

  test('stopped before they began have failed; stopped under way they are unknown', async () => {
    const fake = await startFake(() => silence);
    const connector = connectRest(fake.url, batched());
    const controller = new AbortController();
    const running = connector.write('Thing', [create('a'), update('b')], { signal: controller.signal });
    await expect.poll(() => fake.asked.length).toBe(1);
    controller.abort(new Error('stop'));
    expect((await running).map(({ status }) => status)).toEqual(['unknown', 'failed']);
    expect(short(await connector.write('Thing', [create('c')], { signal: controller.signal }))).toEqual([
      'failed transient connection',
    ]);
    await connector.close();
    expect(fake.asked).toHaveLength(1);
  });

  test('of an operation that the preset does not have are refused', async () => {
    const { outcomes } = await writing(batched(), allCreated, [
      { op: 'delete', id: '1', data: {}, idempotencyKey: 'd' },
    ]);
    expect(short(outcomes)).toEqual(['failed unsupported item']);
  });
});
