/** Delta links on a service that keeps track: pages, deletes in both writings, partial changes, and a link that expires. */
import { expect, test } from 'vitest';
import type { Change } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { anODataPreset, connectOData, promises } from '../kit/odata.ts';

const DELTA = { changes: { strategy: 'delta', page_size: 2 }, capabilities: promises({ deletes: 'in-feed' }) };

interface Event {
  readonly number: string;
  readonly row: JsonObject;
}

/** A service that numbers what happens; a link says up to where it was told. */
const aTracker = async () => {
  const events: Event[] = [];
  let forgotten = 0;
  const now = new Map<string, JsonObject>();
  const page = (url: string, from: number, size: number): Answer => {
    const rows = events.slice(from, from + size).map(({ row }) => row);
    const to = from + rows.length;
    const link = to < events.length ? '@odata.nextLink' : '@odata.deltaLink';
    return { json: { value: rows, [link]: `${url}/Things?$deltatoken=${to}` } };
  };
  const answer = ({ path, query, headers }: Asked): Answer => {
    const prefer = String(headers['prefer'] ?? '');
    const size = Number(/maxpagesize=(\d+)/.exec(prefer)?.[1] ?? 100);
    const one = /^\/Things\('(.*)'\)$/.exec(decodeURIComponent(path))?.[1];
    if (one !== undefined) {
      const row = now.get(one);
      return row === undefined ? { status: 404, json: { error: { code: '404', message: 'none' } } } : { json: row };
    }
    const token = query['$deltatoken'];
    if (token === undefined && !prefer.includes('odata.track-changes')) return { json: { value: [...now.values()] } };
    if (token !== undefined && Number(token) < forgotten) return { status: 410, json: { error: { code: 'gone' } } };
    return page(`http://inside.example`, Number(token ?? 0), size);
  };
  const fake = await startFake(answer);
  return {
    fake,
    connector: connectOData(fake.url, anODataPreset({}, DELTA)),
    save: (number: string, name: string, shown: readonly string[] = ['Number', 'Name', 'ChangedAt']) => {
      const row: JsonObject = { Number: number, Name: name, ChangedAt: '2026-11-27T10:00:00Z' };
      now.set(number, row);
      events.push({ number, row: Object.fromEntries(Object.entries(row).filter(([key]) => shown.includes(key))) });
    },
    remove: (number: string, row: JsonObject) => {
      now.delete(number);
      events.push({ number, row });
    },
    forget: () => {
      forgotten = events.length + 1;
    },
  };
};

const short = (change: Change): string =>
  change.op === 'upsert' ? `${change.record.id} ${String(change.record.body['Name'])}` : `${change.op} ${change.id}`;

test('first everything in pages, then only what changed, deletes in either writing; the service’s own host name is not followed', async () => {
  const tracker = await aTracker();
  for (const number of ['1', '2', '3']) tracker.save(number, `thing ${number}`);
  const walk = async (from: string) => {
    const seen: string[] = [];
    for (let cursor = from; ; ) {
      const page = await tracker.connector.changes('Thing', { cursor, limit: 10 }, aCall());
      seen.push(...page.changes.map(short));
      cursor = page.next;
      if (!page.more) return { seen, end: cursor };
    }
  };
  const first = await walk('');
  expect(first.seen).toEqual(['1 thing 1', '2 thing 2', '3 thing 3']);
  expect((await walk(first.end)).seen).toEqual([]);
  tracker.save('2', 'renamed');
  tracker.remove('1', { '@removed': { reason: 'deleted' }, '@id': "http://inside.example/Things('1')" });
  tracker.remove('3', { '@odata.context': '$metadata#Things/$deletedEntity', id: '3', reason: 'deleted' });
  const second = await walk(first.end);
  expect(second.seen).toEqual(['2 renamed', 'delete 1', 'delete 3']);
  // A cursor that was not stored is read again, and shows the same.
  expect((await walk(first.end)).seen).toEqual(second.seen);
  const preferences = tracker.fake.asked.map(({ headers }) => headers['prefer']);
  expect(preferences.slice(0, 2)).toEqual(['odata.track-changes,odata.maxpagesize=2', 'odata.maxpagesize=2']);
});

test('a change that names only what changed is read whole; a record that is gone by then is left to its own delete', async () => {
  const tracker = await aTracker();
  tracker.save('1', 'a');
  tracker.save('2', 'b');
  const { next } = await tracker.connector.changes('Thing', { cursor: '', limit: 10 }, aCall());
  tracker.save('1', 'changed', ['Number', 'ChangedAt']);
  tracker.save('2', 'lost', ['Number', 'ChangedAt']);
  tracker.remove('2', { '@removed': { reason: 'deleted' }, '@id': "Things('2')" });
  const page = await tracker.connector.changes('Thing', { cursor: next, limit: 10 }, aCall());
  expect(page.changes.map(short)).toEqual(['1 changed']);
  expect(page.more).toBe(true);
  const last = await tracker.connector.changes('Thing', { cursor: page.next, limit: 10 }, aCall());
  expect(last.changes.map(short)).toEqual(['delete 2']);
});

test('a link that the service has forgotten is a gap, after which everything is read anew', async () => {
  const tracker = await aTracker();
  tracker.save('1', 'a');
  const { next } = await tracker.connector.changes('Thing', { cursor: '', limit: 10 }, aCall());
  tracker.forget();
  expect(await tracker.connector.changes('Thing', { cursor: next, limit: 10 }, aCall())).toEqual({
    changes: [],
    next: '',
    more: false,
    gap: 'cursor-expired',
  });
});

test('a service that does not track changes is refused with what to do: its list would pass for all changes', async () => {
  const fake = await startFake(() => ({ json: { value: [{ Number: '1', Name: 'a', ChangedAt: null }] } }));
  const connector = connectOData(fake.url, anODataPreset({}, DELTA));
  await expect(connector.changes('Thing', { cursor: '', limit: 10 }, aCall())).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('use the strategy timestamp'),
  });
});
