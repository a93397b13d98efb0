import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { eraseHome } from '../../src/cli/up/account.ts';
import { type Group, type GroupOptions, startGroup } from '../../src/cli/up/group.ts';
import { engineReady } from '../../src/cli/up/probe.ts';
import { until } from '../../src/cli/up/process.ts';
import { allGone, aSupervisor, endSupervisors, fake, silent } from '../up/fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'tally-up-'));
const groups = new Set<Group>();
let homes = 0;

const aHome = (): string => {
  homes += 1;
  const home = join(folder, `home-${homes}`);
  mkdirSync(home);
  return home;
};

const aGroup = async (options: Partial<GroupOptions> & { readonly home: string }): Promise<Group> => {
  const group = await startGroup({ say: silent, ...options });
  groups.add(group);
  return group;
};

const notesOf = (home: string): string[] => readFileSync(join(home, 'notes'), 'utf8').trim().split('\n');

const query = async (url: string | undefined, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

afterAll(async () => {
  endSupervisors();
  await Promise.all([...groups].map((group) => group.stop()));
  for (let home = 1; home <= homes; home += 1) eraseHome(join(folder, `home-${home}`));
  rmSync(folder, { recursive: true });
});

test('parts start after those they need, and end before them', async () => {
  const home = aHome();
  const notes = join(home, 'notes');
  const table = [
    fake(notes, 'ground'),
    fake(notes, 'house', 'plain', ['ground']),
    fake(notes, 'roof', 'plain', ['house']),
  ];
  const group = await aGroup({ home, table });
  const pids = Object.values(group.pids());
  await group.stop();
  expect(notesOf(home)).toEqual(['start ground', 'start house', 'start roof', 'end roof', 'end house', 'end ground']);
  expect(await allGone(pids)).toBe(true);
});

test.each(['plain', 'guarded'] as const)('a %s part that is killed runs again, at the same address', async (manner) => {
  const home = aHome();
  const group = await aGroup({ home, table: [fake(join(home, 'notes'), 'part', manner)] });
  const before = group.pids()['part'];
  const died = new Promise((resolve) => group.events.once('died', (part, how) => resolve(`${part} ${how}`)));
  const ready = new Promise((resolve) => group.events.once('ready', resolve));
  expect(group.kill('part', 'SIGKILL')).toBe(true);
  expect(await died).toBe('part SIGKILL');
  await ready;
  expect(group.pids()['part']).not.toBe(before);
  await group.stop();
  const again = await aGroup({ home, table: [fake(join(home, 'notes'), 'part')] });
  expect(again.urls).toEqual(group.urls);
});

test('a part that will not end is ended', async () => {
  const home = aHome();
  const group = await aGroup({ home, table: [fake(join(home, 'notes'), 'mule', 'stubborn')] });
  const pids = Object.values(group.pids());
  await group.stop();
  expect(await allGone(pids, 0)).toBe(true);
});

test('a part that does not come up ends the others, and its own last words and its log are named', async () => {
  const home = aHome();
  const notes = join(home, 'notes');
  const starting = startGroup({ home, say: silent, table: [fake(notes, 'good'), fake(notes, 'bad', 'broken')] });
  await expect(starting).rejects.toThrow(
    `bad did not start (exit code 3): the fake part is broken; its log is ${join(home, 'logs', 'bad.log')}`,
  );
  expect(notesOf(home)).toEqual(['start good', 'end good']);
});

test('one home has one group, and a second one is told who has it', async () => {
  const home = aHome();
  const group = await aGroup({ home, table: [fake(join(home, 'notes'), 'part')] });
  await expect(startGroup({ home, say: silent, table: [] })).rejects.toThrow(`process ${process.pid}`);
  await group.stop();
  await aGroup({ home, table: [] });
});

test('the group’s own preparation is done before whoever needs the ledger starts', async () => {
  const home = aHome();
  const notes = join(home, 'notes');
  let seen: string[] = [];
  const prepare = async (): Promise<void> => {
    seen = notesOf(home);
  };
  await aGroup({ home, prepare, table: [fake(notes, 'ledger'), fake(notes, 'worker', 'plain', ['ledger'])] });
  expect(seen).toEqual(['start ledger']);
});

test('a port that a stranger has taken is named, with the way out', async () => {
  const home = aHome();
  const table = [fake(join(home, 'notes'), 'part')];
  const group = await aGroup({ home, table });
  await group.stop();
  const stranger = createServer().listen(Number(new URL(group.urls['PART_URL'] ?? '').port), '127.0.0.1');
  try {
    await expect(startGroup({ home, say: silent, table })).rejects.toThrow(
      /^port \d+ of part is taken: end what uses it, or delete .*ports\.json/,
    );
  } finally {
    stranger.close();
  }
});

test('a ledger that somebody else runs is not started here, and must answer', async () => {
  const env = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:9/none' };
  await expect(startGroup({ home: aHome(), say: silent, parts: ['ledger'], env })).rejects.toThrow(
    'nothing answers at DATABASE_URL',
  );
});

test('nothing outlives a kill -9 of the supervisor, not even a part that is too busy to notice', async () => {
  const { pids, kill } = await aSupervisor(aHome(), 'fake');
  expect(Object.keys(pids)).toEqual(['one', 'two', 'three']);
  await kill('SIGKILL');
  expect(await allGone(Object.values(pids))).toBe(true);
});

test('SIGTERM to the supervisor ends everything, with exit code 0', async () => {
  const { pids, kill } = await aSupervisor(aHome(), 'real');
  expect(await kill('SIGTERM')).toBe(0);
  expect(await allGone(Object.values(pids), 0)).toBe(true);
});

test('nothing outlives a kill -9 of the supervisor, and the next one finds data and addresses as they were', async () => {
  const home = aHome();
  const first = await aSupervisor(home, 'real');
  await query(first.urls['DATABASE_URL'], 'create table kept as select 42 as answer');
  await first.kill('SIGKILL');
  const group = await aGroup({ home, parts: ['ledger', 'engine'] });
  expect(await allGone(Object.values(first.pids), 0)).toBe(true);
  expect(group.urls).toEqual(first.urls);
  expect(await query(group.urls['DATABASE_URL'], 'select answer from kept')).toEqual([{ answer: 42 }]);
});

test('PostgreSQL and the engine come back after kill -9 of their own, of their guard, and keep what was committed', async () => {
  const home = aHome();
  const group = await aGroup({ home, parts: ['ledger', 'engine'] });
  const url = group.urls['DATABASE_URL'];
  await query(url, 'create table kept as select 42 as answer');
  for (const part of ['ledger', 'engine']) {
    const ready = new Promise((resolve) => group.events.once('ready', resolve));
    group.kill(part, 'SIGKILL');
    expect(await ready).toBe(part);
  }
  const guards = (JSON.parse(readFileSync(join(home, 'running.json'), 'utf8')) as { pid: number }[])
    .map(({ pid }) => pid)
    .filter((pid) => !Object.values(group.pids()).includes(pid));
  expect(guards).toHaveLength(2);
  const before = group.pids();
  for (const guard of guards) {
    const ready = new Promise((resolve) => group.events.once('ready', resolve));
    process.kill(guard, 'SIGKILL');
    await ready;
  }
  expect(await allGone(Object.values(before))).toBe(true);
  expect(await query(url, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(await until(() => engineReady(group.urls['TEMPORAL_ADDRESS'] ?? '', 'default'), 5_000)).toBe(true);
});
