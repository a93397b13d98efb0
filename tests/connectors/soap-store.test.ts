import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHttp } from '../../connectors/sdk/http.ts';
import { fetchBundle } from '../../connectors/soap/fetch.ts';
import { store } from '../../connectors/soap/store.ts';
import { aCall, startFake } from '../kit/fake-http.ts';
import { aSoapPreset, aWsdl, connectSoap, enveloped, hashOf, THINGS, xmlReply } from '../kit/soap.ts';
import { thrownBy } from '../kit/trial.ts';

const TYPES = '<xsd:schema xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:more"/>';
const importing = (location: string): string =>
  aWsdl({ schema: `<xsd:import namespace="urn:more" schemaLocation="${location}"/>${THINGS}` });

/** A system that gives these texts by path and query. */
const serving = async (texts: Record<string, string>) => {
  const fake = await startFake(({ method, path, query }) => {
    if (method === 'POST') return xmlReply(enveloped('<t:listResponse/>'));
    const [name] = Object.keys(query);
    const text = texts[name === undefined ? path : `${path}?${name}`];
    return text === undefined ? { status: 404 } : xmlReply(text);
  });
  const http = createHttp({ baseUrl: fake.url, allow: [], mode: 'local' });
  onTestFinished(() => http.close());
  return { fake, fetched: () => fetchBundle(http, '/soap/things?wsdl', aCall()) };
};
const aFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-wsdl-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

test.each([
  ['a path from the root', '/soap/things?xsd'],
  ['a query alone', '?xsd'],
  ['a name beside it', 'things?xsd'],
])(
  'a WSDL whose part stands at %s is stored whole, and works from there without asking again',
  async (_what, location) => {
    const wsdl = importing(location);
    const { fake, fetched } = await serving({ '/soap/things?wsdl': wsdl, '/soap/things?xsd': TYPES });
    const folder = await aFolder();
    const said = await store(folder, await fetched());
    expect(said).toEqual(['stored for the first time', 'file: wsdl/things.wsdl', `sha256: ${hashOf([wsdl, TYPES])}`]);
    const files: Record<string, string> = {};
    for (const name of await readdir(join(folder, 'wsdl')))
      files[`wsdl/${name}`] = await readFile(join(folder, 'wsdl', name), 'utf8');
    fake.asked.length = 0;
    const connector = connectSoap(fake.url, files, aSoapPreset(files));
    expect(await connector.list('Thing', { cursor: '', limit: 1 }, aCall())).toMatchObject({ changes: [] });
    expect(fake.asked.map(({ method }) => method)).toEqual(['POST']);
  },
);

test('stored again, it is said what came, what went and that nothing else changed', async () => {
  const texts = { '/soap/things?wsdl': aWsdl({ operations: ['list', 'create'] }) };
  const { fetched } = await serving(texts);
  const folder = await aFolder();
  await store(folder, await fetched());
  expect((await store(folder, await fetched()))[0]).toBe('nothing that matters has changed');
  texts['/soap/things?wsdl'] = aWsdl({ operations: ['list', 'get'] });
  const said = await store(folder, await fetched());
  expect(said.slice(0, 3)).toEqual([
    'new operations: get',
    'operations no longer there: create',
    'see the difference of the files before the new hash is written',
  ]);
});

test.each([
  ['another host', 'https://evil.invalid/a.xsd', 'EGRESS_DENIED', /is not on the allow-list/],
  ['the cloud’s own address', 'http://169.254.169.254/latest', 'EGRESS_DENIED', /169\.254\.169\.254/],
  ['a file', 'file:///etc/passwd', 'EGRESS_DENIED', /file: addresses are not reached/],
  ['nothing', '/soap/none.xsd', 'PROTOCOL_ERROR', /\/soap\/none\.xsd was answered with status 404/],
])('a part at %s is not fetched', async (_what, location, code, sentence) => {
  const { fake, fetched } = await serving({ '/soap/things?wsdl': importing(location) });
  const error = await thrownBy(fetched());
  expect(error).toMatchObject({ code, message: expect.stringMatching(sentence) });
  expect(fake.asked.every(({ path }) => path.startsWith('/soap/'))).toBe(true);
});

test('a WSDL that imports without end is cut at its limits', async () => {
  const fake = await startFake(({ path }) => {
    const next = Number(/\d+/.exec(path)?.[0] ?? 0) + 1;
    return xmlReply(
      `<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a${next}"><s:include schemaLocation="/a${next}.xsd"/></s:schema>`,
    );
  });
  const http = createHttp({ baseUrl: fake.url, allow: [], mode: 'local' });
  const error = await thrownBy(fetchBundle(http, '/a0.xsd', aCall()));
  http.close();
  expect(error).toMatchObject({ code: 'PROTOCOL_ERROR', message: 'the WSDL is imported deeper than 10 files' });
});
