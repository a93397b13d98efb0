/** Rule 3 where a key holds a reference: what a create reserves is the key at that parent, not the key everywhere. */
import { expect, test } from 'vitest';
import { linkedMappings } from './links.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ADA = { name: 'Ada', email: 'ada@example.com' };
const persons = (rig: Rig): number => rig.contacts.erp.commits.filter(({ op }) => op === 'create').length;

/** Two customers on both sides, and an Ada at each of them, seen by nobody yet but captured. */
const twoAdas = async (rig: Rig): Promise<readonly [string, string]> => {
  const [acme = '', beta = ''] = ['Acme', 'Beta'].map((name) => rig.systems.crm.people.create({ name }));
  await rig.settle();
  for (const account of [acme, beta]) rig.contacts.crm.people.create({ ...ADA, account_id: account });
  rig.pass(2_000);
  await rig.observe();
  await rig.observe();
  return [acme, beta];
};

test('rule 3: records of one key at different parents are created in one round', () =>
  withRig({ compiled: linkedMappings() }, async (rig) => {
    await twoAdas(rig);
    expect(await rig.round('contact')).toBe(true);
    expect(persons(rig)).toBe(2);
    await rig.settle();
    expect([persons(rig), await rig.count('parked'), await rig.count('link_key')]).toEqual([2, 0, 0]);
  }));

test('rule 3: while one is being created, its like at the same parent waits, and its like at another does not', () =>
  withRig({ compiled: linkedMappings() }, async (rig) => {
    const [acme] = await twoAdas(rig);
    // A third, by e-mail only the like of the first, comes while the creates of the two are on their way.
    const sent = async (): Promise<void> => {
      rig.contacts.crm.people.create({ ...ADA, name: 'A. Lovelace', account_id: acme });
    };
    expect(await rig.round('contact', sent)).toBe(true);
    expect(await rig.count('link_key')).toBe(4);
    rig.pass(2_000);
    await rig.observe();
    expect(await rig.round('contact')).toBe(true);
    expect([...rig.contacts.erp.records.values()].map(({ body }) => body['full_name'])).toEqual(['Ada', 'Ada']);
    expect(await rig.db.query(`select reason from pending where reason = 'KEY_RESERVED'`)).toHaveLength(1);
  }));
