/** A process that dies at any step of reading or handing over files, and the next one that goes on: nothing twice, nothing lost. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFolder } from '../../connectors/files/folder.ts';
import type { Place } from '../../connectors/files/place.ts';
import { FilesPreset } from '../../connectors/files/schema.ts';
import { createSource } from '../../connectors/files/source.ts';
import { createTarget } from '../../connectors/files/target.ts';
import type { Change, WriteItem } from '../../connectors/sdk/seam.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { aCall } from '../kit/fake-http.ts';
import { aFolder, tree } from './files-kit.ts';

class Died extends Error {}

/** A place whose process dies at its nth step, before or after the step took effect. */
const mortal = (
  root: string,
  nth: number,
  when: 'before' | 'after',
): { readonly place: Place; readonly died: () => boolean } => {
  const place = openFolder(root, 1000).on(aCall());
  let step = 0;
  let dead = false;
  const wrap =
    <A extends readonly unknown[], R>(work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (dead) throw new Died();
      step += 1;
      if (step === nth && when === 'before') {
        dead = true;
        throw new Died();
      }
      const result = await work(...args);
      if (step === nth) {
        dead = true;
        throw new Died();
      }
      return result;
    };
  return {
    died: () => dead,
    place: {
      list: wrap(place.list),
      read: wrap(place.read),
      write: wrap(place.write),
      makeFolder: wrap(place.makeFolder),
      removeFolder: wrap(place.removeFolder),
      move: wrap(place.move),
      remove: wrap(place.remove),
    },
  };
};

const preset = FilesPreset.parse({
  engine: 'files',
  system: 'Crashing',
  records: {
    Partner: {
      format: { kind: 'csv' },
      columns: { no: {}, name: {} },
      id: 'no',
      in: { full: ['all*'], delta: ['some*'], ready: { by: 'companion' } },
    },
    Sent: {
      format: { kind: 'csv' },
      columns: { no: {}, ref: {}, name: {} },
      id: 'no',
      out: { name: 'p-{no}.csv', key: 'ref' },
    },
  },
});
const type = (name: string) => {
  const found = preset.records[name];
  if (found === undefined) throw new Error(name);
  return found;
};

/** What the ledger keeps: what was shown of each record, and the cursor that was stored with it. */
interface Kept {
  cursor: string;
  readonly seen: string[];
}

const store = (kept: Kept, changes: readonly Change[], next: string): void => {
  for (const change of changes)
    kept.seen.push(change.op === 'upsert' ? `${change.record.id}=${String(change.record.body['name'])}` : change.op);
  kept.cursor = next;
};

/** Reads on as capture does; a page counts only when it came back. */
const readAll = async (place: Place, kept: Kept, rounds: number): Promise<void> => {
  const source = createSource('Partner', type('Partner'), preset);
  for (let round = 0; round < rounds; round += 1) {
    for (let more = true; more; ) {
      const page = await source.changes(place, { cursor: kept.cursor, limit: 2 });
      store(kept, page.changes, page.next);
      ({ more } = page);
    }
  }
};

const STEPS = 80;

test('a death at any step of taking, reading and archiving loses no row, and no file is archived before its rows are stored', async () => {
  let deaths = 0;
  for (const when of ['before', 'after'] as const) {
    for (let nth = 1; nth <= STEPS; nth += 1) {
      const root = aFolder('in');
      const put = (name: string, text: string): void => {
        writeFileSync(join(root, 'in', name), text);
        writeFileSync(join(root, 'in', `${name}.done`), '');
      };
      put('all-1.csv', 'no,name\n1,A\n2,B\n3,C\n');
      put('some-1.csv', 'no,name\n2,B2\n4,D\n');
      const kept: Kept = { cursor: '', seen: [] };
      const { place, died } = mortal(root, nth, when);
      try {
        await readAll(place, kept, 3);
      } catch (error) {
        if (!(error instanceof Died)) throw error;
      }
      deaths += died() ? 1 : 0;
      // What stands in the archive was shown before.
      for (const path of tree(root).filter((each) => /^archive\/.*\/(all|some)-1\.csv$/.test(each)))
        expect([nth, when, kept.seen]).toEqual([
          nth,
          when,
          expect.arrayContaining(path.includes('all') ? ['1=A', '3=C'] : ['2=B2', '4=D']),
        ]);
      await readAll(openFolder(root, 1000).on(aCall()), kept, 3);
      expect([nth, when, [...new Set(kept.seen)].sort()]).toEqual([
        nth,
        when,
        expect.arrayContaining(['1=A', '2=B2', '3=C', '4=D']),
      ]);
      expect(kept.seen.lastIndexOf('2=B2')).toBeGreaterThan(kept.seen.lastIndexOf('2=B'));
      expect([
        nth,
        when,
        tree(root)
          .map((path) => path.replace(/^.*\//, ''))
          .sort(),
      ]).toEqual([
        nth,
        when,
        [
          'all-1.csv',
          'all-1.csv.done',
          'all-1.csv.result.csv',
          'some-1.csv',
          'some-1.csv.done',
          'some-1.csv.result.csv',
        ],
      ]);
    }
  }
  expect(deaths).toBeGreaterThan(80);
});

const aTarget = () => {
  const { out } = type('Sent');
  if (out === undefined) throw new Error('Sent is not written');
  return createTarget('Sent', type('Sent'), out, preset);
};

const create = (key: string): WriteItem => ({ op: 'create', data: { name: key }, idempotencyKey: key });

/** Keys in all files that were ever handed over; nobody takes them away here. */
const handedOver = (root: string): readonly string[] => {
  mkdirSync(join(root, 'out'), { recursive: true });
  return readdirSync(join(root, 'out'))
    .flatMap((name) =>
      readFileSync(join(root, 'out', name), 'utf8')
        .trimEnd()
        .split('\r\n')
        .slice(1),
    )
    .map((row) => row.split(',')[1] ?? '')
    .sort();
};

test('a death at any step of handing over leaves each key handed over once, after the same write again', async () => {
  let deaths = 0;
  for (const when of ['before', 'after'] as const) {
    for (let nth = 1; nth <= STEPS; nth += 1) {
      const root = aFolder();
      const first = ['a', 'b'].map(create);
      const second = ['b', 'c'].map(create);
      const { place, died } = mortal(root, nth, when);
      const target = aTarget();
      // It never throws: a dead process answers nothing, which is `unknown` or `failed`.
      for (const items of [first, second]) {
        const outcomes = await target.write(place, items, aCall());
        const keys = new Set(handedOver(root));
        for (const [at, outcome] of outcomes.entries()) {
          const key = items[at]?.idempotencyKey ?? '';
          if (outcome.status === 'created') expect([nth, when, keys.has(key)]).toEqual([nth, when, true]);
          // "Failed" is a promise that it was not handed over now.
          if (outcome.status === 'failed' && items === first)
            expect([nth, when, key, keys.has(key)]).toEqual([nth, when, key, false]);
        }
      }
      deaths += died() ? 1 : 0;
      const next = aTarget();
      const alive = openFolder(root, 1000).on(aCall());
      for (const items of [first, second])
        expect([nth, when, (await next.write(alive, items, aCall())).map(({ status }) => status)]).toEqual([
          nth,
          when,
          ['created', 'created'],
        ]);
      expect([nth, when, handedOver(root)]).toEqual([nth, when, ['a', 'b', 'c']]);
    }
  }
  expect(deaths).toBeGreaterThan(40);
});

test('two processes that read the same folder at once both see every row, whoever takes which file', async () => {
  const root = aFolder('in');
  const count = 12;
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(root, 'in', `some-${index}.csv`), `no,name\n${index},N${index}\n`);
    writeFileSync(join(root, 'in', `some-${index}.csv.done`), '');
  }
  const persist = async (): Promise<readonly string[]> => {
    const kept: Kept = { cursor: '', seen: [] };
    for (let tries = 0; new Set(kept.seen).size < count; tries += 1) {
      if (tries > 100) throw new Error(`after 100 tries only ${[...new Set(kept.seen)].join()} were seen`);
      try {
        await readAll(openFolder(root, 1000).on(aCall()), kept, 1);
      } catch (error) {
        // A file that the other one is moving is looked for again, as the pipeline does.
        if (!(error instanceof SyncError) || error.recovery !== 'retry') throw error;
      }
    }
    return [...new Set(kept.seen)].sort();
  };
  const all = Array.from({ length: count }, (_, index) => `${index}=N${index}`).sort();
  for (const seen of await Promise.all([persist(), persist(), persist()])) expect(seen).toEqual(all);
});
