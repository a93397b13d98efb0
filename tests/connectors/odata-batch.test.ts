/** Batches: one changeset for each item, and what is made of replies that leave something open. */
import { describe, expect, test } from 'vitest';
import { readBatch } from '../../connectors/odata/multipart.ts';
import type { Outcome, WriteItem } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { REMOVED } from '../../src/mapping/path.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { anODataPreset, connectOData, promises } from '../kit/odata.ts';

const create = (number: string): WriteItem => ({ op: 'create', data: { Number: number }, idempotencyKey: number });
const http = (status: number, body: unknown, headers = ''): string =>
  `content-type: application/http\r\n\r\nHTTP/1.1 ${status} Word\r\ncontent-type: application/json\r\n${headers}\r\n${JSON.stringify(body)}\r\n`;
const changeset = (parts: readonly string[]): string =>
  `content-type: multipart/mixed; boundary=in\r\n\r\n${parts.map((part) => `--in\r\n${part}`).join('')}--in--\r\n`;
const batch = (parts: readonly string[], end = '--out--\r\n'): Answer => ({
  status: 202,
  headers: { 'content-type': 'multipart/mixed; boundary="out"' },
  text: `${parts.map((part) => `--out\r\n${part}`).join('')}${end}`,
});

const writeTo = async (
  answer: (asked: Asked) => Answer,
  over: JsonObject,
  items: readonly WriteItem[],
  thing: JsonObject = {},
) => {
  const fake = await startFake(answer);
  const connector = connectOData(fake.url, anODataPreset({ batch: { kind: 'multipart' }, ...over }, thing));
  return { fake, outcomes: await connector.write('Thing', items, aCall()) };
};
const short = (outcome: Outcome): string =>
  'id' in outcome ? `${outcome.status} ${outcome.id}` : `${outcome.status} ${outcome.error.class}`;

const error = (code: string, message: string) => ({ error: { code, message: { lang: 'en', value: message } } });

describe('a multipart reply', () => {
  test('gives each item its own outcome: a refused changeset, a clash and a breakdown say nothing of the others', async () => {
    const { outcomes, fake } = await writeTo(
      () =>
        batch([
          changeset([http(201, { d: { Number: '1', __metadata: { etag: 'W/"1"' } } })]),
          http(400, error('SY/530', 'The order is locked')),
          http(412, error('412', 'Precondition failed')),
          http(500, error('X', 'oops')),
          changeset([http(201, { d: { Number: '5' } })]),
        ]),
      { version: 'v2', errors: [{ code_like: 'SY/.*', class: 'transient', nothing_done: true }] },
      ['1', '2', '3', '4', '5'].map(create),
    );
    expect(outcomes.map(short)).toEqual([
      'created 1',
      'failed transient',
      'failed conflict',
      'unknown transient',
      'created 5',
    ]);
    expect(outcomes[0]).toMatchObject({ version: 'W/"1"' });
    const sent = fake.asked[0]?.body ?? '';
    expect(sent.match(/content-type: multipart\/mixed/g)?.length).toBe(5);
    expect(sent.match(/content-id: \d+/g)).toEqual([1, 2, 3, 4, 5].map((count) => `content-id: ${count}`));
    expect(fake.asked[0]).toMatchObject({ method: 'POST', path: '/$batch' });
  });

  test.each([
    [
      'has fewer parts than items',
      batch([changeset([http(201, { Number: '1' })])]),
      ['created 1', 'unknown transient'],
    ],
    ['breaks off', batch([changeset([http(201, { Number: '1' })])], ''), ['unknown transient', 'unknown transient']],
    ['is no batch', { status: 200, json: {} } as Answer, ['unknown transient', 'unknown transient']],
    [
      'has a part that is no reply',
      batch(['\r\nhello\r\n', '\r\nhello\r\n']),
      ['unknown transient', 'unknown transient'],
    ],
    ['is a refusal of the whole', { status: 503, text: '' } as Answer, ['unknown transient', 'unknown transient']],
    [
      'says that nothing was done',
      { status: 429, headers: { 'retry-after': '9' } } as Answer,
      ['failed rate-limited', 'failed rate-limited'],
    ],
  ] as readonly [string, Answer, readonly string[]][])(
    'that %s leaves open what it does not say',
    async (_what, reply, expected) => {
      const { outcomes } = await writeTo(() => reply, {}, ['1', '2'].map(create));
      expect(outcomes.map(short)).toEqual(expected);
    },
  );

  test('with bare line feeds and boundaries that need quoting is read all the same', () => {
    const text = '--a+b(c)\nContent-Type: application/http\n\nHTTP/1.1 204 No Content\nETag: W/"3"\n\n\n--a+b(c)--';
    expect(readBatch('multipart/mixed; charset=utf-8; boundary="a+b(c)"', text)).toEqual([
      [{ status: 204, headers: { etag: 'W/"3"' }, text: '' }],
    ]);
  });
});

test('a JSON reply is put in order by its ids, and 424 is not taken for the reason', async () => {
  const { outcomes } = await writeTo(
    () => ({
      json: {
        responses: [
          { id: '2.0', status: 424 },
          {
            id: '1.0',
            status: 400,
            body: { error: { code: 'C', message: 'no', details: [{ message: 'too long', target: 'Name' }] } },
          },
          { id: '0.0', status: 201, headers: { ETag: 'W/"9"' }, body: { Number: '1' } },
        ],
      },
    }),
    { batch: { kind: 'json' } },
    ['1', '2', '3'].map(create),
  );
  expect(outcomes.map(short)).toEqual(['created 1', 'failed validation', 'failed permanent']);
  expect(outcomes[0]).toMatchObject({ version: 'W/"9"' });
  expect(outcomes[1]).toMatchObject({ error: { code: 'C', message: 'no · too long', fields: ['Name'] } });
});

describe('children that travel inside their record', () => {
  test('all that there are go along by their keys; one that a mapping takes away is left out, one that was never there too', async () => {
    const now = {
      value: [
        { Number: '7', '@odata.etag': 'W/"4"', to_Item: ['10', '20', '30'].map((Line) => ({ Line, Text: 'x' })) },
      ],
    };
    const { fake, outcomes } = await writeTo(
      ({ method }) => (method === 'GET' ? { json: now } : { status: 204, text: '' }),
      { batch: undefined as never },
      [
        {
          ...{ op: 'update', id: '7', expectVersion: 'W/"4"', idempotencyKey: 'u' },
          data: {
            to_Item: [
              { Line: '20', [REMOVED]: true },
              { Line: '30', Text: 'new' },
              { Line: '40', Text: 'fourth' },
              { Line: '50', [REMOVED]: true },
            ],
          },
        },
      ],
      {
        children: { to_Item: { keys: { Line: 'string' }, fields: { Text: 'string' } } },
        write: { update: true, children: 'deep' },
        capabilities: promises({ guard: 'version', returns_record: false }),
      },
    );
    expect(outcomes.map(short)).toEqual(['updated 7']);
    expect(JSON.parse(fake.asked[1]?.body ?? '')).toEqual({
      to_Item: [{ Line: '10' }, { Line: '30', Text: 'new' }, { Line: '40', Text: 'fourth' }],
    });
  });
});

describe('children that travel by themselves', () => {
  const CHILDREN = {
    fields: { Name: 'string' },
    modified_at: undefined as never,
    changes: undefined as never,
    children: {
      to_Address: {
        set: 'Addresses',
        keys: { AddressID: 'string' },
        fields: { Use: 'string', City: 'string' },
        select_by: 'Use',
      },
    },
    write: { update: true, max: 10, children: 'separate' },
    capabilities: {
      idempotency: 'none',
      guard: 'version',
      version_covers_all: false,
      returns_record: false,
      complete: false,
      deletes: 'absence',
    },
  };
  const NOW = {
    d: {
      results: [
        {
          Number: "7'",
          __metadata: { etag: 'W/"4"' },
          to_Address: { results: [{ AddressID: '22', Use: 'bill-to', City: 'Ulm' }] },
        },
      ],
    },
  };
  const update: WriteItem = {
    op: 'update',
    id: "7'",
    data: {
      Name: 'New',
      to_Address: [
        { Use: 'bill-to', City: 'Bonn' },
        { Use: 'ship-to', City: 'Jena' },
      ],
    },
    expectVersion: 'W/"4"',
    idempotencyKey: 'u',
  };

  test('stand in one changeset with their record, which carries the guard; a known one by its own key, a new one below it', async () => {
    const done = changeset([http(204, {}, 'etag: W/"5"\r\n'), http(204, {}), http(201, { d: { AddressID: '23' } })]);
    const { outcomes, fake } = await writeTo(
      ({ method }) => (method === 'GET' ? { json: NOW } : batch([done])),
      { version: 'v2' },
      [update],
      CHILDREN,
    );
    expect(outcomes).toMatchObject([{ status: 'updated', id: "7'", version: 'W/"5"' }]);
    const lines = (fake.asked[1]?.body ?? '')
      .split('\r\n')
      .filter((line) => /^(?:POST|MERGE|PATCH|if-match|\{)/.test(line));
    expect(lines).toEqual([
      "MERGE Things('7''') HTTP/1.1",
      'if-match: W/"4"',
      '{"Name":"New"}',
      "MERGE Addresses(Number='7''',AddressID='22') HTTP/1.1",
      'if-match: *',
      '{"Use":"bill-to","City":"Bonn"}',
      "POST Things('7''')/to_Address HTTP/1.1",
      '{"Use":"ship-to","City":"Jena"}',
    ]);
    expect(fake.asked[0]?.query).toMatchObject({
      $filter: "(Number eq '7''')",
      $expand: 'to_Address',
      $select: 'Number,Name,to_Address/AddressID,to_Address/Use,to_Address/City',
    });
  });

  test('one that a mapping takes away is deleted by its own key; one that is gone already needs no request', async () => {
    const data = {
      to_Address: [
        { Use: 'bill-to', [REMOVED]: true },
        { Use: 'ship-to', [REMOVED]: true },
      ],
    };
    const done = changeset([http(204, {}, 'etag: W/"5"\r\n'), http(204, {})]);
    const { outcomes, fake } = await writeTo(
      ({ method }) => (method === 'GET' ? { json: NOW } : batch([done])),
      { version: 'v2' },
      [{ ...update, data }],
      CHILDREN,
    );
    expect(outcomes.map(short)).toEqual(["updated 7'"]);
    const lines = (fake.asked[1]?.body ?? '').split('\r\n').filter((line) => /^(?:POST|MERGE|DELETE|\{)/.test(line));
    expect(lines).toEqual([
      "MERGE Things('7''') HTTP/1.1",
      '{}',
      "DELETE Addresses(Number='7''',AddressID='22') HTTP/1.1",
    ]);
  });

  test('are refused with their record, and an answer to only some of them leaves it open', async () => {
    const clash = http(412, error('412', 'changed'));
    const half = changeset([http(204, {}), http(204, {})]);
    for (const [reply, expected] of [
      [clash, 'failed conflict'],
      [half, 'unknown transient'],
    ] as const) {
      const { outcomes } = await writeTo(
        ({ method }) => (method === 'GET' ? { json: NOW } : batch([reply])),
        { version: 'v2' },
        [update],
        CHILDREN,
      );
      expect(outcomes.map(short)).toEqual([expected]);
    }
  });

  test('are not written where they could not be read: nothing was sent', async () => {
    const { outcomes, fake } = await writeTo(() => ({ status: 503 }), { version: 'v2' }, [update], CHILDREN);
    expect(outcomes.map(short)).toEqual(['failed transient']);
    expect(fake.asked.map(({ method }) => method)).toEqual(['GET']);
  });
});

describe('one by one', () => {
  const single = { batch: undefined as never };
  test('a clash with `*` is an absence; a clash with a version is a conflict', async () => {
    const gone = { status: 412, json: error('412', 'Precondition failed') };
    const update: WriteItem = { op: 'update', id: '1', data: { Name: 'x' }, idempotencyKey: 'u' };
    const guarded = {
      capabilities: {
        idempotency: 'none',
        guard: 'version',
        version_covers_all: true,
        returns_record: true,
        complete: true,
        deletes: 'absence',
      },
    };
    const { outcomes, fake } = await writeTo(
      () => gone,
      single,
      [update, { ...update, expectVersion: 'W/"1"' }],
      guarded,
    );
    expect(outcomes.map(short)).toEqual(['failed not-found', 'failed conflict']);
    expect(fake.asked.map(({ headers }) => headers['if-match']).toSorted()).toEqual(['*', 'W/"1"']);
  });

  test('V2 tunnels MERGE through POST; an id is taken from the address of what was made, where the body says nothing', async () => {
    const update: WriteItem = { op: 'update', id: '1', data: { Name: 'x' }, idempotencyKey: 'u' };
    const { outcomes, fake } = await writeTo(
      ({ headers }) =>
        headers['x-http-method'] === 'MERGE'
          ? { status: 204, headers: { etag: 'W/"2"' } }
          : { status: 201, headers: { location: "http://inside/Things('it''s%20new')", etag: 'W/"1"' } },
      { ...single, version: 'v2' },
      [create('x'), update],
    );
    expect(outcomes).toEqual([
      { status: 'created', id: "it's new", version: 'W/"1"' },
      { status: 'updated', id: '1', version: 'W/"2"' },
    ]);
    expect(fake.asked.map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  test('what SAP says in its header alone is said too', async () => {
    const message = {
      code: 'R1/100',
      message: 'Locked by SMITH',
      severity: 'error',
      details: [{ message: 'Try later', severity: 'info' }],
    };
    const { outcomes } = await writeTo(
      () => ({ status: 400, headers: { 'sap-message': JSON.stringify(message) } }),
      { ...single, version: 'v2' },
      [create('1')],
    );
    expect(outcomes).toMatchObject([{ status: 'failed', error: { code: 'R1/100', message: 'Locked by SMITH' } }]);
  });
});
