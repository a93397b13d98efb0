/** The engine against JAX-WS, which most Java ERPs are served by, with the WSDL that it generates itself. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { createConnector } from '../../../connectors/index.ts';
import { basic } from '../../../connectors/sdk/credentials.ts';
import { createHttp } from '../../../connectors/sdk/http.ts';
import type { Connector } from '../../../connectors/sdk/seam.ts';
import { fetchBundle } from '../../../connectors/soap/fetch.ts';
import { store } from '../../../connectors/soap/store.ts';
import { ExactNumber, type JsonObject, parseJson } from '../../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../../kit/conformance.ts';
import { missing, startProgram, works } from '../../kit/debian.ts';
import { aCall, aConnection } from '../../kit/fake-http.ts';
import { SIGNER } from '../../kit/signer.ts';
import { aSystem, enveloped, xmlReply } from '../../kit/soap.ts';
import { startTroubledHttp } from '../../kit/troubled-http.ts';

const HERE = import.meta.dirname;
const SECRET = 'tally-secret';
const WRITES = /<(?:\w+:)?(?:create|update|remove)\b/;
const JARS = [
  ...['jaxws-ri-runtime', 'jaxws-rt', 'jaxws-api', 'jws-api', 'jaxb-api', 'jaxb-runtime', 'jaxb-core', 'jaxb-impl'],
  ...['javax.xml.soap-api', 'saaj-impl', 'stax-ex', 'stax2-api', 'streambuffer', 'woodstox-core', 'gmbal'],
  ...['metro-policy', 'mimepull', 'javax.activation', 'geronimo-annotation-1.3-spec', 'FastInfoset', 'xml-resolver'],
  ...['istack-commons-runtime', 'txw2', 'management-api', 'ha-api'],
].map((name) => `/usr/share/java/${name}.jar`);
const reason = missing(
  ['libjaxws-java', 'default-jdk-headless'],
  () => works('javac', '-version') && existsSync('/usr/share/java/jaxws-rt.jar'),
);

const CLASSPATH = JARS.filter((jar) => existsSync(jar)).join(':');

const compile = (part: 'erp' | 'check', folder: string): void => {
  const sources = globSync(`${part}/**/*.java`, { cwd: HERE }).map((name) => join(HERE, name));
  const { status, stderr } = spawnSync('javac', ['-nowarn', '-cp', CLASSPATH, '-d', folder, ...sources]);
  if (status !== 0) throw new Error(`javac: ${stderr.toString().slice(0, 2_000)}`);
};

const startJava = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-java-'));
  compile('erp', join(folder, 'classes'));
  const classes = `${join(folder, 'classes')}:${CLASSPATH}`;
  const java = await startProgram('java', ['-cp', classes, 'erp.Items'], {}, /ready on (\d+)/);
  const proxy = await startTroubledHttp(Number(java.said), (body) => WRITES.test(body));
  // As somebody who connects it would: its own WSDL is fetched with all its parts, stored, and looked at.
  const own = `http://127.0.0.1:${java.said}`;
  const http = createHttp({ baseUrl: own, allow: [], mode: 'local', credentials: basic('tally', SECRET) });
  const said = await store(folder, await fetchBundle(http, '/erp/items?wsdl', aCall()));
  http.close();
  const sha256 = said.at(-1)?.replace('sha256: ', '') ?? '';
  const connect = (url = proxy.url, password = SECRET): Connector => {
    const preset = parse(readFileSync(join(HERE, 'connector.yaml'), 'utf8')) as JsonObject;
    return createConnector({
      settings: aConnection(url, { connector: folder, settings: { user: 'tally', password }, callMs: 20_000 }),
      preset: { ...preset, wsdl: { ...(preset['wsdl'] as JsonObject), sha256 } },
      mode: 'local',
      secret: (reference) => reference,
    });
  };
  return {
    own,
    said,
    connect,
    strike: proxy.strike,
    close: async () => {
      await proxy.close();
      await java.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const open = async (): Promise<ConformanceWorld> => {
  const java = await startJava();
  const draft = (name: string): JsonObject => ({ name });
  return {
    record: 'Item',
    connect: (who) => java.connect(undefined, who === 'impostor' ? 'wrong-secret-of-nobody' : SECRET),
    draft,
    change: (name) => ({ note: name }),
    refused: draft('x'.repeat(81)),
    decimal: (name, digits) => ({ name, price: parseJson(digits) }),
    readDecimal: (body) => body['price'],
    empties: (name) => ({ name, price: null, note: '' }),
    readEmpties: (body) => [body['price'], body['note']],
    strike: java.strike,
    secrets: [SECRET, Buffer.from(`tally:${SECRET}`).toString('base64'), 'wrong-secret-of-nobody'],
    close: java.close,
  };
};

describe.skipIf(reason !== undefined)(`JAX-WS${reason === undefined ? '' : ` (${reason})`}`, () => {
  conformance('JAX-WS', open, {
    skip: [{ law: 7, reason: 'the test system sends no webhooks, so nothing is verified' }],
  });

  test('its own WSDL of three parts is stored, described and compared; its values and faults are read rightly', async () => {
    const java = await startJava();
    onTestFinished(java.close);
    expect(java.said.slice(0, 2)).toEqual(['stored for the first time', 'file: wsdl/items.wsdl']);
    const connector = java.connect(java.own);
    onTestFinished(() => connector.close());
    expect(await connector.check(aCall())).toEqual({ who: 'tally', warnings: [] });
    expect((await connector.describe('Item', aCall())).fields).toContainEqual({ path: 'price', type: 'decimal' });

    const data: JsonObject = {
      name: 'Bolt <M8> & "nut" ]]> ä€😀',
      price: new ExactNumber('12345678901234567890.10'),
      note: null,
      line: [{ position: 1, text: ' two  blanks ' }],
    };
    const [made] = await connector.write('Item', [{ op: 'create', data, idempotencyKey: 'k' }], aCall());
    expect(made).toMatchObject({ status: 'created', record: { body: { ...data, reference: 'k', version: 1 } } });

    const remove = (id: string) =>
      connector.write('Item', [{ op: 'delete', id, data: {}, idempotencyKey: id }], aCall());
    expect(await remove('nobody')).toMatchObject([
      { status: 'failed', error: { class: 'not-found', code: 'NOT_FOUND' } },
    ]);
    expect(await remove('boom')).toMatchObject([
      { status: 'unknown', error: { class: 'transient', message: 'a fault that no WSDL declares' } },
    ]);
  });

  test('Java’s own XML signatures find ours valid over body and timestamp, and a changed body not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tally-signed-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    compile('check', folder);
    writeFileSync(join(folder, 'certificate.pem'), SIGNER.certificate);
    const { connector, fake } = await aSystem(() => xmlReply(enveloped('<t:listResponse/>')), {
      over: { security: { x509: SIGNER, username_token: { user: 'tally', password: 'ä<&' } } },
    });
    await connector.list('Thing', { cursor: 'ö', limit: 1 }, aCall());
    const said = (xml: string): string => {
      writeFileSync(join(folder, 'message.xml'), xml);
      const files = [join(folder, 'message.xml'), join(folder, 'certificate.pem')];
      return spawnSync('java', ['-cp', folder, 'check.Verify', ...files])
        .stdout.toString()
        .trim();
    };
    const xml = fake.asked[0]?.body ?? '';
    expect(said(xml)).toBe('valid [Body, Timestamp]');
    expect(said(xml.replace('<n1:limit>1<', '<n1:limit>2<'))).toBe('not valid [Body, Timestamp]');
  });
});
