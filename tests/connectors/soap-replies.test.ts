import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import { readXml } from '../../connectors/soap/xml.ts';
import { aCall } from '../kit/fake-http.ts';
import { aSystem, enveloped, faulted, xmlReply } from '../kit/soap.ts';
import { thrownBy } from '../kit/trial.ts';

const listed = (things: string, next = ''): string => enveloped(`<t:listResponse>${things}${next}</t:listResponse>`);
const THING = '<t:thing><t:id>1</t:id><t:name>A</t:name></t:thing>';
const create: WriteItem = { op: 'create', data: { name: 'A' }, idempotencyKey: 'k' };
const repeated = (text: string, times: number): string => Array.from({ length: times }, () => text).join('');

const BOMB = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>`;
const deep = enveloped(repeated('<a>', 200_000) + repeated('</a>', 200_000));

/** What a system may answer with instead of a list, and what is said of it. */
const BROKEN = [
  [
    'XML that breaks off',
    xmlReply(listed(THING).slice(0, -40)),
    'PROTOCOL_ERROR',
    /cannot be read: an end tag is malformed/,
  ],
  [
    'XML that breaks off between tags',
    xmlReply(listed(THING).slice(0, -13)),
    'PROTOCOL_ERROR',
    /it breaks off inside "S:Envelope"/,
  ],
  ['tags that cross', xmlReply('<a><b></a></b>'), 'PROTOCOL_ERROR', /"<\/a>" ends "b" \(line 1/],
  [
    'another content type',
    { ...xmlReply(listed(THING)), headers: { 'content-type': 'text/plain' } },
    'PROTOCOL_ERROR',
    /text\/plain where SOAP was due/,
  ],
  ['JSON', { json: { things: [] } }, 'PROTOCOL_ERROR', /application\/json where SOAP was due/],
  ['no content type', { status: 200, text: listed(THING) }, 'PROTOCOL_ERROR', /no content type where SOAP was due/],
  [
    'a web page',
    xmlReply('<!doctype html><html><body>Log in</body></html>', 200, 'text/html'),
    'PROTOCOL_ERROR',
    /a web page \(text\/html\)/,
  ],
  ['a web page that says it is XML', xmlReply('<html><body>Log in</body></html>'), 'PROTOCOL_ERROR', /a web page/],
  ['nothing', xmlReply(''), 'PROTOCOL_ERROR', /nothing, where SOAP was due/],
  [
    'bytes in no encoding',
    {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      bytes: Buffer.from(listed('<t:thing><t:name>Ä</t:name></t:thing>'), 'latin1'),
    },
    'PROTOCOL_ERROR',
    /bytes that are not UTF-8/,
  ],
  [
    'an encoding that is not its own',
    {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      text: listed('<t:thing><t:name>Ä</t:name></t:thing>').replace('utf-8', 'iso-8859-1'),
    },
    'PROTOCOL_ERROR',
    /says it is iso-8859-1, while its bytes are UTF-8/,
  ],
  [
    'a document type',
    xmlReply(`<!DOCTYPE x SYSTEM "file:///etc/passwd">${listed(THING)}`),
    'PROTOCOL_ERROR',
    /it has a DOCTYPE, which is refused/,
  ],
  ['an entity bomb', xmlReply(BOMB), 'PROTOCOL_ERROR', /it has a DOCTYPE, which is refused/],
  [
    'an entity of its own',
    xmlReply(listed('<t:thing><t:name>&nbsp;</t:name></t:thing>')),
    'PROTOCOL_ERROR',
    /a reference that means nothing: "&nbsp;/,
  ],
  ['200,000 levels', xmlReply(deep), 'PROTOCOL_ERROR', /nested deeper than 100 elements/],
  [
    '300,000 elements',
    xmlReply(listed(repeated('<t:thing/>', 300_000))),
    'REPLY_TOO_LARGE',
    /more than 200000 elements/,
  ],
  [
    '100 attributes',
    xmlReply(listed(`<t:thing ${Array.from({ length: 100 }, (_, at) => `a${at}="1"`).join(' ')}/>`)),
    'PROTOCOL_ERROR',
    /more than 64 attributes/,
  ],
  [
    'a character that XML cannot hold',
    xmlReply(listed('<t:thing><t:name>\u0000</t:name></t:thing>')),
    'PROTOCOL_ERROR',
    /the character U\+0000/,
  ],
  ['an unknown prefix', xmlReply(listed('<z:thing/>')), 'PROTOCOL_ERROR', /the prefix "z" stands for no namespace/],
  ['no envelope', xmlReply('<t:listResponse xmlns:t="urn:test"/>'), 'PROTOCOL_ERROR', /no SOAP envelope/],
  [
    'an envelope without a body',
    xmlReply('<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"/>'),
    'PROTOCOL_ERROR',
    /an envelope without a body/,
  ],
  ['an empty body', xmlReply(enveloped('')), 'PROTOCOL_ERROR', /an empty body, where \{urn:test\}listResponse was due/],
  [
    'two messages in one body',
    xmlReply(enveloped('<t:listResponse/><t:listResponse/>')),
    'PROTOCOL_ERROR',
    /a body with 2 messages/,
  ],
  [
    'the answer to another question',
    xmlReply(enveloped('<t:createResponse/>')),
    'PROTOCOL_ERROR',
    /\{urn:test\}createResponse, where \{urn:test\}listResponse was due/,
  ],
  [
    'another namespace',
    xmlReply(enveloped('<listResponse xmlns="urn:other"/>')),
    'PROTOCOL_ERROR',
    /\{urn:other\}listResponse, where/,
  ],
  [
    'content that nothing is known of',
    xmlReply(listed('<thing/><thing/>')),
    'PROTOCOL_ERROR',
    /of whose content the stored WSDL knows nothing/,
  ],
  [
    'success with status 500',
    xmlReply(listed(THING), 500),
    'PROTOCOL_ERROR',
    /status 500, but with a message as if it had gone well/,
  ],
  [
    'a message in parts',
    xmlReply(listed(THING), 200, 'multipart/related; type="application/xop+xml"'),
    'PROTOCOL_ERROR',
    /MTOM and attachments are not supported; switch them off/,
  ],
  [
    'a reference to an attachment',
    xmlReply(
      listed(
        '<t:thing><t:name><x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:1"/></t:name></t:thing>',
      ),
    ),
    'PROTOCOL_ERROR',
    /an attachment beside the message: MTOM is not supported/,
  ],
  [
    'the page of a server that knows no SOAP',
    xmlReply('<html>Not found</html>', 404, 'text/html'),
    'PROTOCOL_ERROR',
    /status 404 and no SOAP message; is the endpoint right\?/,
  ],
  ['a gateway’s page', xmlReply('<html>Bad gateway</html>', 502, 'text/html'), 'TARGET_UNAVAILABLE', /status 502/],
  [
    'one record twice on a page, differently',
    xmlReply(listed(`${THING}${THING.replace('>A<', '>B<')}`)),
    'PROTOCOL_ERROR',
    /names the record "1" twice on one page/,
  ],
  ['a fault in a 200', xmlReply(faulted('S:Server', 'out of memory')), 'TARGET_UNAVAILABLE', /status 500, Server/],
  [
    'a refused login',
    xmlReply(
      faulted('wsse:FailedAuthentication', 'who are you?').replace('<S:Fault>', '<S:Fault xmlns:wsse="urn:wsse">'),
      500,
    ),
    'LOGIN_REFUSED',
    /status 401, FailedAuthentication/,
  ],
] as const;

const answered = (reply: (typeof BROKEN)[number][1]) =>
  'bytes' in reply
    ? (response: import('node:http').ServerResponse) => {
        response.writeHead(reply.status, reply.headers);
        response.end(reply.bytes);
      }
    : reply;

test.each(BROKEN)(
  'a list answered with %s is refused in one sentence, within seconds',
  async (_what, reply, code, sentence) => {
    const { connector } = await aSystem(() => answered(reply));
    const began = performance.now();
    const error = await thrownBy(connector.list('Thing', { cursor: '', limit: 10 }, aCall()));
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(sentence);
    expect(error.message.length).toBeLessThan(400);
  },
);

test.each(BROKEN.filter(([what]) => !/login|twice/.test(what)))(
  'after a write answered with %s nobody knows what became of it',
  async (_what, reply) => {
    const { connector } = await aSystem(() => answered(reply));
    expect(await connector.write('Thing', [create], aCall())).toMatchObject([{ status: 'unknown' }]);
  },
);

test('a write whose login is refused was surely not done', async () => {
  const { connector } = await aSystem(() => xmlReply(faulted('FailedAuthentication', 'no'), 500));
  expect(await connector.write('Thing', [create], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'auth', scope: 'connection' } },
  ]);
});

test('a reply that never ends is cut at its limit', async () => {
  const { connector } = await aSystem(
    () => (response) => {
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.on('error', () => undefined);
      const more = (): void => {
        if (!response.destroyed) response.write('<a>'.repeat(20_000), more);
      };
      more();
    },
    { over: { limits: { reply_bytes: 1_000_000 } } },
  );
  const error = await thrownBy(connector.list('Thing', { cursor: '', limit: 10 }, aCall()));
  expect(error).toMatchObject({ code: 'REPLY_TOO_LARGE' });
});

const walk = async (answer: (after: string, count: number) => string) => {
  let count = 0;
  const { connector } = await aSystem(({ body }) => {
    count += 1;
    return xmlReply(answer(/<n\d+:after>([^<]*)/.exec(body)?.[1] ?? '', count));
  });
  const ids: string[] = [];
  for (let cursor = '', more = true; more; ) {
    const page = await connector.list('Thing', { cursor, limit: 2 }, aCall());
    ids.push(...page.changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : [])));
    ({ next: cursor, more } = page);
  }
  return { ids, count };
};
const page = (id: number, next: string): string =>
  listed(`<t:thing><t:id>${id}</t:id></t:thing>`, next === '' ? '' : `<t:next>${next}</t:next>`);

test('a page that leads to itself ends the list with a sentence', async () => {
  await expect(walk((_after, count) => page(count, 'same'))).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
});

test('a cursor that goes back is found however long the circle is, in a few rounds of it', async () => {
  let asked = 0;
  const round = walk((after, count) => {
    asked = count;
    return page(count, String((Number(after) + 1) % 37));
  });
  await expect(round).rejects.toMatchObject({
    code: 'PROTOCOL_ERROR',
    message: expect.stringContaining('lead back'),
  });
  expect(asked).toBeLessThan(37 * 4);
});

test('a long list without a circle is read to its end', async () => {
  const { ids } = await walk((after, count) => page(count, count === 300 ? '' : `${after}x`.slice(-50) + count));
  expect(ids).toHaveLength(300);
});

class Malformed extends Error {}
const WHOLE = listed(
  `${THING}<t:thing a="1" b='2'><t:name><![CDATA[x]]>&amp;&#65;</t:name><!-- c --><t:name xsi:nil="true"/></t:thing>`,
);

test('whatever a reply is cut, doubled or scribbled to, it is read or refused, and nothing else happens', () => {
  const scribbled = fc
    .array(
      fc.tuple(
        fc.nat(WHOLE.length),
        fc.nat(12),
        fc.constantFrom(
          '',
          '<',
          '>',
          '&',
          '"',
          '/',
          ']]>',
          '<![CDATA[',
          '<!--',
          '<a>',
          '</a>',
          'xmlns:t=""',
          '\u0000',
          '<?',
        ),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) =>
      edits.reduce((text, [at, length, put]) => text.slice(0, at) + put + text.slice(at + length), WHOLE),
    );
  fc.assert(
    fc.property(scribbled, (text) => {
      try {
        return readXml(text, (problem) => new Malformed(problem)).name !== '';
      } catch (error) {
        return error instanceof Malformed;
      }
    }),
    { numRuns: 3_000 },
  );
});
