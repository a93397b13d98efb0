/** What a service says of itself, in both versions, and what a preset may not say. */
import { describe, expect, test } from 'vitest';
import { odata } from '../../connectors/odata/index.ts';
import { readMetadata } from '../../connectors/odata/metadata.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall, aConnection, startFake } from '../kit/fake-http.ts';
import { anODataPreset, connectOData, promises } from '../kit/odata.ts';

const V4 = `<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:Reference Uri="http://127.0.0.1:1/other.xml"><edmx:Include Namespace="O"/></edmx:Reference>
<edmx:DataServices><Schema Namespace="s.t" Alias="S" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="S.Thing"/></EntityContainer>
<EntityType Name="Base"><Key><PropertyRef Name="Number"/></Key><Property Name="Number" Type="Edm.String" MaxLength="10" Nullable="false"/></EntityType>
<EntityType Name="Thing" BaseType="s.t.Base">
<Property Name="Name" Type="Edm.String" MaxLength="40" Nullable="false"/>
<Property Name="ChangedAt" Type="Edm.DateTimeOffset"><Annotation Term="Core.Computed" Bool="true"/></Property>
<Property Name="Total" Type="Edm.Decimal"/>
<NavigationProperty Name="to_Item" Type="Collection(S.Item)"/></EntityType>
<EntityType Name="Item"><Property Name="Line" Type="Edm.Int32"/><Property Name="Text" Type="Edm.String" MaxLength="max"/></EntityType>
<Annotations Target="s.t.Thing/Total"><Annotation Term="Org.OData.Core.V1.Computed"/></Annotations>
</Schema></edmx:DataServices></edmx:Edmx>`;

const V2 = `<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:sap="http://www.sap.com/Protocols/SAPData">
<edmx:DataServices><Schema Namespace="API" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
<EntityType Name="ThingType"><Key><PropertyRef Name="Number"/></Key>
<Property Name="Number" Type="Edm.String" MaxLength="10" Nullable="false"/>
<Property Name="Name" Type="Edm.String" MaxLength="40" Nullable="false"/>
<Property Name="ChangedAt" Type="Edm.DateTimeOffset" sap:creatable="false" sap:updatable="false"/>
<Property Name="Total" Type="Edm.Decimal" sap:creatable="false" sap:updatable="false"/>
<NavigationProperty Name="to_Item" Relationship="API.Items" FromRole="From" ToRole="To"/></EntityType>
<EntityType Name="ItemType"><Property Name="Line" Type="Edm.Int32"/><Property Name="Text" Type="Edm.String"/></EntityType>
<Association Name="Items"><End Type="API.ThingType" Multiplicity="1" Role="From"/><End Type="API.ItemType" Multiplicity="*" Role="To"/></Association>
<EntityContainer Name="C"><EntitySet Name="Things" EntityType="API.ThingType"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>`;

const THING = {
  fields: { Name: 'string', ChangedAt: 'instant', Total: 'decimal' },
  children: { to_Item: { keys: { Line: 'integer' }, fields: { Text: 'string' } } },
  capabilities: promises({ returns_record: false }),
};

describe.each([
  ['v4', V4],
  ['v2', V2],
] as const)('the metadata of %s', (version, text) => {
  const serve = () =>
    startFake(({ path }) => {
      if (path.endsWith('$metadata')) return { text, headers: { 'content-type': 'application/xml' } };
      return { json: version === 'v2' ? { d: { results: [] } } : { value: [] } };
    });

  test('tells lengths, what is required and what cannot be written, of a record and of its children', async () => {
    const fake = await serve();
    const { fields } = await connectOData(fake.url, anODataPreset({ version }, THING)).describe('Thing', aCall());
    expect(fields).toEqual([
      { path: 'Number', type: 'text', max: 10 },
      { path: 'Name', type: 'text', max: 40, required: true },
      { path: 'ChangedAt', type: 'instant', readOnly: true },
      { path: 'Total', type: 'decimal', readOnly: true },
      { path: 'to_Item', type: 'list' },
      { path: 'to_Item[].Line', type: 'integer' },
      { path: 'to_Item[].Text', type: 'text' },
    ]);
    expect(fake.asked.map(({ path }) => path)).toEqual(['/$metadata']);
  });

  test('is compared with the preset by the check, which names what parts', async () => {
    const fake = await serve();
    const wrong = {
      ...THING,
      fields: { ...THING.fields, Total: 'string', Colour: 'string' },
      children: { ...THING.children, to_Note: { keys: { Line: 'integer' } } },
    };
    const check = (thing: JsonObject) => connectOData(fake.url, anODataPreset({ version }, thing)).check(aCall());
    expect((await check(THING)).warnings).toEqual([]);
    expect((await check(wrong)).warnings).toEqual([
      'Thing: "Total" is Edm.Decimal there, and string here',
      'Thing: the service has no property "Colour"',
      'Thing: the service has no navigation property "to_Note"',
    ]);
    expect((await check({ ...THING, set: 'Thinks' })).warnings).toEqual([
      'Thing: the service has no entity set "Thinks"',
    ]);
  });
});

test.each([
  ['a web page', '<html><body>Login</body></html>', 'it is no EDMX'],
  ['an entity of a document type', '<!DOCTYPE x [<!ENTITY a "b">]><Edmx>&a;</Edmx>', 'it has a DOCTYPE'],
  ['more depth than any service has', '<a>'.repeat(60), 'line 1'],
  ['one that breaks off', V4.slice(0, V4.indexOf('<EntityType Name="Item">')), 'it breaks off'],
])('%s is no description of a service', (_what, text, why) => {
  expect(() => readMetadata(text)).toThrow(
    expect.objectContaining({ code: 'PROTOCOL_ERROR', message: expect.stringContaining(why) }),
  );
});

test('types that lead to themselves do not lead round and round', () => {
  const circle = V4.replace('<EntityType Name="Base">', '<EntityType Name="Base" BaseType="S.Thing">').replaceAll(
    's.t.Base',
    'S.Base',
  );
  expect([...(readMetadata(circle).typeOfSet('Things')?.properties.keys() ?? [])]).toContain('Name');
});

const problemsOf = (preset: JsonObject): readonly string[] => {
  try {
    void odata
      .connect({
        settings: aConnection('http://127.0.0.1:1'),
        preset,
        mode: 'local',
        secret: (name) => name,
        read: async () => undefined,
      })
      .close();
    return [];
  } catch (error) {
    return (error as { facts?: { problems?: readonly string[] } }).facts?.problems ?? [];
  }
};

test('a preset that is right has no problems', () => {
  expect(problemsOf(anODataPreset())).toEqual([]);
});

const DELTA = { strategy: 'delta' };
test.each([
  [
    'a time that is no field',
    {},
    { modified_at: 'Changed' },
    '"records.Thing.modified_at": "Changed" is not among the fields',
  ],
  ['a key that nobody named', {}, { keys: {} }, '"records.Thing.keys": is empty'],
  [
    'a feed without a time',
    {},
    { modified_at: undefined },
    '"records.Thing.modified_at": is missing; changes by timestamp need it',
  ],
  ['two times in one order', {}, { created_at: 'ChangedAt' }, '"records.Thing.changes.order": must be key'],
  [
    'delta links in V2',
    { version: 'v2' },
    { changes: DELTA },
    '"records.Thing.changes.strategy": delta is for V4 alone',
  ],
  [
    'delta links with a filter',
    {},
    { changes: DELTA, filter: { Name: 'x' } },
    '"records.Thing.filter": delta links take no filter',
  ],
  [
    'delta links with children',
    {},
    { ...THING, changes: DELTA },
    '"records.Thing.children": delta links tell nothing of children',
  ],
  [
    'a guard without ETags',
    {},
    { etag: false, capabilities: promises({ guard: 'version' }) },
    '"records.Thing.etag": guard "version" needs ETags',
  ],
  [
    'deletes that nothing marks',
    {},
    { capabilities: promises({ deletes: 'in-feed' }) },
    '"records.Thing.deleted": is missing',
  ],
  [
    'a key of ours without a place',
    {},
    { capabilities: promises({ idempotency: 'searchable' }) },
    '"records.Thing.reference": is missing',
  ],
  [
    'children in a reply',
    {},
    { ...THING, capabilities: promises({}) },
    '"records.Thing.capabilities.returns_record": must be false',
  ],
  [
    'children that travel alone',
    {},
    { ...THING, write: { update: true, children: 'separate' } },
    '"records.Thing.write.children": separate needs `batch`',
  ],
  [
    'children without a guard',
    {},
    { ...THING, etag: false, write: { children: 'deep' } },
    '"records.Thing.write.children": deep needs ETags',
  ],
  [
    'a selector that is no field',
    {},
    { ...THING, children: { to_Item: { keys: { Line: 'integer' }, select_by: 'Use' } } },
    '"records.Thing.children.to_Item.select_by": "Use" is not among its fields',
  ],
  ['JSON batches in V2', { version: 'v2', batch: { kind: 'json' } }, {}, '"batch.kind": json is for V4 alone'],
  ['a path that leads out', { csrf: { path: '//evil' } }, {}, '"csrf.path": must start with one slash'],
  ['a setting that nobody asks for', { query: { 'sap-client': '{settings.client}' } }, {}, '"query": '],
  ['a zone that is none', {}, { zone: 'Mars/Olympus' }, '"records.Thing.zone": "Mars/Olympus" is not a time zone'],
  ['a set that is an address', {}, { set: 'http://x/Things' }, '"records.Thing.set": is not a path of an entity set'],
] as readonly [string, JsonObject, JsonObject, string][])(
  'a preset with %s is refused with its place',
  (_what, over, thing, problem) => {
    const defined = Object.fromEntries(Object.entries(thing).filter(([, value]) => value !== undefined));
    const preset = anODataPreset(over, defined);
    const records = preset['records'] as Record<string, Record<string, unknown>>;
    for (const [name, value] of Object.entries(thing)) if (value === undefined) delete records['Thing']?.[name];
    const found = problemsOf(preset);
    expect(found).toContainEqual(expect.stringContaining(problem));
  },
);
