/** What a target adds of its own to what it was sent: a number, a total. People at the source get it without another change. */
import { expect, test } from 'vitest';
import { compiledOf, smallFiles } from '../mapping/kit.ts';
import { withRig } from './with-rig.ts';

const NUMBERED = compiledOf(smallFiles('  number: { crm: erp_number, erp: number, flow: crm <- erp, as: text }'));
const numbering = (body: Readonly<Record<string, unknown>>) => ({ ...body, number: body['number'] ?? '0000100001' });

test('what the reply to a create shows beyond what was sent goes back to the source, where people are shown nothing else, too', () =>
  withRig(
    { compiled: NUMBERED, manners: { erp: { normalise: numbering as never } } },
    async ({ systems, settle, db }) => {
      const id = systems.crm.people.create({ name: 'Acme' });
      await settle();
      expect(systems.crm.records.get(id)?.body).toMatchObject({ erp_number: '0000100001' });
      expect(await db.query('select id from pending')).toEqual([]);
    },
  ));

test('where it shows nothing beyond that, a create is over with its one round', () =>
  withRig({ compiled: NUMBERED }, async (rig) => {
    rig.systems.crm.people.create({ name: 'Acme' });
    await rig.observe();
    await rig.observe();
    expect(await rig.round('small')).toBe(true);
    expect(await rig.round('small')).toBe(false);
  }));
