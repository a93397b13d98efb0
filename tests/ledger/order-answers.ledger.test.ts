/** What the ERP answers in its columns to a change or a cancellation: accepted, refused or compensated, at each step. */
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { compiledOf } from '../mapping/kit.ts';
import { anOrder, eventsOf, ORDER_FILES, rowOf, type Shop, withOrders } from './orders.ts';
import type { Rig } from './rig.ts';

const ANSWERS = `  answers:
    - { to: cancel, answer: compensated, erp: { answer: [back] }, say: It is taken back and credited. }
    - { to: cancel, answer: refused, erp: { answer: [no] } }
    - { to: cancel, answer: accepted, erp: { answer: [yes] } }
    - { to: change, answer: compensated, erp: { amended: [late] }, say: The rest is credited. }
`;
const at = 'mappings/order.yaml';
const FILES = {
  ...ORDER_FILES,
  [at]: ORDER_FILES[at]
    .replaceAll('change: refuse, cancel: refuse', 'change: propose, cancel: propose')
    .replace('  targets:', `${ANSWERS}  targets:`),
};
const withAnswers = (work: (rig: Rig, shop: Shop) => Promise<void>): Promise<void> =>
  withOrders(work, undefined, compiledOf(FILES));

/** The pairs that may stand, once more as a person would write them. */
const PAIRS: readonly (readonly [crm: string, erp: string])[] = [
  ['submitted', 'o'],
  ['confirmed', 'c'],
  ['shipped', 's'],
  ['closed', 'z'],
  ['cancelled', 'x'],
];
const journalled = ({ db }: Rig) =>
  db.query<{ reason: string }>(`select reason from journal where action = 'answer' order by id`);

type Answer = 'accepted' | 'refused' | 'compensated';
const SAID: Readonly<Record<Answer, string>> = {
  accepted: 'The cancellation was accepted.',
  refused: 'The cancellation was refused.',
  compensated: 'It is taken back and credited.',
};
const WORDS: Readonly<Record<Answer, string>> = { accepted: 'yes', refused: 'no', compensated: 'back' };

/** At which step it is cancelled, what the ERP then says, and where both sides end. */
const CANCELS: readonly (readonly [step: string, erp: string, answer: Answer, ends: readonly [string, string]])[] = [
  ['raised', 'o', 'accepted', ['cancelled', 'x']],
  ['raised', 'o', 'refused', ['submitted', 'o']],
  ['confirmed', 'c', 'accepted', ['cancelled', 'x']],
  ['confirmed', 'c', 'refused', ['confirmed', 'c']],
  ['confirmed', 'c', 'compensated', ['cancelled', 'x']],
  ['shipped', 's', 'refused', ['shipped', 's']],
  ['shipped', 's', 'compensated', ['cancelled', 'x']],
  ['closed', 'z', 'refused', ['closed', 'z']],
  ['closed', 'z', 'compensated', ['cancelled', 'x']],
];
test.each(CANCELS)(
  'an order that is cancelled while it is %s (%s) and %s by the ERP ends in %j',
  (_, erp, answer, ends) =>
    withAnswers(async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 500));
      if (erp !== 'o') await shop.advance('O1', { status: erp });
      await shop.edit(id, { status: 'cancelled' });
      expect(shop.inErp('O1')[0]?.body['status']).toBe('x');
      expect(await journalled(rig)).toEqual([]);
      await shop.advance('O1', { status: ends[1], answer: WORDS[answer] });
      const pair = [shop.inCrm(id)['status'], shop.inErp('O1')[0]?.body['status']];
      expect(pair).toEqual(ends);
      expect(PAIRS).toContainEqual(pair);
      expect(shop.inCrm(id)).toMatchObject({ sync_state: 'in agreement', sync_reason: SAID[answer] });
      expect((await eventsOf(rig, id)).filter((event) => event.startsWith(answer))).toEqual([
        expect.stringContaining(`: ${SAID[answer]}`),
      ]);
      expect(await journalled(rig)).toEqual([{ reason: `cancel ${answer}` }]);
      expect(await rig.count('parked')).toBe(0);
      const rest = shop.inCrm(id);
      await rig.db.query('update slot set pass_wanted = true');
      await rig.settle();
      expect(shop.inCrm(id)).toEqual(rest);
      expect(await journalled(rig)).toHaveLength(1);
    }),
);

test.each([
  ['confirmed', 'c'],
  ['shipped', 's'],
  ['closed', 'z'],
])('a change that comes too late while it is %s is made good, and the next one is only a change', (_, erp) =>
  withAnswers(async (rig, shop) => {
    const id = await shop.raise(anOrder('O1', 500));
    await shop.advance('O1', { status: erp });
    await shop.edit(id, { note: 'half of it' });
    await shop.advance('O1', { amended: 'late' });
    const said = (): unknown => shop.inCrm(id)['sync_reason'];
    expect([shop.inCrm(id)['note'], shop.inErp('O1')[0]?.body['note']]).toEqual(['half of it', 'half of it']);
    expect(said()).toBe('The rest is credited.');
    expect(await rowOf(rig, id)).toMatchObject({ said: 'The rest is credited.' });
    expect(await journalled(rig)).toEqual([{ reason: 'change compensated' }]);
    await shop.edit(id, { note: 'at the door' });
    await shop.advance('O1', { amended: null });
    expect(said()).toBeNull();
    expect(shop.inErp('O1')[0]?.body['note']).toBe('at the door');
    expect(await journalled(rig)).toHaveLength(1);
    expect(await rig.count('parked')).toBe(0);
  }),
);

const REFUSES = (body: JsonObject): string | undefined =>
  body['note'] === 'not like this' ? 'It is packed' : undefined;
test('what the ERP refuses at once is said before what it answered earlier', () =>
  withOrders(
    async (rig, shop) => {
      const id = await shop.raise(anOrder('O1', 500, { note: 'ring twice' }));
      await shop.advance('O1', { status: 'c', amended: 'late' });
      await shop.edit(id, { note: 'not like this' });
      expect(shop.inCrm(id)).toMatchObject({ note: 'ring twice', sync_reason: 'It is packed' });
      expect(await journalled(rig)).toEqual([{ reason: 'change compensated' }]);
    },
    REFUSES,
    compiledOf(FILES),
  ));
