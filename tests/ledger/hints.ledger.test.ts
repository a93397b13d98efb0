import { expect, test } from 'vitest';
import type { NativeRecord, ReadAnswer } from '../../connectors/sdk/seam.ts';
import type { Hint } from '../../src/ledger/port.ts';
import { connectionStatus } from '../../src/ledger/queries/status.ts';
import { hear, uncall } from '../../src/ledger/steps/hints.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const SLOT = 'crm/Account';
const say = ({ db }: Rig, id: string | undefined, ...records: readonly string[]) =>
  hear(db, {
    connection: 'crm',
    hints: records.map((record) => ({ slot: SLOT, id: record })),
    ignored: 0,
    ...(id === undefined ? {} : { id }),
  });
const counts = async ({ db }: Rig) => (await connectionStatus(db, 'crm'))[0]?.webhooks;
const hinted = async ({ capture }: Rig): Promise<boolean> => (await capture.position(SLOT)).hinted === true;
const read = async (
  { capture }: Rig,
  answers: readonly { readonly hint: Hint; readonly answer: ReadAnswer }[],
  deletes: 'in-feed' | 'absence' = 'in-feed',
) => {
  const from = await capture.now();
  return capture.storeHinted({ slot: SLOT, from, deletes, read: answers });
};
const foundAs = (record: NativeRecord): ReadAnswer => ({ found: [record] });
const account = (id: string, name: string, version: string): NativeRecord => ({ id, version, body: { name } });
const absent: ReadAnswer = { absent: true };

test('the same webhook fifty times at once is one hint, one call and one reading', () =>
  withRig({}, async (rig) => {
    const heard = await Promise.all(Array.from({ length: 50 }, () => say(rig, 'msg_1', 'A1')));
    expect(heard.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect(heard.flatMap(({ call }) => call)).toEqual([SLOT]);
    expect(await counts(rig)).toMatchObject({ received: 50, repeated: 49, ignored: 0, waiting: 1 });
    const hints = await rig.capture.hints(SLOT, 10);
    expect(hints.map(({ id }) => id)).toEqual(['A1']);
    await read(rig, [{ hint: hints[0] as Hint, answer: foundAs(account('A1', 'Acme', '1')) }]);
    expect(await rig.capture.hints(SLOT, 10)).toEqual([]);
    // Sent again a week later, with a fresh signature.
    rig.pass(7 * 86_400_000);
    expect((await say(rig, 'msg_1', 'A1')).repeated).toBe(true);
    expect(await rig.capture.hints(SLOT, 10)).toEqual([]);
  }));

test('a message’s id is kept for thirty days, and goes when newer ones come', () =>
  withRig({}, async (rig) => {
    await say(rig, 'msg_1', 'A1');
    rig.pass(29 * 86_400_000);
    await say(rig, 'msg_2', 'A1');
    expect(await rig.count('webhook')).toBe(2);
    rig.pass(2 * 86_400_000);
    await say(rig, 'msg_3', 'A1');
    expect(await rig.db.query('select id from webhook order by id')).toEqual([{ id: 'msg_2' }, { id: 'msg_3' }]);
  }));

test('a hint that comes while its record is read is not ended by that reading', () =>
  withRig({}, async (rig) => {
    await say(rig, 'msg_1', 'A1');
    const [first] = await rig.capture.hints(SLOT, 10);
    expect((await say(rig, 'msg_2', 'A1')).call).toEqual([SLOT]);
    await read(rig, [{ hint: first as Hint, answer: foundAs(account('A1', 'Acme', '1')) }]);
    expect(await hinted(rig)).toBe(true);
    const [second] = await rig.capture.hints(SLOT, 10);
    expect(second?.id).toBe('A1');
    expect(second?.seq).not.toBe(first?.seq);
  }));

test('a call for a hint that was read before it was made ends with the next look, so that the next hint calls again', () =>
  withRig({}, async (rig) => {
    const slow = say(rig, 'msg_1', 'A1');
    await slow;
    // The hint was read between its commit and the call.
    await rig.db.query('delete from hint');
    expect(await hinted(rig)).toBe(true);
    expect(await rig.capture.hints(SLOT, 10)).toEqual([]);
    expect(await hinted(rig)).toBe(false);
    expect((await say(rig, 'msg_2', 'A1')).call).toEqual([SLOT]);
  }));

test('who could wake nobody leaves the call to the next hint', () =>
  withRig({}, async (rig) => {
    expect((await say(rig, 'msg_1', 'A1')).call).toEqual([SLOT]);
    expect((await say(rig, 'msg_2', 'A2')).call).toEqual([]);
    await uncall(rig.db, [SLOT]);
    expect((await say(rig, 'msg_3', 'A3')).call).toEqual([SLOT]);
  }));

test('what the system shows is stored and due, what is unchanged is nobody’s work, and what is not there is counted', () =>
  withRig({}, async (rig) => {
    await rig.observe();
    // The first pass woke the mapping, which has looked by now.
    await rig.round();
    await say(rig, undefined, 'A1', 'A9');
    const [one, nine] = await rig.capture.hints(SLOT, 10);
    const stored = await read(rig, [
      { hint: one as Hint, answer: foundAs(account('A1', 'Acme', '1')) },
      { hint: nine as Hint, answer: absent },
    ]);
    expect(stored).toEqual({ changed: 1, missing: 0, nudge: ['customer'] });
    expect(await rig.count('pending where id = $1', ['A1'])).toBe(1);
    expect(await counts(rig)).toMatchObject({ ignored: 1, waiting: 0 });
    await say(rig, undefined, 'A1');
    const [again] = await rig.capture.hints(SLOT, 10);
    rig.pass(10);
    expect(await read(rig, [{ hint: again as Hint, answer: foundAs(account('A1', 'Acme', '1')) }])).toEqual({
      changed: 0,
      missing: 0,
      nudge: [],
    });
  }));

test.each([
  ['suspect where absence is all that shows a deletion', 'absence', 'suspect'],
  ['left to the feed where that shows deletions', 'in-feed', 'present'],
] as const)('a known record that is not there is %s', (_what, deletes, state) =>
  withRig({}, async (rig) => {
    await say(rig, undefined, 'A1');
    const [first] = await rig.capture.hints(SLOT, 10);
    await read(rig, [{ hint: first as Hint, answer: foundAs(account('A1', 'Acme', '1')) }]);
    rig.pass(10);
    await say(rig, undefined, 'A1');
    const [second] = await rig.capture.hints(SLOT, 10);
    rig.pass(10);
    expect(await read(rig, [{ hint: second as Hint, answer: absent }], deletes)).toMatchObject({ missing: 1 });
    expect(await rig.db.query('select state from record where id = $1', ['A1'])).toEqual([{ state }]);
  }),
);

test('an answer that may be another one later keeps its hint, a refusal ends it', () =>
  withRig({}, async (rig) => {
    await say(rig, undefined, 'A1', 'A2');
    const [one, two] = await rig.capture.hints(SLOT, 10);
    const error = (sort: 'transient' | 'permission'): ReadAnswer => ({
      error: { class: sort, message: 'no', scope: 'item' },
    });
    await read(rig, [
      { hint: one as Hint, answer: error('transient') },
      { hint: two as Hint, answer: error('permission') },
    ]);
    expect((await rig.capture.hints(SLOT, 10)).map(({ id }) => id)).toEqual(['A1']);
  }));

test('a reading that began before our own write is not stored over it, but repeated', () =>
  withRig({}, async (rig) => {
    await say(rig, undefined, 'A1');
    const [first] = await rig.capture.hints(SLOT, 10);
    await read(rig, [{ hint: first as Hint, answer: foundAs(account('A1', 'Acme', '1')) }]);
    const from = await rig.capture.now();
    rig.pass(10);
    await rig.db.query(`update record set written_at = ledger_now(), version = '3' where id = 'A1'`);
    await rig.capture.storeHinted({
      slot: SLOT,
      from,
      deletes: 'in-feed',
      read: [{ hint: { id: 'A1', seq: '0' }, answer: foundAs(account('A1', 'Old', '2')) }],
    });
    expect(await rig.db.query(`select version, stale from record where id = 'A1'`)).toEqual([
      { version: '3', stale: true },
    ]);
    expect(await rig.count(`pending where id = 'A1' and cause = 'reread'`)).toBe(1);
  }));
