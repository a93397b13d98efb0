import { expect, test } from 'vitest';
import { compileMappings } from '../../src/mapping/compile.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const staff = (acyclic = 'acyclic: true, ') =>
  compileMappings({
    'mappings/staff.yaml': `mapping: staff
revision: 1
summary: People and their managers.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create }, on_delete: { to_erp: block, to_crm: block } }
fields:
  name: { crm: name, erp: organization_name, flow: crm <-> erp, conflict: crm wins, as: text, required: true }
  phone: { crm: phone, erp: phone, flow: crm <-> erp, conflict: crm wins, as: text }
  manager: { crm: manager_id, erp: manager, flow: crm <-> erp, conflict: park, link: staff, ${acyclic}empty: clear }
`,
  }).mappings;

const parked = (rig: Rig) =>
  rig.db.query<{ field: string; code: string; message: string }>(
    `select field, code, message from parked order by message`,
  );
const settled = async (rig: Rig): Promise<void> => {
  rig.pass(2_000);
  for (let quiet = 0, rounds = 0; quiet < 3 && rounds < 60; rounds += 1) {
    rig.pass(1_500);
    await rig.observe();
    quiet = (await rig.round('staff')) ? 0 : quiet + 1;
  }
};
const COLUMNS = { crm: ['name', 'manager_id'], erp: ['organization_name', 'manager'] } as const;
/** Who leads whom at a side, by names. */
const chain = (rig: Rig, side: 'crm' | 'erp' = 'erp'): Readonly<Record<string, string>> => {
  const all = rig.systems[side].records;
  const [label, leader] = COLUMNS[side];
  const name = (id: unknown): string => String(all.get(String(id))?.body[label] ?? '');
  return Object.fromEntries([...all.values()].map(({ body }) => [String(body[label]), name(body[leader])]));
};
const hire = async (rig: Rig, names: readonly string[]): Promise<readonly string[]> => {
  const ids = names.map((name) => rig.systems.crm.people.create({ name }));
  await settled(rig);
  return ids;
};

test('a change that closes a loop is set aside with the whole way, its other fields cross, and it follows once somebody breaks the loop', async () => {
  await withRig({ compiled: staff() }, async (rig) => {
    const [a = '', b = '', c = ''] = await hire(rig, ['Ada', 'Ben', 'Cyd']);
    rig.systems.crm.people.edit(a, { manager_id: b });
    rig.systems.crm.people.edit(b, { manager_id: c });
    await settled(rig);
    expect(chain(rig)).toEqual({ Ada: 'Ben', Ben: 'Cyd', Cyd: '' });

    rig.systems.crm.people.edit(c, { manager_id: a, phone: '123' });
    await settled(rig);
    expect(await parked(rig)).toEqual([
      {
        field: 'manager',
        code: 'REFERENCE_LOOP',
        message:
          'It would close a loop: Cyd → Ada → Ben → Cyd. Break the loop at any of its records; it is tried again by itself.',
      },
    ]);
    expect(chain(rig)).toEqual({ Ada: 'Ben', Ben: 'Cyd', Cyd: '' });
    expect([...rig.systems.erp.records.values()].map(({ body }) => body['phone'])).toContain('123');

    rig.systems.crm.people.edit(a, { manager_id: '' });
    await settled(rig);
    expect(await parked(rig)).toEqual([]);
    expect(chain(rig)).toEqual({ Ada: '', Ben: 'Cyd', Cyd: 'Ada' });
    expect(await rig.count('pending')).toBe(0);
  });
});

test('without the word the same loop crosses', async () => {
  await withRig({ compiled: staff('') }, async (rig) => {
    const [a = '', b = ''] = await hire(rig, ['Ada', 'Ben']);
    rig.systems.crm.people.edit(a, { manager_id: b });
    rig.systems.crm.people.edit(b, { manager_id: a });
    await settled(rig);
    expect(chain(rig)).toEqual({ Ada: 'Ben', Ben: 'Ada' });
  });
});

test('changes of one round that close a loop together are seen, whichever side made them, and cross once one is taken back', async () => {
  await withRig({ compiled: staff() }, async (rig) => {
    const [a = '', b = ''] = await hire(rig, ['Ada', 'Ben', 'Cyd']);
    const partners = new Map([...rig.systems.erp.records].map(([id, { body }]) => [body['organization_name'], id]));
    rig.systems.crm.people.edit(a, { manager_id: b });
    rig.systems.crm.people.edit(b, { manager_id: [...rig.systems.crm.records.keys()].at(-1) ?? '' });
    rig.systems.erp.people.edit(partners.get('Cyd') ?? '', { manager: partners.get('Ada') ?? '' });
    await settled(rig);
    expect((await parked(rig)).map(({ message }) => message.split('.')[0])).toEqual([
      'It would close a loop: Ada → Ben → Cyd → Ada',
      'It would close a loop: Ben → Cyd → Ada → Ben',
      'It would close a loop: Cyd → Ada → Ben → Cyd',
    ]);
    expect(chain(rig, 'crm')).toEqual({ Ada: 'Ben', Ben: 'Cyd', Cyd: '' });
    expect(chain(rig, 'erp')).toEqual({ Ada: '', Ben: '', Cyd: 'Ada' });

    rig.systems.crm.people.edit(b, { manager_id: '' });
    await settled(rig);
    expect(await parked(rig)).toEqual([]);
    for (const side of ['crm', 'erp'] as const) expect(chain(rig, side)).toEqual({ Ada: 'Ben', Ben: '', Cyd: 'Ada' });
  });
});

test('what one side says and may not cross is in the way of what the other side says', async () => {
  await withRig({ compiled: staff() }, async (rig) => {
    const [a = '', b = ''] = await hire(rig, ['Ada', 'Ben', 'Cyd']);
    const partners = new Map([...rig.systems.erp.records].map(([id, { body }]) => [body['organization_name'], id]));
    rig.systems.crm.people.edit(a, { manager_id: b });
    await settled(rig);
    rig.systems.crm.people.edit(b, { manager_id: a });
    await settled(rig);
    // At the CRM Ben is under Ada: Ada goes free at the ERP only, and nothing of it makes a loop at the CRM.
    rig.systems.erp.people.edit(partners.get('Ada') ?? '', { manager: partners.get('Cyd') ?? '' });
    rig.systems.erp.people.edit(partners.get('Cyd') ?? '', { manager: partners.get('Ben') ?? '' });
    await settled(rig);
    expect(chain(rig, 'crm')['Cyd']).toBe('');
    expect(await rig.count(`parked where code = 'REFERENCE_LOOP'`)).toBeGreaterThan(0);
  });
});

test('two who swap cross in one round; a person who leads themself does not', async () => {
  await withRig({ compiled: staff() }, async (rig) => {
    const [a = '', b = ''] = await hire(rig, ['Ada', 'Ben']);
    rig.systems.crm.people.edit(a, { manager_id: b });
    await settled(rig);
    rig.systems.crm.people.edit(a, { manager_id: '' });
    rig.systems.crm.people.edit(b, { manager_id: a });
    rig.pass(2_000);
    await rig.observe();
    await rig.round('staff');
    expect(await rig.count(`journal where code = 'REFERENCE_LOOP'`)).toBe(0);
    await settled(rig);
    expect(chain(rig)).toEqual({ Ada: '', Ben: 'Ada' });
    rig.systems.crm.people.edit(a, { manager_id: a });
    await settled(rig);
    expect((await parked(rig)).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^It would close a loop: Ada → Ada\./),
    ]);
    expect(chain(rig)).toEqual({ Ada: '', Ben: 'Ada' });
  });
});

test('two planners at once do not slip a loop in, each with one half of it', async () => {
  await withRig({ compiled: staff() }, async (rig) => {
    const [a = '', b = ''] = await hire(rig, ['Ada', 'Ben']);
    const segments: string[] = [];
    for (const [who, manager] of [
      [a, b],
      [b, a],
    ] as const) {
      rig.systems.crm.people.edit(who, { manager_id: manager });
      rig.pass(2_000);
      await rig.observe();
      const fresh = crypto.randomUUID();
      const { segment } = await rig.pipeline.claim({ mapping: 'staff', fresh, workflow: `planner of ${who}` });
      expect(segment).toBe(fresh);
      segments.push(fresh);
    }
    await Promise.all(segments.map((segment) => rig.pipeline.plan(segment)));
    expect(await rig.count(`parked where code = 'REFERENCE_LOOP'`)).toBe(1);
    expect(await rig.count(`intent where ended_at is null`)).toBe(1);
    expect(await rig.count(`edge where not held`)).toBe(1);
    expect(await rig.count(`edge where held`)).toBe(1);
  });
});

test('a ledger from before the word knows what was agreed on', async () => {
  await withRig({ compiled: staff() }, async (rig) => {
    const [a = '', b = ''] = await hire(rig, ['Ada', 'Ben']);
    rig.systems.crm.people.edit(a, { manager_id: b });
    await settled(rig);
    await rig.db.query(`delete from edge`);
    await rig.db.query(`delete from edges_made`);
    rig.systems.crm.people.edit(b, { manager_id: a });
    await settled(rig);
    expect(await parked(rig)).toMatchObject([{ code: 'REFERENCE_LOOP' }]);
    expect(chain(rig)).toEqual({ Ada: 'Ben', Ben: '' });
  });
});
