import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, aCall } from '../../tests/kit/fake-http.ts';
import { thrownBy } from '../../tests/kit/trial.ts';
import { aTryton, type Called, fixture, result, rowsOf } from '../../tests/kit/tryton.ts';
import type { Outcome, WriteItem } from '../sdk/seam.ts';

const party = (): JsonObject => rowsOf('parties').at(-1) as JsonObject;
const idOf = (row: JsonObject): string => String(row['id']);
const writes = (calls: readonly Called[]): readonly Called[] =>
  calls.filter(({ method }) => /\.(create|write)$/.test(method));
const isSearch = ({ method }: Called): boolean => method === 'model.party.party.search_read';
const create = (key: string, data: JsonObject = { name: key }): WriteItem => ({
  op: 'create',
  data,
  idempotencyKey: key,
});
const update = (data: JsonObject, more: Partial<WriteItem> = {}): WriteItem => ({
  op: 'update',
  id: idOf(party()),
  data,
  idempotencyKey: 'u',
  ...more,
});
const kinds = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.map((outcome) => ('error' in outcome ? `${outcome.status} ${outcome.error.class}` : outcome.status));

describe('the session', () => {
  test('is opened once for all calls, and the user’s company goes with each of them', async () => {
    const { connector, calls } = await aTryton();
    await Promise.all([connector.check(aCall()), connector.list('Party', { cursor: '', limit: 5 }, aCall())]);
    expect(calls.filter(({ method }) => method === 'common.db.login')).toHaveLength(1);
    const searched = calls.find(isSearch);
    expect(searched?.context).toMatchObject({ company: 1, language: 'en' });
    expect(Buffer.from((searched?.authorization ?? '').replace('Session ', ''), 'base64').toString()).toMatch(
      /^tally:\d+:a-session-key$/,
    );
  });

  test('is opened again when it has ended, and the call is repeated', async () => {
    let ended = true;
    const { connector, calls } = await aTryton((called) => {
      if (!isSearch(called) || !ended) return undefined;
      ended = false;
      return fixture('session-ended');
    });
    const page = await connector.list('Party', { cursor: '', limit: 5 }, aCall());
    expect(page.changes).toHaveLength(3);
    expect(calls.filter(({ method }) => method === 'common.db.login')).toHaveLength(2);
  });

  test('refused, it pauses the connection and shows no password', async () => {
    const { connector } = await aTryton(({ method }) =>
      method === 'common.db.login' ? fixture('login-refused') : undefined,
    );
    const error = await thrownBy(connector.check(aCall()));
    expect(error).toMatchObject({ code: 'LOGIN_REFUSED', recovery: 'pause' });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('a-password');
  });
});

describe('a party', () => {
  test('is read with its first address, its mechanisms and the codes of what it refers to', async () => {
    const { connector } = await aTryton();
    const [answer] = await connector.read('Party', { ids: [idOf(party())] }, aCall());
    expect(answer).toMatchObject({
      found: [
        {
          id: '22',
          modifiedAt: expect.stringMatching(/Z$/),
          body: {
            id: '22',
            active: true,
            language: 'de',
            categories: [{ name: 'Customer' }],
            addresses: [{ position: '1', country: 'DE' }, { position: '2' }],
            contact_mechanisms: [{ type: 'email' }, { type: 'phone' }],
            identifiers: [{ type: 'eu_vat', code: 'DE100000491' }],
          },
        },
      ],
    });
  });

  test.each([
    ['its own stamp', (row: JsonObject) => ({ ...row, _timestamp: '1' })],
    [
      'a stamp of a child',
      (row: JsonObject) => ({ ...row, 'addresses.': [{ ...(row['addresses.'] as JsonObject[])[0], _timestamp: '1' }] }),
    ],
    ['a child less', (row: JsonObject) => ({ ...row, 'contact_mechanisms.': [] })],
    ['a word that changed within the same second', (row: JsonObject) => ({ ...row, name: 'Other' })],
  ])('has another version with %s', async (_what, change) => {
    let row = party();
    const { connector } = await aTryton((called) => (isSearch(called) ? result([row]) : undefined));
    const version = async () => {
      const [answer] = await connector.read('Party', { ids: [idOf(party())] }, aCall());
      return answer !== undefined && 'found' in answer ? answer.found[0]?.version : undefined;
    };
    const before = await version();
    expect(await version()).toBe(before);
    row = change(row);
    expect(await version()).not.toBe(before);
  });
});

describe('a create', () => {
  const data = {
    name: 'Acme',
    language: 'de',
    payment_term: 'Net 30',
    categories: [{ name: 'Customer' }],
    addresses: [{ position: '1', street: 'Weg 1', country: 'DE' }],
    contact_mechanisms: [
      { type: 'email', value: 'a@acme.example' },
      { type: 'phone', value: null },
    ],
  };
  test('says ids for codes, commands for children, and carries our key', async () => {
    const { connector, calls } = await aTryton(({ method }) => (method.endsWith('.create') ? result([22]) : undefined));
    const outcomes = await connector.write('Party', [create('L1', data)], aCall());
    expect(kinds(outcomes)).toEqual(['created']);
    expect(outcomes[0]).toMatchObject({
      id: '22',
      record: { id: '22' },
      version: expect.stringContaining('party.party,22='),
    });
    expect(writes(calls)[0]?.params[0]).toEqual([
      {
        name: 'Acme',
        lang: 5,
        customer_payment_term: 3,
        categories: [['add', [1]]],
        addresses: [['create', [{ street: 'Weg 1', country: 3 }]]],
        contact_mechanisms: [['create', [{ type: 'email', value: 'a@acme.example' }]]],
        identifiers: [['create', [{ type: null, code: 'tally:L1' }]]],
      },
    ]);
  });

  test('that was done before under its key is not done again', async () => {
    const done = { ...party(), 'identifiers.': [{ id: 9, type: null, code: 'tally:L1', _timestamp: '1' }] };
    const { connector, calls } = await aTryton((called) => (isSearch(called) ? result([done]) : undefined));
    expect(await connector.write('Party', [create('L1')], aCall())).toMatchObject([{ status: 'created', id: '22' }]);
    expect(writes(calls)).toEqual([]);
  });

  test('of a code that Tryton does not know is refused before anything is sent', async () => {
    const { connector, calls } = await aTryton(({ method }) =>
      method.startsWith('model.ir.lang') ? result([]) : undefined,
    );
    const [outcome] = await connector.write('Party', [create('L1', { name: 'x', language: 'xx' })], aCall());
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { class: 'validation', message: expect.stringContaining('"xx"') },
    });
    expect(writes(calls)).toEqual([]);
  });
});

describe('a batch', () => {
  const refusing =
    (names: readonly string[]) =>
    (called: Called): Answer | undefined => {
      if (!called.method.endsWith('.create')) return undefined;
      const items = called.params[0] as readonly JsonObject[];
      return items.some(({ name }) => names.includes(String(name)))
        ? fixture('user-error')
        : result(items.map((_item, index) => 100 + index));
    };
  test('that one item spoils is sent in halves until the refused items stand alone, with Tryton’s own sentence', async () => {
    const { connector } = await aTryton(refusing(['c']));
    const outcomes = await connector.write(
      'Party',
      ['a', 'b', 'c', 'd', 'e'].map((key) => create(key)),
      aCall(),
    );
    expect(kinds(outcomes)).toEqual(['created', 'created', 'failed validation', 'created', 'created']);
    expect(outcomes[2]).toMatchObject({
      error: {
        message: 'The European VAT Number "DE123" for party "Acme GmbH" is not valid.',
        code: 'UserError',
        scope: 'item',
      },
    });
  });

  // As psycopg words them: what happened, then details and hints, of any length.
  const deadlock =
    'deadlock detected\nDETAIL:  Process 4711 waits for ShareLock on transaction 815; blocked by process 4712.\nProcess 4712 waits for ShareLock on transaction 816; blocked by process 4711.\nHINT:  See server log for query details.\nCONTEXT:  while updating tuple (0,7) in relation "party_party"\n';
  test.each([
    ['SQLite has one writer', 'database is locked'],
    ['PostgreSQL has let another transaction go first', 'could not serialize access due to concurrent update\n'],
    ['PostgreSQL has ended a deadlock', deadlock],
    ['PostgreSQL is just starting', 'connection to server at "db" (10.0.0.7), port 5432 failed: Connection refused\n'],
  ])('that Tryton has no time for, as %s, is not split, and nothing of it was done', async (_why, sentence) => {
    const { connector, calls } = await aTryton(({ method }) =>
      method.endsWith('.create') ? { json: { id: 1, error: [sentence, ''] } } : undefined,
    );
    const outcomes = await connector.write('Party', [create('a'), create('b')], aCall());
    expect(kinds(outcomes)).toEqual(['failed transient', 'failed transient']);
    expect(writes(calls)).toHaveLength(1);
  });

  test.each([
    'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n',
    'terminating connection due to administrator command\n',
    'connection already closed',
  ])('in which Tryton lost its database leaves every item in doubt: %s', async (sentence) => {
    const { connector } = await aTryton(({ method }) =>
      method.endsWith('.create') ? { json: { id: 1, error: [sentence, ''] } } : undefined,
    );
    expect(kinds(await connector.write('Party', [create('a'), create('b')], aCall()))).toEqual([
      'unknown transient',
      'unknown transient',
    ]);
  });

  test('whose answer is lost leaves every item in doubt', async () => {
    const { connector } = await aTryton(({ method }) =>
      method.endsWith('.create') ? (response) => response.socket?.destroy() : undefined,
    );
    expect(kinds(await connector.write('Party', [create('a'), create('b')], aCall()))).toEqual([
      'unknown transient',
      'unknown transient',
    ]);
  });
});

describe('an update', () => {
  const versionOf = async (connector: Awaited<ReturnType<typeof aTryton>>['connector']): Promise<string> => {
    const [answer] = await connector.read('Party', { ids: [idOf(party())] }, aCall());
    return (answer !== undefined && 'found' in answer ? answer.found[0]?.version : undefined) ?? '';
  };
  test('changes the children it names, leaves the others alone, and states every stamp it relies on', async () => {
    const { connector, calls } = await aTryton((called) => (isSearch(called) ? result([party()]) : undefined));
    const expectVersion = await versionOf(connector);
    const data = {
      name: 'Renamed',
      addresses: [{ position: '1', city: 'Bonn' }],
      contact_mechanisms: [
        { type: 'phone', value: null },
        { type: 'email', value: 'new@acme.example' },
      ],
      identifiers: [{ type: 'eu_vat', code: 'DE100000491' }],
    };
    expect(kinds(await connector.write('Party', [update(data, { expectVersion })], aCall()))).toEqual(['updated']);
    const [sent] = writes(calls);
    expect(sent?.params.slice(0, 2)).toEqual([
      [22],
      {
        name: 'Renamed',
        addresses: [['write', [10], { city: 'Bonn' }]],
        contact_mechanisms: [
          ['delete', [15]],
          ['write', [14], { value: 'new@acme.example' }],
        ],
      },
    ]);
    expect(sent?.context).toMatchObject({
      company: 1,
      _timestamp: { 'party.party,22': expect.any(String), 'party.address,10': expect.any(String) },
    });
  });

  test('that says what stands there already is not sent', async () => {
    const { connector, calls } = await aTryton();
    expect(await connector.write('Party', [update({ language: 'de', active: true })], aCall())).toMatchObject([
      { status: 'unchanged', id: '22' },
    ]);
    expect(writes(calls)).toEqual([]);
  });

  test.each([
    ['another version', { expectVersion: 'party.party,22=1#x' }, 'failed conflict'],
    ['no such party', { id: '404' }, 'failed not-found'],
    ['no id at all of Tryton’s', { id: 'abc' }, 'failed not-found'],
  ])('of %s is not sent', async (_what, more, outcome) => {
    const { connector, calls } = await aTryton();
    expect(kinds(await connector.write('Party', [update({ name: 'x' }, more)], aCall()))).toEqual([outcome]);
    expect(writes(calls)).toEqual([]);
  });

  test('that Tryton finds outdated is a conflict', async () => {
    const { connector } = await aTryton(({ method }) => (method.endsWith('.write') ? fixture('stale') : undefined));
    const expectVersion = await versionOf(connector);
    expect(kinds(await connector.write('Party', [update({ name: 'x' }, { expectVersion })], aCall()))).toEqual([
      'failed conflict',
    ]);
  });

  test('refused because the party moved under it is a conflict, not a complaint about our values', async () => {
    let row = party();
    const { connector } = await aTryton((called) => {
      if (isSearch(called)) return result([row]);
      if (!called.method.endsWith('.write')) return undefined;
      row = { ...row, 'contact_mechanisms.': [] };
      return fixture('user-error');
    });
    const expectVersion = await versionOf(connector);
    expect(kinds(await connector.write('Party', [update({ name: 'x' }, { expectVersion })], aCall()))).toEqual([
      'failed conflict',
    ]);
  });

  test.each([
    [
      'a warning that wants a yes',
      { status: 200, json: { id: 1, error: ['UserWarning', ['key', 'Really?', '']] } },
      'validation',
      'Really?',
    ],
    ['an unknown field', fixture('unknown-field'), 'permanent', 'nope'],
    ['a method that is not ours to call', fixture('unknown-method'), 'permission', '403'],
  ])('answered with %s is a failure of its class', async (_what, answer, kind, words) => {
    const { connector } = await aTryton(({ method }) => (method.endsWith('.write') ? answer : undefined));
    const [outcome] = await connector.write('Party', [update({ name: 'x' })], aCall());
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { class: kind, message: expect.stringContaining(words) },
    });
  });
});

describe('the feed', () => {
  const sinceOf = (called: Called | undefined): unknown =>
    JSON.stringify(called?.params[0]).match(/"write_date",">=",(\{[^}]*\})/)?.[1];
  test('reads all once, then from the latest change less the overlap, by Tryton’s clock', async () => {
    const { connector, calls } = await aTryton();
    const first = await connector.changes('Party', { cursor: '', limit: 100 }, aCall());
    expect(first).toMatchObject({ more: false });
    await connector.changes('Party', { cursor: first.next, limit: 100 }, aCall());
    const [, second] = calls.filter(isSearch);
    // The clock of the replies stood at 02:00:00; 10 s for clocks that differ, 10 s for a late commit.
    expect(JSON.parse(String(sinceOf(second)))).toMatchObject({ hour: 1, minute: 59, second: 40 });
  });

  test('a page that is full is not the last, and the bound of the walk stays', async () => {
    const { connector, calls } = await aTryton((called) =>
      JSON.stringify(called.params[0]).includes('["id",">",22]') ? fixture('no-parties') : undefined,
    );
    const first = await connector.changes('Party', { cursor: '', limit: 3 }, aCall());
    expect(first.more).toBe(true);
    await connector.changes('Party', { cursor: first.next, limit: 3 }, aCall());
    const [one, two] = calls.filter(isSearch);
    expect(sinceOf(two)).toBe(sinceOf(one));
    expect(JSON.stringify(two?.params[0])).toContain('["id",">",22]');
  });

  test('a cursor that is none of ours asks for a full pass', async () => {
    const { connector } = await aTryton();
    expect(await connector.changes('Party', { cursor: 'old', limit: 3 }, aCall())).toMatchObject({
      gap: 'cursor-expired',
    });
  });

  test('a web page where JSON was due is an error of the protocol', async () => {
    const { connector } = await aTryton((called) =>
      isSearch(called) ? { status: 200, text: '<html>login</html>' } : undefined,
    );
    expect(await thrownBy(connector.list('Party', { cursor: '', limit: 3 }, aCall()))).toMatchObject({
      code: 'PROTOCOL_ERROR',
    });
  });
});
