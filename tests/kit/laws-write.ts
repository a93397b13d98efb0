/** The laws of connectors about writing. */
import { expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import { foundIn, idIn, type Trial } from './trial.ts';

/** Laws of writing, by number. */
export const writeLaws = (at: Trial) => ({
  1: () => {
    test('law 1: one outcome per item, in order, whatever becomes of each', async () => {
      const { world, actions } = at();
      const known = await actions.one(actions.create('1-known'));
      const stale: WriteItem[] =
        actions.capabilities.guard === 'version'
          ? [
              {
                op: 'update',
                id: idIn(known),
                data: world.change('1-stale'),
                expectVersion: '987654',
                idempotencyKey: '1-d',
              },
            ]
          : [];
      const outcomes = await actions.write([
        { op: 'update', id: idIn(known), data: world.change('1-first'), idempotencyKey: '1-a' },
        actions.create('1-b'),
        actions.create('1-c', world.refused),
        ...stale,
        { op: 'update', id: '0000999999', data: world.change('1-none'), idempotencyKey: '1-e' },
        actions.create('1-f'),
      ]);
      const seen = outcomes.map((each) => ('error' in each ? `${each.status} ${each.error.class}` : each.status));
      expect(seen).toEqual([
        'updated',
        'created',
        'failed validation',
        ...stale.map(() => 'failed conflict'),
        'failed not-found',
        'created',
      ]);
      expect(idIn(outcomes[0])).toBe(idIn(known));
    });

    test('law 1: more items than one request takes still have one outcome each', async () => {
      const { actions } = at();
      const count = actions.capabilities.write.maxBatch * 2 + 1;
      const items = Array.from({ length: count }, (_, index) => actions.create(`1-many-${index}`));
      const outcomes = await actions.write(items);
      expect(new Set(outcomes.map(idIn)).size).toBe(count);
      expect(await actions.write([])).toEqual([]);
    });
  },
  2: () => {
    test('law 2: the same batch twice leaves the target as after the first time', async () => {
      const { world, actions } = at();
      const id = idIn(await actions.one(actions.create('2-known')));
      const update: WriteItem = { op: 'update', id, data: world.change('2-again'), idempotencyKey: '2-u' };
      const repeatable = actions.capabilities.idempotency === 'unique' ? [update, actions.create('2-new')] : [update];
      const first = await actions.write(repeatable);
      const before = await actions.readIds(first.map(idIn));
      const second = await actions.write(repeatable);
      expect(second.map(idIn)).toEqual(first.map(idIn));
      expect(await actions.readIds(first.map(idIn))).toEqual(before);
    });
  },
  6: () => {
    test.each(['cut before', 'cut after'] as const)(
      'law 6: after a write with its connection %s the commit, reading by key tells the truth',
      async (fate) => {
        const { world, actions } = at();
        const key = `6-${fate.replace(' ', '-')}`;
        await world.strike(fate, 'write');
        const outcome = await actions.one(actions.create(key));
        expect(outcome.status).toBe('unknown');
        const [answer] = await actions.readKeys([key]);
        expect(foundIn(answer)).toBe(fate === 'cut after' ? 1 : 0);
      },
    );
  },
});
