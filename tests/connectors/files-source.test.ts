import { appendFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aCall } from '../kit/fake-http.ts';
import { aSource, passOver, readOn, recordsIn, shown, sourceType } from './files-kit.ts';

const HEAD = 'No,Name,Limit\r\n';

test('each row of a file is a record with its id, its values and a version of its own', async () => {
  const { connector, drop } = aSource();
  drop('all.csv', `${HEAD}0012,Acme,1234567890123456.50\r\n7,"Müller, Söhne",\r\n`);
  const { changes } = await readOn(connector, '');
  const [first, second] = recordsIn(changes);
  expect(first).toMatchObject({ id: '0012', body: { number: '0012', name: 'Acme' } });
  expect(String(first?.body['limit'])).toBe('1234567890123456.50');
  expect(second?.body).toEqual({ number: '7', name: 'Müller, Söhne', limit: null });
  expect(first?.version).not.toBe(second?.version);
});

test('a file is archived with its result only when what follows it is asked for, so when its rows are stored', async () => {
  const { connector, drop, all, rows } = aSource();
  drop('all.csv', `${HEAD}1,Acme,5\r\n`);
  const { next } = await readOn(connector, '');
  expect(all()).toEqual(['taken/Partner.0000000001/all.csv']);
  expect(await readOn(connector, next)).toMatchObject({ changes: [], gap: false });
  expect(all()).toEqual([
    expect.stringMatching(/^archive\/Partner\.0000000001\.full\.[0-9a-f]{12}\/all\.csv$/),
    expect.stringMatching(/^archive\/.*\/all\.csv\.result\.csv$/),
  ]);
  expect(rows('all.csv')).toEqual(['2,1,taken,,,,']);
});

test('a page that is asked for ahead, before the one in front of it is stored, archives and takes nothing', async () => {
  const { connector, drop, all } = aSource();
  drop('some-1.csv', `${HEAD}1,A,\r\n`);
  drop('some-2.csv', `${HEAD}2,B,\r\n3,C,\r\n`);
  const first = await connector.changes('Partner', { cursor: '', limit: 2 }, aCall());
  expect(first.more).toBe(true);
  drop('some-3.csv', `${HEAD}4,D,\r\n`);
  await connector.changes('Partner', { cursor: first.next, limit: 1 }, aCall());
  expect(all()).toEqual([
    'in/some-3.csv',
    'taken/Partner.0000000001/some-1.csv',
    'taken/Partner.0000000002/some-2.csv',
  ]);
});

test('a file that was taken by a process that died is read before it is archived', async () => {
  const { connector, root, all } = aSource();
  mkdirSync(join(root, 'taken', 'Partner.0000000001'), { recursive: true });
  writeFileSync(join(root, 'taken', 'Partner.0000000001', 'some.csv'), `${HEAD}1,A,\r\n2,B,\r\n`);
  const { changes, more } = await connector.changes('Partner', { cursor: '', limit: 1 }, aCall());
  expect([shown(changes), more]).toEqual([['1'], true]);
  expect(all()).toEqual(['taken/Partner.0000000001/some.csv']);
});

test('who comes again with an earlier cursor is given the rows again, also from the archive', async () => {
  const { connector, connect, drop } = aSource();
  drop('all.csv', `${HEAD}1,A,1\r\n2,B,2\r\n3,C,3\r\n`);
  const first = await connector.changes('Partner', { cursor: '', limit: 1 }, aCall());
  const { next, changes } = await readOn(connector, first.next);
  await readOn(connector, next);
  expect(shown(changes)).toEqual(['2', '3']);
  expect(shown((await readOn(connect(), first.next)).changes)).toEqual(['2', '3']);
  expect(shown((await readOn(connect(), '')).changes)).toEqual(['1', '2', '3']);
});

test('a delta changes what it names, a deletion in it deletes, and a full pass shows what all files say together', async () => {
  const { connector, drop } = aSource(
    sourceType({
      columns: { number: { from: 'No' }, name: { from: 'Name' }, gone: { from: 'Gone' } },
      deleted: { column: 'gone', is: 'X' },
    }),
  );
  drop('all.csv', 'No,Name,Gone\n1,A,\n2,B,\n3,C,\n');
  const full = await readOn(connector, '');
  drop('some-1.csv', 'No,Name,Gone\n2,B2,\n3,,X\n4,D,\n');
  drop('some-2.csv', 'No,Name,Gone\n2,B3,\n');
  const delta = await readOn(connector, full.next);
  expect(delta.changes).toMatchObject([
    { op: 'delete', id: '3' },
    { record: { id: '4' } },
    { record: { id: '2', body: { name: 'B3' } } },
  ]);
  const pass = recordsIn(await passOver(connector));
  expect(pass.map(({ id, body }) => `${id} ${body['name']}`)).toEqual(['1 A', '4 D', '2 B3']);
  expect(await connector.read('Partner', { ids: ['2', '3', '9'] }, aCall())).toMatchObject([
    { found: [{ body: { name: 'B3' } }] },
    { absent: true },
    { absent: true },
  ]);
});

test('a newer full file asks for a full pass, and whoever is missing in it is absent', async () => {
  const { connector, drop } = aSource();
  drop('all-1.csv', `${HEAD}1,A,\r\n2,B,\r\n`);
  const before = await readOn(connector, '');
  drop('all-2.csv', `${HEAD}2,B,\r\n3,C,\r\n`);
  const { gap, next } = await readOn(connector, before.next);
  expect([gap, next]).toEqual([true, '']);
  const after = await readOn(connector, next);
  expect(shown(after.changes)).toEqual(['2', '3']);
  expect(shown(await passOver(connector, 1))).toEqual(['2', '3']);
  expect(await connector.read('Partner', { ids: ['1'] }, aCall())).toEqual([{ absent: true }]);
  expect((await readOn(connector, after.next)).gap).toBe(false);
});

test('without a full file nobody says that a record is not there', async () => {
  const { connector, drop } = aSource();
  drop('some.csv', `${HEAD}1,A,\r\n`);
  await readOn(connector, '');
  const [known, unknown] = await connector.read('Partner', { ids: ['1', '2'] }, aCall());
  expect(known).toMatchObject({ found: [{ id: '1' }] });
  expect(unknown).toMatchObject({ error: { class: 'unsupported' } });
});

test('the very same delta file, delivered again, is recognised and does nothing', async () => {
  const { connector, connect, drop, rows, root, all } = aSource();
  drop('some-1.csv', `${HEAD}1,Old,\r\n`);
  drop('some-2.csv', `${HEAD}1,New,\r\n`);
  const first = await readOn(connector, '');
  const settled = await readOn(connector, first.next);
  drop('some-1.csv', `${HEAD}1,Old,\r\n`);
  // Also by a process that has not seen the first delivery.
  const again = await readOn(connect(), settled.next);
  expect(again.changes).toEqual([]);
  await readOn(connector, again.next);
  expect(recordsIn(await passOver(connector))[0]?.body['name']).toBe('New');
  const result = all().find((path) => /0000000003\.repeat\..*\.result\.csv$/.test(path)) ?? 'none';
  expect(readFileSync(join(root, result), 'utf8')).toContain(
    'a file of this name with this content was processed before',
  );
  expect(rows('some-2.csv')).toEqual(['2,1,taken,,,,']);
});

test('a full file that says again what was so the day before yesterday counts', async () => {
  const { connector, drop } = aSource();
  let cursor = '';
  for (const name of ['A', 'B', 'A']) {
    drop('all.csv', `${HEAD}1,${name},\r\n`);
    const page = await readOn(connector, cursor);
    cursor = page.gap ? (await readOn(connector, '')).next : page.next;
    cursor = (await readOn(connector, cursor)).next;
    expect(recordsIn(await passOver(connector)).map(({ body }) => body['name'])).toEqual([name]);
  }
});

test('a file that still grows is left alone until two looks are alike', async () => {
  const { connector, root } = aSource(sourceType({ in: { full: ['all*'], ready: { by: 'stable', for_ms: 0 } } }));
  const path = join(root, 'in', 'all.csv');
  writeFileSync(path, `${HEAD}1,A,\r\n`);
  const first = await readOn(connector, '');
  expect(first.changes).toEqual([]);
  writeFileSync(path, `${HEAD}1,A,\r\n2,B,\r\n`);
  const second = await readOn(connector, first.next);
  expect(second.changes).toEqual([]);
  expect(shown((await readOn(connector, second.next)).changes)).toEqual(['1', '2']);
});

test('a file that somebody still writes to after it was taken is given again, whole', async () => {
  const { connector, root, all } = aSource();
  writeFileSync(join(root, 'in', 'some.csv'), `${HEAD}1,A,\r\n2,Bo`);
  const half = await readOn(connector, '');
  expect(shown(half.changes)).toEqual(['undecodable file some.csv']);
  appendFileSync(join(root, 'taken', 'Partner.0000000001', 'some.csv'), 'lt,1\r\n3,Co');
  const more = await readOn(connector, half.next);
  expect(shown(more.changes)).toEqual(['undecodable file some.csv']);
  appendFileSync(join(root, 'taken', 'Partner.0000000001', 'some.csv'), 'g,');
  const third = await readOn(connector, more.next);
  appendFileSync(join(root, 'taken', 'Partner.0000000001', 'some.csv'), '7\r\n');
  const whole = await readOn(connector, third.next);
  expect(recordsIn(whole.changes).map(({ id, body }) => `${id} ${body['name']} ${body['limit']}`)).toEqual([
    '1 A null',
    '2 Bolt 1',
    '3 Cog 7',
  ]);
  await readOn(connector, whole.next);
  expect(all().every((path) => path.startsWith('archive/Partner.0000000001.delta.'))).toBe(true);
});

test('a file that needs a companion waits for it, and the companion does not vouch for a second one', async () => {
  const { connector, root, all } = aSource(sourceType({ in: { delta: ['some*'], ready: { by: 'companion' } } }));
  const put = (name: string, text = ''): void => writeFileSync(join(root, 'in', name), text);
  put('some.csv', `${HEAD}1,A,\r\n`);
  const first = await readOn(connector, '');
  expect(first.changes).toEqual([]);
  put('some.csv.done');
  const second = await readOn(connector, first.next);
  expect(shown(second.changes)).toEqual(['1']);
  put('some.csv', `${HEAD}2,B,\r\n`);
  expect((await readOn(connector, second.next)).changes).toEqual([]);
  expect(all().filter((path) => path.startsWith('in/'))).toEqual(['in/some.csv']);
});

test('a crash between the moves of a companion and its file loses neither', async () => {
  const { connector, root } = aSource(sourceType({ in: { delta: ['some*'], ready: { by: 'companion' } } }));
  writeFileSync(join(root, 'in', 'some.csv'), `${HEAD}1,A,\r\n`);
  mkdirSync(join(root, 'taken', 'Partner.0000000001'), { recursive: true });
  writeFileSync(join(root, 'taken', 'Partner.0000000001', 'some.csv.done'), '');
  expect(shown((await readOn(connector, '')).changes)).toEqual(['1']);
});

test('a companion whose file went away vouches for no later one', async () => {
  const { connector, root, all } = aSource(sourceType({ in: { delta: ['some*'], ready: { by: 'companion' } } }));
  mkdirSync(join(root, 'taken', 'Partner.0000000001'), { recursive: true });
  writeFileSync(join(root, 'taken', 'Partner.0000000001', 'some.csv.done'), '');
  const first = await readOn(connector, '');
  writeFileSync(join(root, 'in', 'some.csv'), `${HEAD}1,Half`);
  expect((await readOn(connector, first.next)).changes).toEqual([]);
  expect(all()).toEqual(['in/some.csv']);
});

test('a number that was given out and never used is passed over for good', async () => {
  const { connector, root, drop, all } = aSource();
  mkdirSync(join(root, 'taken', 'Partner.0000000001'), { recursive: true });
  drop('some.csv', `${HEAD}1,A,\r\n`);
  expect(shown((await readOn(connector, '')).changes)).toEqual(['1']);
  expect(all().some((path) => path.includes('0000000001') || path.includes('0000000002'))).toBe(true);
});

test('links, folders and other people’s files in the folder are never opened', async () => {
  const { connector, root, all } = aSource();
  writeFileSync(join(root, 'secret'), `${HEAD}1,A,\r\n`);
  symlinkSync(join(root, 'secret'), join(root, 'in', 'all-link.csv'));
  mkdirSync(join(root, 'in', 'all-folder.csv'));
  writeFileSync(join(root, 'in', 'README.txt'), 'hello');
  expect((await readOn(connector, '')).changes).toEqual([]);
  expect(all()).toContain('in/all-link.csv');
});

test('a folder that is not there is said so, and nothing is read as if it were empty', async () => {
  const { connector } = aSource(sourceType({ in: { folder: 'elsewhere', full: ['all*'], ready: { by: 'rename' } } }));
  await expect(connector.changes('Partner', { cursor: '', limit: 5 }, aCall())).rejects.toMatchObject({
    code: 'UNREACHABLE',
    message: 'there is no folder "elsewhere"; make it, or mount what belongs there',
  });
});
