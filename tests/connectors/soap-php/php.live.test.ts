/** The engine against PHP's own SoapServer, which most PHP systems are served by. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { createConnector } from '../../../connectors/index.ts';
import type { Connector } from '../../../connectors/sdk/seam.ts';
import { ExactNumber, type Json, type JsonObject, parseJson } from '../../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../../kit/conformance.ts';
import { missing, startProgram, works } from '../../kit/debian.ts';
import { aCall, aConnection } from '../../kit/fake-http.ts';
import { hashOf } from '../../kit/soap.ts';
import { startTroubledHttp } from '../../kit/troubled-http.ts';

const HERE = import.meta.dirname;
const SECRET = 'tally-secret';
const WRITES = /:(?:create|update|delete)Articles?\b/;
const reason = missing(['php-cli', 'php-soap'], () => works('php', '-r', 'exit(class_exists("SoapServer") ? 0 : 1);'));

const WSDL = readFileSync(join(HERE, 'articles.wsdl'), 'utf8');
const presetFor = (port: string): Json => {
  const preset = parse(readFileSync(join(HERE, 'connector.yaml'), 'utf8')) as JsonObject;
  return { ...preset, wsdl: { ...(preset['wsdl'] as JsonObject), port, sha256: hashOf([WSDL]) } };
};

const startPhp = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-php-'));
  const env = { STATE: join(folder, 'articles.json') };
  const php = await startProgram(
    'php',
    ['-S', '127.0.0.1:0', join(HERE, 'articles.php')],
    env,
    /127\.0\.0\.1:(\d+)\) started/,
  );
  const proxy = await startTroubledHttp(Number(php.said), (body) => WRITES.test(body));
  const connect = (port: string, password = SECRET): Connector =>
    createConnector({
      settings: aConnection(proxy.url, { settings: { user: 'tally', password }, callMs: 20_000, concurrency: 1 }),
      preset: presetFor(port),
      mode: 'local',
      secret: (reference) => reference,
      read: async (path) => (path === 'wsdl/articles.wsdl' ? WSDL : undefined),
    });
  return {
    connect,
    strike: proxy.strike,
    close: async () => {
      await proxy.close();
      await php.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const open = (port: string) => async (): Promise<ConformanceWorld> => {
  const php = await startPhp();
  const draft = (name: string): JsonObject => ({ name });
  return {
    record: 'Article',
    connect: (who) => php.connect(port, who === 'impostor' ? 'wrong-secret-of-nobody' : SECRET),
    draft,
    change: (name) => ({ note: name }),
    refused: draft('x'.repeat(81)),
    decimal: (name, digits) => ({ name, price: parseJson(digits) }),
    readDecimal: (body) => body['price'],
    empties: (name) => ({ name, price: null, note: '' }),
    readEmpties: (body) => [body['price'], body['note']],
    strike: php.strike,
    secrets: [SECRET, Buffer.from(`tally:${SECRET}`).toString('base64'), 'wrong-secret-of-nobody'],
    close: php.close,
  };
};

describe.skipIf(reason !== undefined)(`PHP’s SoapServer${reason === undefined ? '' : ` (${reason})`}`, () => {
  for (const [port, version] of [
    ['Articles11', 'SOAP 1.1'],
    ['Articles12', 'SOAP 1.2'],
  ] as const)
    conformance(`PHP’s SoapServer by ${version}`, open(port), {
      skip: [{ law: 7, reason: 'the test system sends no webhooks, so nothing is verified' }],
    });

  test('a list of one, a nil, an attribute and a text beside an attribute come back as they were sent', async () => {
    const php = await startPhp();
    onTestFinished(php.close);
    const connector = php.connect('Articles11');
    onTestFinished(() => connector.close());
    const data: JsonObject = {
      name: 'Bolt <M8> & "nut" ]]> ä€😀',
      note: null,
      price: new ExactNumber('12345678901234567.10'),
      weight: { '@unit': 'kg', '#': '0.250' },
      tags: { tag: ['one'] },
    };
    const outcomes = await connector.write('Article', [{ op: 'create', data, idempotencyKey: 'k' }], aCall());
    const body = outcomes[0] !== undefined && 'record' in outcomes[0] ? outcomes[0].record?.body : undefined;
    expect(body).toMatchObject({ '@version': 1, name: data['name'], note: null, tags: { tag: ['one'] } });
    expect(JSON.stringify(body)).toContain('"price":12345678901234567.10');
    expect(JSON.stringify(body)).toContain('"weight":{"@unit":"kg","#":0.250}');
  });

  test('a declared fault is sorted by the code in its detail', async () => {
    const php = await startPhp();
    onTestFinished(php.close);
    const connector = php.connect('Articles12');
    onTestFinished(() => connector.close());
    const remove = { op: 'delete', id: 'A00099999', data: {}, idempotencyKey: 'k' } as const;
    expect(await connector.write('Article', [remove], aCall())).toMatchObject([
      { status: 'failed', error: { class: 'not-found', message: 'there is no such article' } },
    ]);
  });
});
