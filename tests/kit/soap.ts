/** Small WSDLs, presets and messages for tests of the engine `soap`. */
import { createConnector } from '../../connectors/index.ts';
import type { Connector } from '../../connectors/sdk/seam.ts';
import { fingerprint } from '../../connectors/soap/bundle.ts';
import { readXml } from '../../connectors/soap/xml.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { aConnection, startFake } from './fake-http.ts';

type FakeAnswer = Parameters<typeof startFake>[0];

const NAMESPACES =
  'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:tns="urn:test"';

/** What a test WSDL is made of. */
export interface WsdlParts {
  /** Inside the schema of `urn:test`. */
  readonly schema?: string;
  readonly operations?: readonly string[];
  readonly style?: 'document' | 'rpc';
  readonly use?: 'literal' | 'encoded';
  readonly version?: '1.1' | '1.2';
  /** Parts of each message, by message name; by default one element named after the operation. */
  readonly parts?: Readonly<Record<string, string>>;
  /** Beside the binding. */
  readonly extra?: string;
}

/** Lists and writes of things, with names as plain as can be. */
export const THINGS = `
  <xsd:complexType name="Thing"><xsd:sequence>
    <xsd:element name="id" type="xsd:string" minOccurs="0"/>
    <xsd:element name="name" type="xsd:string" minOccurs="0" nillable="true"/>
    <xsd:element name="price" type="xsd:decimal" minOccurs="0" nillable="true"/>
    <xsd:element name="sold" type="xsd:boolean" minOccurs="0"/>
    <xsd:element name="day" type="xsd:date" minOccurs="0"/>
    <xsd:element name="at" type="xsd:dateTime" minOccurs="0"/>
    <xsd:element name="tags" type="xsd:string" minOccurs="0" maxOccurs="unbounded"/>
    <xsd:element name="box" minOccurs="0"><xsd:complexType><xsd:simpleContent><xsd:extension base="xsd:decimal">
      <xsd:attribute name="unit" type="xsd:string"/></xsd:extension></xsd:simpleContent></xsd:complexType></xsd:element>
  </xsd:sequence></xsd:complexType>
  <xsd:element name="list"><xsd:complexType><xsd:sequence>
    <xsd:element name="after" type="xsd:string" minOccurs="0"/><xsd:element name="limit" type="xsd:int" minOccurs="0"/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="listResponse"><xsd:complexType><xsd:sequence>
    <xsd:element name="thing" type="tns:Thing" minOccurs="0" maxOccurs="unbounded"/>
    <xsd:element name="next" type="xsd:string" minOccurs="0" nillable="true"/>
    <xsd:element name="status" type="xsd:string" minOccurs="0"/>
    <xsd:element name="why" type="xsd:string" minOccurs="0"/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="create"><xsd:complexType><xsd:sequence>
    <xsd:element name="thing" type="tns:Thing" minOccurs="0" maxOccurs="unbounded"/>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="createResponse"><xsd:complexType><xsd:sequence>
    <xsd:element name="outcome" minOccurs="0" maxOccurs="unbounded"><xsd:complexType><xsd:sequence>
      <xsd:element name="ok" type="xsd:boolean"/><xsd:element name="id" type="xsd:string" minOccurs="0"/>
    </xsd:sequence></xsd:complexType></xsd:element>
  </xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="get"><xsd:complexType><xsd:sequence><xsd:element name="id" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="getResponse"><xsd:complexType><xsd:sequence><xsd:element name="thing" type="tns:Thing" minOccurs="0"/></xsd:sequence></xsd:complexType></xsd:element>
  <xsd:element name="Refusal"><xsd:complexType><xsd:sequence>
    <xsd:element name="code" type="xsd:string"/><xsd:element name="field" type="xsd:string" minOccurs="0" maxOccurs="unbounded"/>
  </xsd:sequence></xsd:complexType></xsd:element>`;

/** A WSDL with one port. */
export const aWsdl = ({
  schema = THINGS,
  operations = ['list', 'create', 'get'],
  style = 'document',
  use = 'literal',
  version = '1.1',
  parts = {},
  extra = '',
}: WsdlParts = {}): string => {
  const soap = version === '1.2' ? 'soap12' : 'soap';
  const message = (name: string): string =>
    `<wsdl:message name="${name}">${parts[name] ?? `<wsdl:part name="parameters" element="tns:${name}"/>`}</wsdl:message>`;
  const body = `<${soap}:body use="${use}" namespace="urn:test"/>`;
  return `<wsdl:definitions targetNamespace="urn:test" ${NAMESPACES}>
    <wsdl:types><xsd:schema targetNamespace="urn:test" elementFormDefault="qualified">${schema}</xsd:schema></wsdl:types>
    ${operations.map((name) => message(name) + message(`${name}Response`)).join('\n')}
    <wsdl:portType name="Things">${operations
      .map(
        (name) =>
          `<wsdl:operation name="${name}"><wsdl:input message="tns:${name}"/><wsdl:output message="tns:${name}Response"/></wsdl:operation>`,
      )
      .join('\n')}</wsdl:portType>
    <wsdl:binding name="ThingsBinding" type="tns:Things"><${soap}:binding style="${style}" transport="http://schemas.xmlsoap.org/soap/http"/>
      ${operations
        .map(
          (name) =>
            `<wsdl:operation name="${name}"><${soap}:operation soapAction="urn:test/${name}"/><wsdl:input>${body}</wsdl:input><wsdl:output>${body}</wsdl:output></wsdl:operation>`,
        )
        .join('\n')}</wsdl:binding>
    <wsdl:service name="ThingService"><wsdl:port name="ThingPort" binding="tns:ThingsBinding">
      <${soap}:address location="http://elsewhere.invalid/soap"/></wsdl:port></wsdl:service>${extra}
  </wsdl:definitions>`;
};

/** The hash of files as a preset states it. */
export const hashOf = (texts: readonly string[]): string =>
  fingerprint(texts.map((text) => readXml(text, (problem) => new Error(problem))));

const PROMISES = {
  idempotency: 'none',
  guard: 'none',
  version_covers_all: false,
  returns_record: false,
  complete: true,
  deletes: 'absence',
};

/** A record type `Thing` over the operations of {@link THINGS}. */
export const aThing = (over: JsonObject = {}): JsonObject => ({
  id: 'id',
  list: {
    request: { operation: 'list', message: { after: '{cursor}', limit: '{limit}' } },
    rows: 'thing',
    paging: { kind: 'cursor', next: 'next' },
  },
  read: { by_id: { request: { operation: 'get', message: { id: '{id}' } }, record: 'thing' } },
  write: {
    max: 10,
    create: {
      request: { operation: 'create', message: { thing: '{items}' } },
      item: '{data}',
      results: 'outcome',
      status: 'ok',
      done: [{ status: [true], as: 'created' }],
      id: 'id',
    },
  },
  capabilities: PROMISES,
  ...over,
});

/** Files of a preset's folder: `wsdl/things.wsdl` and whatever else a test names. */
export type Files = Readonly<Record<string, string>>;

/** A preset for them; its hash is that of all XML files. */
export const aSoapPreset = (files: Files, over: JsonObject = {}, thing: JsonObject = {}): JsonObject => ({
  engine: 'soap',
  system: 'Test',
  wsdl: {
    file: 'wsdl/things.wsdl',
    sha256: hashOf(Object.entries(files).flatMap(([name, text]) => (name.endsWith('.json') ? [] : [text]))),
  },
  endpoint: '/soap',
  auth: { kind: 'none' },
  check: { request: { operation: 'list' } },
  records: { Thing: aThing(thing) },
  ...over,
});

/** A connector for a preset and its files. */
export const connectSoap = (
  url: string,
  files: Files,
  preset: Json = aSoapPreset(files),
  over: Partial<ConnectionSettings> = {},
): Connector =>
  createConnector({
    settings: aConnection(url, over),
    preset,
    mode: 'local',
    secret: (reference) => reference,
    read: async (path) => files[path],
  });

/** An envelope of SOAP 1.1 around a body. */
export const enveloped = (body: string, ns = 'http://schemas.xmlsoap.org/soap/envelope/'): string =>
  `<?xml version="1.0" encoding="utf-8"?><S:Envelope xmlns:S="${ns}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:t="urn:test"><S:Body>${body}</S:Body></S:Envelope>`;

/** A reply with this text as XML. */
export const xmlReply = (text: string, status = 200, type = 'text/xml; charset=utf-8') => ({
  status,
  headers: { 'content-type': type },
  text,
});

/** A fault of SOAP 1.1. */
export const faulted = (code: string, reason: string, detail = ''): string =>
  enveloped(
    `<S:Fault><faultcode>${code}</faultcode><faultstring>${reason}</faultstring>${detail === '' ? '' : `<detail>${detail}</detail>`}</S:Fault>`,
  );

/** The default files. */
export const FILES: Files = { 'wsdl/things.wsdl': aWsdl() };

/** A system that answers as the test says, and a connector for it. */
export const aSystem = async (
  answer: FakeAnswer,
  {
    files = FILES,
    over = {},
    thing = {},
  }: { readonly files?: Files; readonly over?: JsonObject; readonly thing?: JsonObject } = {},
) => {
  const fake = await startFake(answer);
  return { fake, connector: connectSoap(fake.url, files, aSoapPreset(files, over, thing)) };
};
