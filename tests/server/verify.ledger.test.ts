import { expect, test } from 'vitest';
import { chain, journal } from '../../src/ledger/steps/journal.ts';
import { inWorld, type World } from './world.ts';

/** A journal of so many entries, each with its number. */
const written = async ({ db }: World, count: number): Promise<void> => {
  const entries = Array.from({ length: count }, (_, i) => ({
    actor: 'ada',
    action: 'test',
    reason: `entry ${i}`,
    values: { secret: i },
  }));
  await journal(db, entries);
  await chain(db);
};

test('an auditor has the whole chain verified, and what does not fit is named by its number and not by its values', () =>
  inWorld(async (world) => {
    await written(world, 7);
    const { json: good } = await world.ask('auditor', 'GET', '/journal/verify');
    expect(good.broken).toBeNull();
    expect(good.head.number).toBe(good.entries);
    await world.db.query(`update journal set reason = 'nothing happened' where reason = 'entry 3'`);
    const { status, json, text } = await world.ask('auditor', 'GET', '/journal/verify');
    expect(status).toBe(200);
    expect(json.broken).toMatchObject({ number: good.entries - 3, reason: expect.stringContaining('not the one') });
    expect(json.entries).toBe(good.entries - 4);
    expect(text).not.toContain('secret');
  }));

test('a checkpoint written down earlier shows that the end was cut off', () =>
  inWorld(async (world) => {
    await written(world, 5);
    const { number, hash } = (await world.ask('auditor', 'GET', '/journal/verify')).json.head;
    await world.db.query(`delete from journal_chain where number > $1`, [number - 2]);
    await world.db.query(`delete from journal where id not in (select journal from journal_chain)`);
    expect((await world.ask('auditor', 'GET', '/journal/verify')).json.broken).toBeNull();
    const known = await world.ask('auditor', 'GET', `/journal/verify?number=${number}&hash=${hash}`);
    expect(known.json.broken).toMatchObject({ number: number - 1, reason: expect.stringContaining('missing') });
  }));

test.each([
  ['number=3', 'give both'],
  [`hash=${'a'.repeat(64)}`, 'give both'],
  ['number=0&hash=x', 'number'],
  ['number=1&hash=x', '64 hexadecimal digits'],
])('half a checkpoint (%s) is refused', (query, sentence) =>
  inWorld(async (world) => {
    const { status, json } = await world.ask('auditor', 'GET', `/journal/verify?${query}`);
    expect([status, json.detail]).toEqual([400, expect.stringContaining(sentence)]);
  }),
);
