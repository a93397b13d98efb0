import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createHttp, type HttpRequest, type HttpSettings } from '../../connectors/sdk/http.ts';
import { ExactNumber } from '../../src/domain/json.ts';
import { type Answer, aCall, cut, silence, startFake } from '../kit/fake-http.ts';

const GET: HttpRequest = { method: 'GET', path: '/x', intent: 'read' };
const POST: HttpRequest = { method: 'POST', path: '/x', intent: 'write', body: { json: { a: 1 } } };

const door = (url: string, over: Partial<HttpSettings> = {}) =>
  createHttp({ baseUrl: url, allow: [], mode: 'local', ...over });

const answering = async (answer: Answer, request: HttpRequest = GET, over: Partial<HttpSettings> = {}) => {
  const fake = await startFake(() => answer);
  const http = door(fake.url, over);
  try {
    const reply = await http.request(request, aCall());
    return { reply, json: reply.json(), asked: fake.asked.length };
  } finally {
    http.close();
  }
};

const raw =
  (status: number, headers: Record<string, string>, body: Buffer | string): Answer =>
  (response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

describe('replies that cannot be used', () => {
  test('a web page where JSON was due is named so, without its content', async () => {
    const page = answering(raw(200, { 'content-type': 'text/html' }, '<html>secret inside</html>'));
    await expect(page).rejects.toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringContaining('web page') });
    await expect(answering(raw(200, {}, '<p>secret</p>'))).rejects.not.toThrow(/secret/);
  });

  test('JSON that breaks off is not taken for the whole', async () => {
    await expect(answering(raw(200, {}, '{"items":[{"id":1},'))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  test('a body shorter than announced is a lost connection', async () => {
    const answer: Answer = (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"items":[]}', () => response.socket?.destroy());
    };
    await expect(answering(answer, POST)).rejects.toMatchObject({ code: 'UNREACHABLE', facts: {} });
  });

  test('a reply over the limit is stopped at the limit', async () => {
    const large = raw(200, {}, `"${'x'.repeat(20_000)}"`);
    await expect(answering(large, GET, { limits: { maxBytes: 10_000 } })).rejects.toMatchObject({
      code: 'REPLY_TOO_LARGE',
    });
  });

  test('an endless reply is stopped at the limit', async () => {
    let stopped = false;
    const endless: Answer = (response) => {
      response.writeHead(200);
      const more = (): void => {
        if (!stopped) response.write('x'.repeat(10_000), more);
      };
      response.once('close', () => {
        stopped = true;
      });
      more();
    };
    await expect(answering(endless, GET, { limits: { maxBytes: 100_000 } })).rejects.toMatchObject({
      code: 'REPLY_TOO_LARGE',
    });
    await expect.poll(() => stopped).toBe(true);
  });

  test('a gzip bomb is stopped by what it unpacks to, and by its ratio', async () => {
    const bomb = gzipSync(Buffer.alloc(30 * 1024 * 1024));
    const packed = raw(200, { 'content-encoding': 'gzip' }, bomb);
    await expect(answering(packed)).rejects.toMatchObject({
      code: 'REPLY_TOO_LARGE',
      message: expect.stringContaining('100 times'),
    });
    await expect(answering(packed, GET, { limits: { ratio: 1e9 } })).rejects.toMatchObject({
      code: 'REPLY_TOO_LARGE',
      message: expect.stringContaining('bytes'),
    });
  });

  test('a compressed reply that breaks off, or is none, is an error and not an empty body', async () => {
    const whole = gzipSync('{"a":1}');
    const half = raw(200, { 'content-encoding': 'gzip' }, whole.subarray(0, 12));
    await expect(answering(half, POST)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
    await expect(answering(raw(200, { 'content-encoding': 'gzip' }, '{}'), POST)).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
    });
  });

  test('bytes that are not in the stated charset are refused, never replaced', async () => {
    const latin = Buffer.from('"M\xfcller"', 'latin1');
    await expect(answering(raw(200, {}, latin))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
    const stated = await answering(raw(200, { 'content-type': 'application/json; charset=iso-8859-1' }, latin));
    expect(stated.json).toBe('Müller');
  });

  test.each(['gzip', 'deflate', 'br'])('no body at all is empty text, also where %s is announced', async (packing) => {
    const fake = await startFake(() => raw(204, { 'content-encoding': packing }, ''));
    const http = door(fake.url);
    expect(await http.request(POST, aCall())).toMatchObject({ status: 204, text: '' });
    http.close();
  });

  test('a byte order mark is not part of the JSON', async () => {
    expect((await answering(raw(200, {}, '\ufeff{"a":1}'))).json).toEqual({ a: 1 });
  });

  test('a redirect is refused, names its host, and carries no key there', async () => {
    const other = await startFake(() => ({ json: {} }));
    const fake = await startFake(() => ({ status: 302, headers: { location: `${other.url}/elsewhere` } }));
    const http = door(fake.url, { credentials: () => ({ headers: async () => ({ 'x-api-key': 'k' }) }) });
    await expect(http.request(GET, aCall())).rejects.toMatchObject({
      code: 'REDIRECT_REFUSED',
      message: expect.stringContaining(`127.0.0.1:${other.port}`),
    });
    http.close();
    expect(other.asked).toHaveLength(0);
  });

  test('headers without end are refused', async () => {
    const answer = raw(200, { 'x-long': 'y'.repeat(40_000) }, '{}');
    await expect(answering(answer)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });
});

describe('what is sent twice and what is not', () => {
  test('a read whose connection was cut is sent once more', async () => {
    const fake = await startFake((_asked, count) => (count === 1 ? cut : { json: {} }));
    const http = door(fake.url);
    expect((await http.request(GET, aCall())).status).toBe(200);
    http.close();
    expect(fake.asked).toHaveLength(2);
  });

  test('a write whose connection was cut is never sent again', async () => {
    const fake = await startFake(() => cut);
    const http = door(fake.url);
    await expect(http.request(POST, aCall())).rejects.toMatchObject({ code: 'UNREACHABLE', facts: {} });
    http.close();
    expect(fake.asked).toHaveLength(1);
  });

  test('a write to a system that is not there is known to be unsent', async () => {
    const fake = await startFake(() => cut);
    await fake.close();
    const http = door(fake.url);
    await expect(http.request(POST, aCall())).rejects.toMatchObject({ code: 'UNREACHABLE', facts: { unsent: true } });
    http.close();
  });

  test('a write without an answer in time is not known to be unsent', async () => {
    const over = { limits: { firstByteMs: 50 } };
    const failure = answering(silence, POST, over);
    await expect(failure).rejects.toMatchObject({ code: 'TIMED_OUT', facts: {} });
  });

  test('a reply that trickles is stopped at the total limit', async () => {
    const trickle: Answer = (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 10);
      response.once('close', () => clearInterval(timer));
    };
    await expect(answering(trickle, GET, { limits: { totalMs: 150 } })).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  test('the caller’s reason is what a stopped call throws, and nothing is sent for one stopped before', async () => {
    const fake = await startFake(() => silence);
    const http = door(fake.url);
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = http.request(POST, { signal: controller.signal });
    await expect.poll(() => fake.asked.length).toBe(1);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    let sent = false;
    const onSend = (): void => {
      sent = true;
    };
    const late = { ...POST, onSend };
    await expect(http.request(late, { signal: controller.signal })).rejects.toBe(reason);
    http.close();
    expect(sent).toBe(false);
    expect(fake.asked).toHaveLength(1);
  });

  test('a call stopped while it waits for its budget sends nothing', async () => {
    const fake = await startFake(() => ({ json: {} }));
    const http = door(fake.url);
    const controller = new AbortController();
    const beforeRequest = async (): Promise<void> => controller.abort(new Error('stopped'));
    await expect(http.request(POST, { signal: controller.signal, beforeRequest })).rejects.toThrow('stopped');
    http.close();
    expect(fake.asked).toHaveLength(0);
  });

  test('more calls than the connection may make at once wait in line, and one that is stopped there sends nothing', async () => {
    const open: (() => void)[] = [];
    const fake = await startFake(() => (response) => void open.push(() => response.end('{}')));
    const http = door(fake.url, { concurrency: 2, limits: { firstByteMs: 2_000 } });
    const controller = new AbortController();
    const first = [http.request(GET, aCall()), http.request(GET, aCall())];
    const stopped = http.request(POST, { signal: controller.signal });
    const last = http.request(GET, aCall());
    await expect.poll(() => open.length).toBe(2);
    controller.abort(new Error('stopped'));
    await expect(stopped).rejects.toThrow('stopped');
    open[0]?.();
    await expect.poll(() => open.length).toBe(3);
    open[1]?.();
    open[2]?.();
    await Promise.all([...first, last]);
    http.close();
    expect(fake.asked.map((asked) => asked.method)).toEqual(['GET', 'GET', 'GET']);
  });
});

describe('what is sent', () => {
  test('numbers keep their digits both ways, and a __proto__ key is a key like any other', async () => {
    const text = '{"limit":123456789012345678.90,"small":1.10,"__proto__":{"polluted":true},"n":7}';
    const { json, reply } = await answering(raw(200, {}, text));
    const body = json as Record<string, unknown>;
    expect(String(body['limit'])).toBe('123456789012345678.90');
    expect(body['small']).toBeInstanceOf(ExactNumber);
    expect(Object.hasOwn(body, '__proto__')).toBe(true);
    expect((Object.prototype as Record<string, unknown>)['polluted']).toBeUndefined();
    const fake = await startFake(() => ({ json: {} }));
    const http = door(fake.url);
    await http.request({ ...POST, body: { json: reply.json() } }, aCall());
    http.close();
    expect(fake.asked[0]?.body).toBe(text);
  });

  test('a header that would break out of its line is refused before anything is sent', async () => {
    const fake = await startFake(() => ({ json: {} }));
    const http = door(fake.url);
    const request = { ...POST, headers: { 'if-match': 'a\r\nx-evil: 1' } };
    await expect(http.request(request, aCall())).rejects.toMatchObject({ code: 'BAD_VALUE', facts: { unsent: true } });
    http.close();
    expect(fake.asked).toHaveLength(0);
  });
});
