import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import { createResolver, readBundle } from '../../connectors/soap/bundle.ts';
import { createDecoder } from '../../connectors/soap/decode.ts';
import { createEncoder, createPrefixes } from '../../connectors/soap/encode.ts';
import { readContract } from '../../connectors/soap/wsdl.ts';
import { readXml } from '../../connectors/soap/xml.ts';
import { ExactNumber, type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import { aSystem, aWsdl, enveloped, xmlReply } from '../kit/soap.ts';

const fail = (problem: string): Error => new Error(problem);
const contractOf = async (wsdl: string) => {
  const read = async (path: string): Promise<string | undefined> => (path === 'wsdl/things.wsdl' ? wsdl : undefined);
  return readContract(await readBundle('wsdl/things.wsdl', read, fail), createResolver('wsdl', undefined), {}, fail);
};
const THING = { ns: 'urn:test', name: 'thing' };

/** Writes and reads values of an element `thing` whose type the test states. */
const both = async (schema: string) => {
  const { schemas } = await contractOf(aWsdl({ schema, operations: [] }));
  const declared = schemas.element(THING);
  if (declared === undefined) throw fail('there is no thing');
  const encode = createEncoder(schemas);
  const decoder = createDecoder(schemas, () => fail('nothing is known of it'));
  const write = (value: Json): string => {
    const prefixes = createPrefixes();
    const text = encode(declared, value, prefixes);
    return text.replace(/^<[^\s/>]+/, (tag) => `${tag}${prefixes.declarations()}`);
  };
  const read = (xml: string): Json => decoder.value(readXml(xml, fail), declared.type());
  return { write, read, again: (value: Json): Json => read(write(value)) };
};

const ofType = (type: string, more = ''): string =>
  `<xsd:element name="thing"><xsd:complexType><xsd:sequence><xsd:element name="v" type="xsd:${type}" ${more}/></xsd:sequence></xsd:complexType></xsd:element>`;
const thing = (inside: string): string =>
  `<t:thing xmlns:t="urn:test" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${inside}</t:thing>`;
const v = (text: string): string => thing(`<t:v>${text}</t:v>`);

test.each([
  ['decimal', '12345678901234567.89'],
  ['decimal', '0.10'],
  ['decimal', '-0.0'],
  ['decimal', '12345678901234567890123456789012345678'],
  ['long', '9007199254740993'],
  ['integer', '0'],
  ['double', '1e-19'],
])('a number of type %s keeps its digits: %s', async (type, digits) => {
  const { read, write, again } = await both(ofType(type));
  const value = (read(v(digits)) as JsonObject)['v'] as Json;
  expect([value]).toEqual(parseJson(`[${digits}]`));
  expect(String(value)).toBe(digits);
  expect(write({ v: value })).toContain(`>${digits}<`);
  expect(again({ v: value })).toEqual({ v: value });
});

test.each([
  ['a number with a plus', 'decimal', '+1.50', '+1.50'],
  ['a number in words', 'decimal', 'n/a', 'n/a'],
  ['an empty number', 'decimal', '', ''],
  ['not a number', 'double', 'NaN', 'NaN'],
  ['a flag in words', 'boolean', 'yes', 'yes'],
])('%s stays the text that it is', async (_what, type, text, value) => {
  const { read } = await both(ofType(type));
  expect(read(v(text))).toEqual({ v: value });
});

test.each([
  ['date', '2024-02-29'],
  ['date', '2024-12-31+14:00'],
  ['dateTime', '2024-03-31T02:30:00'],
  ['dateTime', '2024-03-31T02:30:00.123456789+02:00'],
  ['dateTime', '9999-12-31T23:59:59Z'],
  ['time', '24:00:00'],
])('a %s is never shifted: %s', async (type, text) => {
  const { again, read } = await both(ofType(type));
  expect(read(v(` ${text} `))).toEqual({ v: text });
  expect(again({ v: text })).toEqual({ v: text });
});

test('flags are read in both their writings', async () => {
  const { read, write } = await both(ofType('boolean'));
  expect(['true', '1', 'false', '0'].map((text) => read(v(text)))).toEqual([
    { v: true },
    { v: true },
    { v: false },
    { v: false },
  ]);
  expect(write({ v: false })).toContain('>false<');
});

test('one of many is a list, none is an empty list, and one alone is no list', async () => {
  const { read } = await both(ofType('string', 'minOccurs="0" maxOccurs="unbounded"'));
  expect(read(v('a'))).toEqual({ v: ['a'] });
  expect(read(thing(''))).toEqual({ v: [] });
  const single = await both(ofType('string'));
  expect(single.read(v('a'))).toEqual({ v: 'a' });
});

test('nil, empty and absent are three different things, both ways', async () => {
  const { read, again } = await both(ofType('string', 'minOccurs="0" nillable="true"'));
  expect(read(thing('<t:v xsi:nil="true"/>'))).toEqual({ v: null });
  expect(read(thing('<t:v/>'))).toEqual({ v: '' });
  expect(read(thing(''))).toEqual({});
  for (const value of [{ v: null }, { v: '' }, {}]) expect(again(value)).toEqual(value);
});

test('what may not be nil is refused as nothing, unless it is a text, which is then empty', async () => {
  const number = await both(ofType('decimal'));
  expect(() => number.write({ v: null })).toThrow(/"v" cannot be empty: the stored WSDL does not let it be nil/);
  const text = await both(ofType('string'));
  expect(text.again({ v: null })).toEqual({ v: '' });
});

test.each([
  ['a number with an exponent', 'decimal', new ExactNumber('1e5'), /"v" must be a decimal number without an exponent/],
  ['a fraction', 'int', 1.5, /"v" must be a whole number/],
  ['a date with a time', 'date', '2024-01-01T00:00:00Z', /"v" must be a date as in/],
  ['a date alone', 'dateTime', '2024-01-01', /"v" must be a date with time/],
  ['a word', 'boolean', 'yes', /"v" must be true or false/],
  ['a list', 'string', ['a', 'b'], /"v" holds one value, and not a list/],
  ['an object', 'string', { a: 1 }, /"v" holds one value, and not an object/],
  ['half a character', 'string', 'a\ud800', /"v" has the character U\+D800, which XML cannot hold/],
  ['a character that XML cannot hold', 'string', 'a\u0000b', /"v" has the character U\+0000/],
  ['a noncharacter', 'string', '\uffff', /"v" has the character U\+FFFF/],
])('%s is not written where a %s is due', async (_what, type, value, sentence) => {
  const { write } = await both(ofType(type));
  expect(() => write({ v: value as Json })).toThrow(sentence);
});

test('a name that the schema does not know is refused with its place', async () => {
  const { write } = await both(ofType('string'));
  expect(() => write({ v: 'a', colour: 'red' })).toThrow(/"colour" is not in the stored WSDL/);
});

test('CDATA is text, also when it looks like XML', async () => {
  const { read } = await both(ofType('string'));
  expect(read(v('<![CDATA[<?xml version="1.0"?><a>b</a>&amp;]]>'))).toEqual({
    v: '<?xml version="1.0"?><a>b</a>&amp;',
  });
});

test('comments and instructions are no part of a text, and line ends are one character', async () => {
  const { read } = await both(ofType('string'));
  expect(read(v('a<!-- b -->c<?d e?>f\r\ng&#13;h'))).toEqual({ v: 'acf\ng\rh' });
});

test('without a declaration what is repeated is a list, also a hundred thousand times, within seconds', async () => {
  const { read } = await both('<xsd:element name="thing"/>');
  const began = performance.now();
  const value = read(thing(`${'<t:a>1</t:a>'.repeat(100_000)}<t:b>2</t:b>`)) as JsonObject;
  expect(performance.now() - began).toBeLessThan(10_000);
  expect((value['a'] as readonly Json[]).length).toBe(100_000);
  expect(value['b']).toBe('2');
});

test('line ends and blanks of a value survive both ways, in texts and in attributes', async () => {
  const { again } =
    await both(`<xsd:element name="thing"><xsd:complexType><xsd:sequence><xsd:element name="v" type="xsd:string"/></xsd:sequence>
    <xsd:attribute name="a" type="xsd:string"/></xsd:complexType></xsd:element>`);
  const value = { '@a': ' a\r\n\tb ', v: ' a\r\n\tb\r' };
  expect(again(value)).toEqual(value);
});

test('names that mean something to JavaScript are names, declared or not', async () => {
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
  const fields = names.map((name) => `<xsd:element name="${name}" type="xsd:string" minOccurs="0"/>`).join('');
  const declared = await both(
    `<xsd:element name="thing"><xsd:complexType><xsd:sequence>${fields}</xsd:sequence></xsd:complexType></xsd:element>`,
  );
  const read = declared.read(thing(names.map((name) => `<t:${name}>x</t:${name}>`).join('')));
  expect(Object.entries(read as JsonObject)).toEqual(names.map((name) => [name, 'x']));
  const free = await both('<xsd:element name="thing"/>');
  const loose = free.read(thing(names.map((name) => `<t:${name}>x</t:${name}>`).join('')));
  expect(Object.entries(loose as JsonObject)).toEqual(names.map((name) => [name, 'x']));
  expect(({} as { x?: unknown }).x).toBeUndefined();
});

const DERIVED = `
  <xsd:complexType name="Base" abstract="true"><xsd:sequence><xsd:element name="id" type="xsd:string"/></xsd:sequence></xsd:complexType>
  <xsd:complexType name="Firm"><xsd:complexContent><xsd:extension base="tns:Base"><xsd:sequence><xsd:element name="vat" type="xsd:string"/></xsd:sequence></xsd:extension></xsd:complexContent></xsd:complexType>
  <xsd:complexType name="Other"><xsd:sequence><xsd:element name="id" type="xsd:int"/></xsd:sequence></xsd:complexType>
  <xsd:element name="thing" type="tns:Base"/>`;
const asType = (name: string, inside: string): string =>
  `<t:thing xmlns:t="urn:test" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${name}">${inside}</t:thing>`;

test('a type that narrows the declared one counts; any other claim is passed over', async () => {
  const { read, write, again } = await both(DERIVED);
  const firm = { '@xsi:type': 'Firm', id: '007', vat: 'DE1' };
  expect(read(asType('t:Firm', '<t:id>007</t:id><t:vat>DE1</t:vat>'))).toEqual(firm);
  expect(again(firm)).toEqual(firm);
  expect(read(asType('t:Other', '<t:id>007</t:id>'))).toEqual({ id: '007' });
  expect(read(asType('z:Firm', '<t:id>007</t:id>'))).toEqual({ id: '007' });
  expect(() => write({ id: '1' })).toThrow(/needs "@xsi:type"/);
  expect(() => write({ '@xsi:type': 'Other', id: '1' })).toThrow(/has no type "Other"/);
});

test('attributes, and a text beside them, have their own names', async () => {
  const { read, again } =
    await both(`<xsd:element name="thing"><xsd:complexType><xsd:simpleContent><xsd:extension base="xsd:decimal">
    <xsd:attribute name="currency" type="xsd:string"/></xsd:extension></xsd:simpleContent></xsd:complexType></xsd:element>`);
  const money = { '@currency': 'E"U\nR', '#': new ExactNumber('12.50') };
  expect(read('<t:thing xmlns:t="urn:test" currency="EUR">12.50</t:thing>')).toEqual({
    '@currency': 'EUR',
    '#': new ExactNumber('12.50'),
  });
  expect(again(money)).toEqual(money);
});

test('elements are written in the schema’s order and in their own namespaces, whatever order they are given in', async () => {
  const { write } = await both(`<xsd:element name="thing"><xsd:complexType><xsd:sequence>
    <xsd:element name="b" type="xsd:string"/><xsd:element name="a" type="xsd:string" form="unqualified"/></xsd:sequence></xsd:complexType></xsd:element>`);
  expect(write({ a: '1', b: '2' })).toBe('<n1:thing xmlns:n1="urn:test"><n1:b>2</n1:b><a>1</a></n1:thing>');
});

const SCHEMA = `<xsd:complexType name="Node"><xsd:sequence>
  <xsd:element name="text" type="xsd:string" minOccurs="0" nillable="true"/>
  <xsd:element name="amount" type="xsd:decimal" minOccurs="0" nillable="true"/>
  <xsd:element name="flag" type="xsd:boolean" minOccurs="0"/>
  <xsd:element name="part" type="tns:Node" minOccurs="0" maxOccurs="unbounded" nillable="true"/>
</xsd:sequence><xsd:attribute name="key" type="xsd:string"/></xsd:complexType><xsd:element name="thing" type="tns:Node"/>`;

const xmlText = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((text) => /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u.test(text));
const amount = fc
  .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 9999 }))
  .map(
    ([whole, part]): Json => (parseJson(`[${whole}.${String(part).padStart(4, '0')}]`) as readonly Json[])[0] ?? null,
  );
const node = fc.letrec<{ node: JsonObject }>((tie) => ({
  node: fc.record(
    {
      text: fc.option(xmlText),
      amount: fc.option(amount),
      flag: fc.boolean(),
      '@key': xmlText,
      part: fc.array(fc.option(tie('node'), { depthIdentifier: 'n' }), { maxLength: 3, depthIdentifier: 'n' }),
    },
    { requiredKeys: ['part'] },
  ) as fc.Arbitrary<JsonObject>,
})).node;

test('whatever is written is read back the same: texts, digits, nothing and lists', async () => {
  const { again } = await both(SCHEMA);
  fc.assert(
    fc.property(node, (value) => {
      expect(again(value)).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

test('an item that no message can hold is refused alone, before anything is sent; the others keep their places', async () => {
  const reply =
    '<t:createResponse><t:outcome><t:ok>1</t:ok><t:id>a</t:id></t:outcome><t:outcome><t:ok>1</t:ok><t:id>b</t:id></t:outcome></t:createResponse>';
  const { connector, fake } = await aSystem(() => xmlReply(enveloped(reply)));
  const item = (data: JsonObject): WriteItem => ({ op: 'create', data, idempotencyKey: 'k' });
  const outcomes = await connector.write(
    'Thing',
    [item({ name: 'A' }), item({ name: 'x\u0000' }), item({ price: 'much' }), item({ name: 'B' })],
    aCall(),
  );
  expect(outcomes).toMatchObject([
    { status: 'created', id: 'a' },
    { status: 'failed', error: { class: 'validation', message: expect.stringContaining('U+0000') } },
    { status: 'failed', error: { class: 'validation', message: expect.stringContaining('decimal number') } },
    { status: 'created', id: 'b' },
  ]);
  expect(fake.asked).toHaveLength(1);
});
