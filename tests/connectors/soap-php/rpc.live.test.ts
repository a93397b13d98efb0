/** rpc/literal against PHP's own SoapServer, by SOAP 1.1 and 1.2. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ExactNumber, type JsonObject } from '../../../src/domain/json.ts';
import { missing, startProgram, works } from '../../kit/debian.ts';
import { aCall } from '../../kit/fake-http.ts';
import { aSoapPreset, aWsdl, connectSoap, THINGS, type WsdlParts } from '../../kit/soap.ts';

const reason = missing(['php-cli', 'php-soap'], () => works('php', '-r', 'exit(class_exists("SoapServer") ? 0 : 1);'));
const PAGE = `<xsd:complexType name="Page"><xsd:sequence>
  <xsd:element name="thing" type="tns:Thing" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence></xsd:complexType>`;

const wsdlOf = (version: NonNullable<WsdlParts['version']>): string =>
  aWsdl({
    version,
    style: 'rpc',
    schema: THINGS + PAGE,
    parts: {
      list: '<wsdl:part name="after" type="xsd:string"/><wsdl:part name="limit" type="xsd:int"/>',
      listResponse: '<wsdl:part name="page" type="tns:Page"/>',
      get: '<wsdl:part name="id" type="xsd:string"/>',
      getResponse: '<wsdl:part name="thing" type="tns:Thing"/>',
      create: '<wsdl:part name="thing" type="tns:Thing"/>',
      createResponse: '<wsdl:part name="thing" type="tns:Thing"/>',
    },
  });

const THING: JsonObject = {
  list: {
    request: { operation: 'list', message: { after: '{after}', limit: '{limit}' } },
    rows: 'page.thing',
    paging: { kind: 'keyset', page_size: 2 },
  },
  read: { by_id: { request: { operation: 'get', message: { id: '{id}' } }, record: 'thing' } },
  write: { max: 10, create: { request: { operation: 'create', message: { thing: '{data}' } }, record: 'thing' } },
};

const startThings = async (version: NonNullable<WsdlParts['version']>) => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-rpc-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = { 'wsdl/things.wsdl': wsdlOf(version) };
  const env = { WSDL: join(folder, 'things.wsdl'), STATE: join(folder, 'things.json') };
  writeFileSync(env.WSDL, files['wsdl/things.wsdl']);
  const script = join(import.meta.dirname, 'things.php');
  const php = await startProgram('php', ['-S', '127.0.0.1:0', script], env, /127\.0\.0\.1:(\d+)\) started/);
  onTestFinished(php.stop);
  const preset = aSoapPreset(files, { errors: [{ code: 'Client', status: 400, class: 'validation' }] }, THING);
  const connector = connectSoap(`http://127.0.0.1:${php.said}`, files, preset, { concurrency: 1 });
  onTestFinished(() => connector.close());
  return connector;
};

describe.skipIf(reason !== undefined)(`rpc/literal on PHP${reason === undefined ? '' : ` (${reason})`}`, () => {
  test.each(['1.1', '1.2'] as const)('things are written, read and listed by SOAP %s', async (version) => {
    const connector = await startThings(version);
    const thing = (name: string): JsonObject => ({
      name,
      price: new ExactNumber('12345678901234567.10'),
      day: '2024-02-29',
      tags: ['one'],
      box: { '@unit': 'kg', '#': 0.5 },
    });
    const items = ['a', 'b', 'c', 'x'.repeat(81)].map(
      (name) => ({ op: 'create', data: thing(name), idempotencyKey: name }) as const,
    );
    const outcomes = await connector.write('Thing', items, aCall());
    expect(outcomes).toMatchObject([
      { status: 'created', id: '00000001', record: { body: thing('a') } },
      { status: 'created', id: '00000002' },
      { status: 'created', id: '00000003' },
      { status: 'failed', error: { class: 'validation', message: 'a name has at most 80 characters' } },
    ]);
    const ids: string[] = [];
    for (let cursor = '', more = true; more; ) {
      const page = await connector.list('Thing', { cursor, limit: 2 }, aCall());
      ids.push(...page.changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : [])));
      ({ next: cursor, more } = page);
    }
    expect(ids).toEqual(['00000001', '00000002', '00000003']);
    expect(await connector.read('Thing', { ids: ['00000002'] }, aCall())).toMatchObject([
      { found: [{ body: thing('b') }] },
    ]);
  });
});
