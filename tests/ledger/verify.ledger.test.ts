import { expect, test } from 'vitest';
import { verifyJournal } from '../../src/ledger/queries/verify.ts';
import { chain, journal } from '../../src/ledger/steps/journal.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ENTRIES = 8;

/** A journal of eight entries, all of them chained. */
const written = async (rig: Rig): Promise<void> => {
  for (let n = 1; n <= ENTRIES; n += 1) {
    await journal(rig.db, [
      { actor: 'steward', action: 'note', mapping: 'customer', reason: `entry ${n}`, values: { n } },
    ]);
    rig.pass(60_000);
  }
  await chain(rig.db);
};

test('rule 17: a journal that nobody touched verifies from end to end, also where values were erased', async () => {
  await withRig({}, async (rig) => {
    expect(await verifyJournal(rig.db)).toMatchObject({ entries: 0, head: null, broken: null });
    await written(rig);
    await rig.db.query('delete from journal_value where journal = 3');
    await journal(rig.db, [{ actor: 'steward', action: 'note', values: null }]);
    const verified = await verifyJournal(rig.db);
    expect(verified).toMatchObject({ entries: ENTRIES, erased: 1, unchained: 1, broken: null });
    await chain(rig.db);
    expect(await verifyJournal(rig.db, verified.head === null ? [] : [verified.head])).toMatchObject({
      entries: ENTRIES + 1,
      unchained: 0,
      broken: null,
    });
  });
});

const BACKDATED = `insert into journal (id, at, actor, action, digest) overriding system value select 100, at - interval '3 hours', actor, action, digest from journal where id = 4`;
const RENUMBERED =
  'update journal_chain set number = number + 100 where number > 4; update journal_chain set number = number - 99 where number > 100';

test.each([
  ['a reason was changed', `update journal set reason = 'because' where id = 3`, 3],
  ['the time was changed', `update journal set at = at + interval '1 second' where id = 5`, 5],
  ['a value moved to the column beside it', `update journal set slot = mapping, mapping = null where id = 4`, 4],
  ['a commitment was changed', `update journal set digest = sha256('x') where id = 2`, 2],
  ['values were changed', `update journal_value set body = '{"n":70}' where journal = 7`, 7],
  ['an entry was deleted', 'delete from journal where id = 6', 6],
  [
    'an entry and its number were deleted',
    'delete from journal where id = 6; delete from journal_chain where journal = 6',
    6,
  ],
  ['the first was deleted', 'delete from journal where id = 1; delete from journal_chain where journal = 1', 1],
  [
    'a deleted entry’s gap was closed',
    'delete from journal where id = 6; delete from journal_chain where journal = 6; update journal_chain set number = number - 1 where number > 6',
    6,
  ],
  [
    'an entry was inserted between',
    `${BACKDATED}; ${RENUMBERED}; insert into journal_chain select 5, 100, hash from journal_chain where number = 4`,
    5,
  ],
  [
    'two entries changed places',
    'update journal j set at = k.at, reason = k.reason, digest = k.digest from journal k where j.id in (3, 4) and k.id = 7 - j.id; update journal_value j set salt = k.salt, body = k.body from journal_value k where j.journal in (3, 4) and k.journal = 7 - j.journal',
    3,
  ],
  [
    'two numbers changed places',
    'update journal_chain set number = 100 where number = 3; update journal_chain set number = 3 where number = 4; update journal_chain set number = 4 where number = 100',
    3,
  ],
] as const)('rule 17: the first entry that is wrong is named when %s', async (_how, tampering, number) => {
  await withRig({}, async (rig) => {
    await written(rig);
    for (const statement of tampering.split('; ')) await rig.db.query(statement);
    expect((await verifyJournal(rig.db)).broken).toMatchObject({ number });
  });
});

test('rule 17: an entry written for a time that is long past is named, also once it has its number', async () => {
  await withRig({}, async (rig) => {
    await written(rig);
    await rig.db.query(BACKDATED);
    await chain(rig.db);
    expect((await verifyJournal(rig.db)).broken).toMatchObject({ number: ENTRIES + 1, journal: '100' });
  });
});

test.each([
  ['its tail was cut off', 'delete from journal where id > 6; delete from journal_chain where number > 6', 7],
  ['all of it was deleted', 'delete from journal; delete from journal_chain', 1],
  [
    'it was changed and chained anew',
    `update journal set reason = 'because' where id = 2; delete from journal_chain`,
    ENTRIES,
  ],
] as const)('rule 17: a checkpoint kept elsewhere shows that %s', async (_how, tampering, number) => {
  await withRig({}, async (rig) => {
    await written(rig);
    const { head } = await verifyJournal(rig.db);
    for (const statement of tampering.split('; ')) await rig.db.query(statement);
    await chain(rig.db);
    expect((await verifyJournal(rig.db)).broken).toBeNull();
    expect((await verifyJournal(rig.db, head === null ? [] : [head])).broken).toMatchObject({ number });
  });
});
