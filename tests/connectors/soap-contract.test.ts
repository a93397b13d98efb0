import { expect, test } from 'vitest';
import { examineConnector } from '../../connectors/index.ts';
import { aCall, aConnection, startFake } from '../kit/fake-http.ts';
import {
  aSoapPreset,
  aSystem,
  aWsdl,
  connectSoap,
  enveloped,
  type Files,
  hashOf,
  THINGS,
  xmlReply,
} from '../kit/soap.ts';
import { thrownBy } from '../kit/trial.ts';

const ask = (files: Files, over = {}) => {
  const preset = aSoapPreset({}, over);
  return thrownBy(connectSoap('http://127.0.0.1:9', files, preset).list('Thing', { cursor: '', limit: 1 }, aCall()));
};
/** With the hash that fits, whatever the files are. */
const refusalOf = (files: Files, over: Record<string, unknown> = {}) => {
  const texts = Object.entries(files).flatMap(([name, text]) => (name.endsWith('.json') ? [] : [text]));
  return ask(files, {
    ...over,
    wsdl: { file: 'wsdl/things.wsdl', sha256: hashOf(texts), ...(over['wsdl'] as object) },
  });
};
const wsdl = (text: string): Files => ({ 'wsdl/things.wsdl': text });
const importing = (location: string, tag = 'import'): string =>
  aWsdl({ schema: `<xsd:${tag} namespace="urn:more" schemaLocation="${location}"/>${THINGS}` });

test.each([
  ['an address on the network', 'http://evil.invalid/a.xsd'],
  ['a file by its address', 'file:///etc/passwd'],
  ['a path from the root', '/etc/passwd'],
  ['a share', '\\\\evil\\share\\a.xsd'],
  ['a way out of the folder', '../connector.yaml'],
  ['a way out by detours', 'a/../../../secret.xsd'],
])('an import of %s is refused: nothing is fetched from elsewhere', async (_what, location) => {
  for (const tag of ['import', 'include']) {
    const error = await refusalOf(wsdl(importing(location, tag)));
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error.message).toMatch(/which is not in the stored bundle; nothing is fetched from elsewhere/);
  }
});

test('an import that is not stored is named with what to do', async () => {
  const error = await refusalOf(wsdl(importing('more.xsd')));
  expect(error.message).toMatch(/wsdl\/things\.wsdl needs wsdl\/more\.xsd, which is not stored; store the WSDL again/);
});

test.each(['{', '[]', '{"from":"/a","files":{"/a":"../connector.yaml"}}'])(
  'a list of stored files that nobody here wrote is refused: %s',
  async (text) => {
    const error = await refusalOf({ ...wsdl(aWsdl()), 'wsdl/bundle.json': text });
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('bundle.json is not what storing a WSDL writes'),
    });
  },
);

test('files that import each other are each read once', async () => {
  const schema = (other: string, name: string): string =>
    `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:${name}"><xsd:import namespace="urn:${other}" schemaLocation="${other}.xsd"/></xsd:schema>`;
  const files = {
    ...wsdl(importing('more.xsd')),
    'wsdl/more.xsd': schema('less', 'more'),
    'wsdl/less.xsd': schema('more', 'less'),
  };
  const { connector } = await aSystem(() => xmlReply(enveloped('<t:listResponse/>')), { files });
  expect(await connector.list('Thing', { cursor: '', limit: 1 }, aCall())).toMatchObject({ changes: [], more: false });
});

test('too many files, too deep a chain and too many bytes are limits with a name', async () => {
  const chain = (count: number): Files =>
    Object.fromEntries(
      Array.from({ length: count }, (_, at) => [
        `wsdl/p${at}.xsd`,
        `<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:p${at}"><s:import namespace="urn:p" schemaLocation="p${at + 1}.xsd"/></s:schema>`,
      ]),
    );
  const deep = await refusalOf({ ...wsdl(importing('p0.xsd')), ...chain(20) });
  expect(deep.message).toMatch(/is imported deeper than 10 files/);
  const many = Array.from(
    { length: 60 },
    (_, at) => `<xsd:import namespace="urn:m${at}" schemaLocation="m${at}.xsd"/>`,
  ).join('');
  const leaves = Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [
      `wsdl/m${at}.xsd`,
      `<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:m${at}"/>`,
    ]),
  );
  expect((await refusalOf({ ...wsdl(aWsdl({ schema: many + THINGS })), ...leaves })).message).toMatch(
    /more than 50 files/,
  );
  const heavy = aWsdl({ extra: `<wsdl:documentation>${'x'.repeat(6_000_000)}</wsdl:documentation>` });
  expect((await refusalOf(wsdl(heavy))).message).toMatch(/more than 5242880 bytes/);
});

test.each([
  ['a document type', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', /it has a DOCTYPE, which is refused/],
  ['no WSDL', '<a/>', /it is no WSDL 1.1: its top element is not "definitions"/],
  ['encoded messages', aWsdl({ use: 'encoded' }), /is encoded \(rpc\/encoded\); only literal messages are supported/],
  [
    'a message without an element',
    aWsdl({ parts: { list: '<wsdl:part name="a" type="xsd:string"/>' } }),
    /is document style, but its message is not one element/,
  ],
  [
    'an element that nobody declares',
    aWsdl({ parts: { list: '<wsdl:part name="a" element="tns:nobody"/>' } }),
    /"tns:nobody", which no stored schema declares/,
  ],
  [
    'a type that nobody declares',
    aWsdl({
      schema: `${THINGS}<xsd:element name="x" type="tns:Nobody"/>`.replace('type="tns:Thing"', 'type="tns:Nobody"'),
    }),
    /declares the type \{urn:test\}Nobody/,
  ],
  [
    'a type derived from itself',
    aWsdl({
      schema: THINGS.replace(
        '<xsd:complexType name="Thing"><xsd:sequence>',
        '<xsd:complexType name="Thing"><xsd:complexContent><xsd:extension base="tns:Thing"/></xsd:complexContent></xsd:complexType><xsd:complexType name="Unused"><xsd:sequence>',
      ),
    }),
    /\{urn:test\}Thing is derived from itself/,
  ],
  [
    'a group inside itself',
    aWsdl({
      schema: `<xsd:group name="g"><xsd:sequence><xsd:group ref="tns:g"/></xsd:sequence></xsd:group>${THINGS}`.replace(
        '<xsd:element name="after"',
        '<xsd:group ref="tns:g"/><xsd:element name="after"',
      ),
    }),
    /group \{urn:test\}g contains itself/,
  ],
  [
    'MTOM that must be',
    aWsdl({
      extra:
        '<p:Policy xmlns:p="http://schemas.xmlsoap.org/ws/2004/09/policy"><m:OptimizedMimeSerialization xmlns:m="http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization"/></p:Policy>',
    }),
    /its policy demands MTOM, which is not supported; switch MTOM off/,
  ],
])('a WSDL with %s is refused with file and reason', async (_what, text, sentence) => {
  const hash = /DOCTYPE/.test(text) ? 'a'.repeat(64) : hashOf([text]);
  const error = await ask(wsdl(text), { wsdl: { file: 'wsdl/things.wsdl', sha256: hash } });
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(error.message).toMatch(sentence);
});

test('files that nobody has reviewed are not used: the hash is named on both sides', async () => {
  const reviewed = aWsdl();
  const changed = reviewed.replace('name="price" type="xsd:decimal"', 'name="price" type="xsd:string"');
  const preset = aSoapPreset(wsdl(reviewed));
  const error = await thrownBy(
    connectSoap('http://127.0.0.1:9', wsdl(changed), preset).list('Thing', { cursor: '', limit: 1 }, aCall()),
  );
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  expect(error.message).toContain(hashOf([changed]));
  expect(error.message).toMatch(/look at what changed, then write the new one there/);
});

test('the files beside a preset are examined before anything is stored or sent', async () => {
  const examined = (text: string, over = {}) =>
    examineConnector({
      settings: aConnection('http://127.0.0.1:9'),
      preset: aSoapPreset(wsdl(aWsdl()), over),
      mode: 'local',
      secret: () => 'https://secret.invalid',
      read: async (path) => (path === 'wsdl/things.wsdl' ? text : undefined),
    });
  const x509 = { key: '{settings.key}', certificate: '{settings.key}' };
  const signed = { security: { x509 }, settings: { key: { describe: 'Key', default: 'unknown here' } } };
  expect(await examined(aWsdl(), signed)).toEqual([]);
  expect(await examined(aWsdl({ operations: ['list'] }))).toEqual([expect.stringContaining('"wsdl.sha256"')]);
  const check = { check: { request: { operation: 'ping' } } };
  expect(await examined(aWsdl(), check)).toEqual([expect.stringContaining('no operation "ping"')]);
});

test('comments, blanks, documentation and the system’s own address do not count as a change', () => {
  const text = aWsdl();
  const same = text
    .replace('http://elsewhere.invalid/soap', 'https://erp.example.com/soap')
    .replaceAll('><', '>\n  <')
    .replace('<wsdl:types>', '<!-- generated 2026-01-01 --><wsdl:types>');
  expect(hashOf([same])).toBe(hashOf([text]));
  expect(hashOf([text.replace('minOccurs="0"', 'minOccurs="1"')])).not.toBe(hashOf([text]));
});

test('an operation that the WSDL does not have is named with those it has', async () => {
  const error = await ask(wsdl(aWsdl()), {
    wsdl: { file: 'wsdl/things.wsdl', sha256: hashOf([aWsdl()]) },
    check: { request: { operation: 'ping' } },
  });
  expect(error.message).toMatch(/the WSDL has no operation "ping"; it has create, get, list/);
});

const TWO_PORTS = aWsdl({
  extra: `<wsdl:service name="Other"><wsdl:port name="OtherPort" binding="tns:ThingsBinding"><soap:address location="http://x.invalid"/></wsdl:port></wsdl:service>`,
});

test('where there are several ports, one must be chosen, and the choice is shown', async () => {
  const error = await refusalOf(wsdl(TWO_PORTS));
  expect(error.message).toMatch(
    /several SOAP ports; choose one .*ThingService\/ThingPort \(SOAP 1\.1\), Other\/OtherPort/,
  );
  const none = await refusalOf(wsdl(TWO_PORTS), { wsdl: { service: 'Nobody' } });
  expect(none.message).toMatch(/it has no such SOAP port; it has ThingService\/ThingPort/);
});

test('the address in the WSDL is not used, and the message is what its version wants', async () => {
  const { connector, fake } = await aSystem(() => xmlReply(enveloped('<t:listResponse/>')));
  await connector.list('Thing', { cursor: '', limit: 7 }, aCall());
  const [one] = fake.asked;
  expect(one).toMatchObject({ method: 'POST', path: '/soap' });
  expect(one?.headers).toMatchObject({ soapaction: '"urn:test/list"', 'content-type': 'text/xml; charset=utf-8' });
  expect(one?.body).toContain('<soap:Body><n1:list><n1:limit>7</n1:limit></n1:list></soap:Body>');
});

test('SOAP 1.2 has its own envelope and names the action in its content type', async () => {
  const ns = 'http://www.w3.org/2003/05/soap-envelope';
  const files = wsdl(aWsdl({ version: '1.2' }));
  const { connector, fake } = await aSystem(
    () => xmlReply(enveloped('<t:listResponse/>', ns), 200, 'application/soap+xml; charset=utf-8'),
    { files },
  );
  await connector.list('Thing', { cursor: '', limit: 7 }, aCall());
  const [one] = fake.asked;
  expect(one?.headers['content-type']).toBe('application/soap+xml; charset=utf-8; action="urn:test/list"');
  expect(one?.headers['soapaction']).toBeUndefined();
  expect(one?.body).toContain(`xmlns:soap="${ns}"`);
});

const RPC: Files = wsdl(
  aWsdl({
    style: 'rpc',
    operations: ['list'],
    parts: {
      list: '<wsdl:part name="after" type="xsd:string"/><wsdl:part name="limit" type="xsd:int"/>',
      listResponse: '<wsdl:part name="result" type="tns:Page"/>',
    },
    schema: `${THINGS}<xsd:complexType name="Page"><xsd:sequence><xsd:element name="thing" type="tns:Thing" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence></xsd:complexType>`,
  }),
);
const rpcList = (more = {}) => ({
  list: {
    request: { operation: 'list', message: { limit: '{limit}' } },
    rows: 'result.thing',
    paging: { kind: 'none' },
    ...more,
  },
  read: {},
  write: {},
});

test.each(['<result xsi:nil="true"/>', ''])(
  'an empty list that is left out is empty only where the preset says so: %s',
  async (inside) => {
    const reply = xmlReply(enveloped(`<t:listResponse>${inside}</t:listResponse>`));
    const strict = await aSystem(() => reply, { files: RPC, thing: rpcList() });
    const error = await thrownBy(strict.connector.list('Thing', { cursor: '', limit: 7 }, aCall()));
    expect(error).toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('without a list at "result.thing"'),
    });
    const lenient = await aSystem(() => reply, { files: RPC, thing: rpcList({ without_rows: 'empty' }) });
    expect(await lenient.connector.list('Thing', { cursor: '', limit: 7 }, aCall())).toMatchObject({
      changes: [],
      more: false,
    });
  },
);

test('rpc/literal: the message is named after the operation, its parts have no namespace', async () => {
  const thing = '<t:thing><t:id>7</t:id><t:price>0.10</t:price></t:thing>';
  const { connector, fake } = await aSystem(
    () => xmlReply(enveloped(`<t:listResponse><result>${thing}</result></t:listResponse>`)),
    { files: RPC, thing: rpcList() },
  );
  const { changes } = await connector.list('Thing', { cursor: '', limit: 7 }, aCall());
  expect(fake.asked[0]?.body).toContain('<n1:list><after></after><limit>7</limit></n1:list>');
  expect(changes).toMatchObject([{ op: 'upsert', record: { id: '7' } }]);
  expect(String(changes[0]?.op === 'upsert' ? changes[0].record.body['price'] : '')).toBe('0.10');
});

test('a schema without a namespace of its own takes that of the one which includes it', async () => {
  const files = {
    'wsdl/things.wsdl': aWsdl({ schema: `<xsd:include schemaLocation="things.xsd"/>` }),
    'wsdl/things.xsd': `<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">${THINGS.replaceAll('tns:', '')}</xsd:schema>`,
  };
  const { connector } = await aSystem(
    () => xmlReply(enveloped('<t:listResponse><t:thing><t:id>7</t:id></t:thing></t:listResponse>')),
    { files },
  );
  expect(await connector.list('Thing', { cursor: '', limit: 1 }, aCall())).toMatchObject({
    changes: [{ record: { id: '7' } }],
  });
});

test('the WSDL describes the fields of a record', async () => {
  const { connector } = await aSystem(() => xmlReply(enveloped('<t:listResponse/>')));
  const { fields } = await connector.describe('Thing', aCall());
  expect(fields).toEqual([
    { path: 'id', type: 'text' },
    { path: 'name', type: 'text' },
    { path: 'price', type: 'decimal' },
    { path: 'sold', type: 'boolean' },
    { path: 'day', type: 'date' },
    { path: 'at', type: 'instant' },
    { path: 'tags', type: 'list' },
    { path: 'box', type: 'object' },
    { path: 'box.@unit', type: 'text' },
    { path: 'box.#', type: 'decimal' },
  ]);
});

test('the check says when the system’s own WSDL is not the stored one any more', async () => {
  let own = aWsdl();
  const fake = await startFake(({ method }) =>
    method === 'GET' ? xmlReply(own) : xmlReply(enveloped('<t:listResponse/>')),
  );
  const files = wsdl(aWsdl());
  const preset = aSoapPreset(files, {
    wsdl: { file: 'wsdl/things.wsdl', sha256: hashOf([aWsdl()]), from: '/soap?wsdl' },
  });
  const connector = connectSoap(fake.url, files, preset);
  expect((await connector.check(aCall())).warnings).toEqual([]);
  own = own.replace('type="xsd:decimal"', 'type="xsd:string"');
  const [warning] = (await connector.check(aCall())).warnings;
  expect(warning).toMatch(/the WSDL at \/soap\?wsdl is not the stored one any more/);
  expect(warning).toContain(hashOf([own]));
  own = 'gone';
  expect((await connector.check(aCall())).warnings[0]).toMatch(/cannot be compared with the stored one/);
});
