/** Who sees what of a view: by role, and by own, team, branch or all, as the mapping of employees knows people. */
import { expect, test } from 'vitest';
import type { Configuration } from '../../src/config/port.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { toBytes } from '../../src/ledger/codec.ts';
import { problemLine } from '../../src/mapping/problem.ts';
import { createPersons } from '../../src/server/persons.ts';
import { aSystem, customerFinance, mappingsWith, viewsOf } from '../kit/views.ts';
import { account, CRM, ERP, inWorld, partner, type World } from './world.ts';

const STAFF = `mapping: staff
revision: 1
summary: Those who work for us.
between: { crm: { connection: crm, record: User }, erp: { connection: erp, record: Employee } }
identity: { match_on: [[login]], on_none: { to_erp: ignore, to_crm: ignore } }
fields:
  login: { crm: login, erp: login, flow: crm <-> erp, as: text, conflict: crm wins }
  job: { crm: job, erp: job, flow: crm <- erp, as: text }
  team: { crm: team, erp: department, flow: crm <- erp, as: text }
  site: { crm: site, erp: branch, flow: crm <- erp, as: text }
`;
// The ERP calls North what the CRM calls South, and the other way round; Rita’s own department is of the North.
const OFFICES = `lookup: offices
revision: 1
summary: The same words for other things.
rows: [{ crm: North, erp: South }, { crm: South, erp: North }, { crm: Kiel, erp: Bonn }, { crm: Bonn, erp: Kiel }]
`;
const PEOPLE = { mapping: 'staff', role: 'job', team: 'team', branch: 'site' };
const ROLES = `rows: { owner: sales_rep }
roles:
  rep: { rows: own, fields: [credit limit] }
  lead: { rows: team, fields: [credit limit, on hold] }
  clerk: { rows: branch }
  controller: { rows: all }
`;

const user = (id: string, job: string, team: string, site: string) => ({ id, body: { login: id, job, team, site } });
const employee = (id: string, login: string, department: string, branch: string) => ({
  id,
  body: { login, job: 'rep', department, branch },
});

/** People as their systems show them, whatever mappings this world has. */
const people = async (
  { db }: World,
  all: readonly (readonly [string, { readonly id: string; readonly body: JsonObject }])[],
): Promise<void> => {
  for (const [slot, { id, body }] of all)
    await db.query(
      `insert into record (slot, id, link, seen_from, first_seen, hash, body) values ($1, $2, gen_random_uuid(), now(), now(), '', $3)`,
      [slot, id, toBytes(body)],
    );
};

/** Partner 100 is Rita's (CRM U1, ERP E1), of the team North at Kiel. */
const among = async (
  work: (
    world: World & { readonly system: ReturnType<typeof aSystem> },
    see: (person?: string) => ReturnType<World['ask']>,
  ) => Promise<void>,
  roles = ROLES,
  staff = STAFF,
): Promise<void> => {
  let world: World | undefined;
  const mappings = mappingsWith({ 'mappings/staff.yaml': staff, 'mappings/lookups/offices.yaml': OFFICES });
  expect(mappings.problems.map(problemLine)).toEqual([]);
  const { views, problems } = viewsOf(
    customerFinance((text) => text + roles),
    { mappings, people: true },
  );
  expect(problems).toEqual([]);
  const db = (): World['db'] => {
    if (world === undefined) throw new Error('there is no world yet');
    return world.db;
  };
  const system = aSystem(db, () => views);
  const configuration: Configuration = {
    revision: 1,
    connections: [],
    presets: {},
    mappings: [],
    views: [],
    people: PEOPLE,
  };
  await inWorld(
    async (made) => {
      world = made;
      await made.seen(CRM, [{ id: 'A1', body: account('Acme') }]);
      await made.seen(ERP, [{ id: '100', body: partner('Acme') }]);
      await made.linked({ crm: 'A1', erp: '100' });
      system.records.set('100', { ...partner('Acme'), sales_rep: 'E1' });
      await people(made, [
        ['crm/User', user('U1', 'rep', 'North', 'Kiel')],
        ['crm/User', user('U2', 'rep', 'North', 'Kiel')],
        ['crm/User', user('U3', 'lead', 'North', 'Bonn')],
        ['crm/User', user('U4', 'lead', 'South', 'Kiel')],
        ['crm/User', user('U5', 'clerk', 'South', 'Kiel')],
        ['crm/User', user('U6', 'controller', 'Head', 'Bonn')],
        ['crm/User', user('U7', 'porter', 'North', 'Kiel')],
        ['erp/Employee', employee('E1', 'U1', 'North', 'Kiel')],
      ]);
      await made.db.query(
        `update record set link = (select link from record where slot = 'crm/User' and id = 'U1') where slot = 'erp/Employee' and id = 'E1'`,
      );
      await work({ ...made, system }, (person) =>
        made.ask('steward', 'GET', `/views/customer-finance/A1${person === undefined ? '' : `?as=${person}`}`),
      );
    },
    {
      compilation: () => ({ mappings: mappings.mappings, views, problems: [], configuration }),
      temporal: system.temporal,
    },
  );
};

const ALL = ['credit limit', 'payment terms', 'on hold', 'name in the ERP'];

test('each person sees the records and fields of their role, and of others not even that they are there', () =>
  among(async (_, see) => {
    const seen: Record<string, readonly string[] | string> = {};
    for (const person of ['U1', 'U2', 'U3', 'U4', 'U5', 'U6', 'U7', 'U9']) {
      const { json } = await see(person);
      seen[person] = json.code ?? Object.keys(json.record);
    }
    expect(seen).toEqual({
      U1: ['credit limit'], // their own
      U2: 'NOT_FOUND', // a colleague's
      U3: ['credit limit', 'on hold'], // the team's
      U4: 'NOT_FOUND', // another team's
      U5: ALL, // the branch's
      U6: ALL,
      U7: 'NOT_FOUND', // no role of theirs is named
      U9: 'FORBIDDEN', // nobody
    });
    expect((await see()).json.code).toBe('BAD_REQUEST');
  }));

test('a refusal to see reads as if there were no such record', () =>
  among(async (world, see) => {
    const { detail: hidden } = (await see('U2')).json;
    const { detail: absent } = (await world.ask('steward', 'GET', '/views/customer-finance/A9?as=U2')).json;
    expect(hidden.replace('A1', 'A9')).toBe(absent);
  }));

test('nothing is asked for somebody who may see none of it, or of whose record the asking side itself tells', () =>
  among(
    async (world, see) => {
      const seen: unknown[] = [];
      for (const person of ['U2', 'U4', 'U7', 'U9']) seen.push((await see(person)).json.code);
      expect([seen, world.system.requests]).toEqual([['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN'], []]);
      await says(world, CRM, 'A1', account('U1'));
      expect([(await see('U1')).status, world.system.requests]).toEqual([200, [['100']]]);
    },
    ROLES.replace('owner: sales_rep', 'owner: { field: name }'),
  ));

test('while the system is away only those learn of it whose record it is known to be', () =>
  among(async (world, see) => {
    const codes = async () => Promise.all(['U1', 'U2', 'U6'].map(async (person) => (await see(person)).json.code));
    world.system.fail('UNREACHABLE');
    // Nobody has read yet whose it is: to those whom it may concern it is as if there were none.
    expect(await codes()).toEqual(['NOT_FOUND', 'NOT_FOUND', 'UNREACHABLE']);
    const { detail: hidden } = (await see('U2')).json;
    const { detail: absent } = (await world.ask('steward', 'GET', '/views/customer-finance/A9?as=U2')).json;
    expect(hidden.replace('A1', 'A9')).toBe(absent);
    world.system.fail(undefined);
    expect((await see('U1')).status).toBe(200);
    await world.db.query(`update view_answer set as_of = as_of - interval '2 days'`);
    world.system.fail('UNREACHABLE');
    expect(await codes()).toEqual(['UNREACHABLE', 'NOT_FOUND', 'UNREACHABLE']);
  }));

test('however many persons ask at once, they are looked up together', () =>
  among(async (world) => {
    const mapping = mappingsWith({ 'mappings/staff.yaml': STAFF }).mappings.get('staff');
    if (mapping === undefined) throw new Error('there is no staff');
    const statements: string[] = [];
    const counting = {
      ...world.db,
      query: (sql: string, values?: unknown[]) => {
        statements.push(sql);
        return world.db.query(sql, values);
      },
    };
    const persons = createPersons(counting as World['db'])(mapping, PEOPLE);
    const ids = ['U1', 'U2', 'U3', 'U4', 'U5', 'U6', 'U7', 'U9'];
    const found = await Promise.all(ids.flatMap((id) => [persons.asking('crm', id), persons.owning('crm', id)]));
    expect(found.map((person) => person?.team).slice(0, 6)).toEqual([
      'North',
      'North',
      'North',
      'North',
      'North',
      'North',
    ]);
    expect(await Promise.all([persons.across('erp', 'E1'), persons.across('erp', 'E2')])).toEqual(['U1', undefined]);
    expect(statements).toHaveLength(3);
  }));

test('whoever has left sees nothing any more', () =>
  among(async (world, see) => {
    expect((await see('U6')).status).toBe(200);
    await world.db.query(`update record set state = 'gone' where slot = 'crm/User' and id = 'U6'`);
    expect((await see('U6')).json.code).toBe('FORBIDDEN');
  }));

const replaced = (find: string, put: string): string => {
  expect(STAFF).toContain(find);
  return STAFF.replace(find, put);
};
const says = ({ db }: World, slot: string, id: string, body: JsonObject): Promise<unknown> =>
  db.query(`update record set body = $3 where slot = $1 and id = $2`, [slot, id, toBytes(body)]);
const RITA = user('U1', 'rep', 'North', 'Kiel').body;
const RITA_ERP = employee('E1', 'U1', 'North', 'Kiel').body;

test.each<[string, string, string, 'crm/User' | 'erp/Employee', JsonObject]>([
  ['outside what is mapped', 'identity:', 'include: { crm: { active: [true] } }', 'crm/User', { active: false }],
  [
    'outside it by what personnel says',
    'identity:',
    'include: { erp: { status: [here] } }',
    'erp/Employee',
    { status: 'left' },
  ],
  [
    'marked as out of use',
    'on_none:',
    'retired: { crm: { active: [false] }, erp: { status: [left] } },',
    'crm/User',
    { active: false },
  ],
  [
    'past the last day',
    'identity:',
    'include: { erp: { status: [here] } }\neffective: { erp: { until: end, after: { status: left }, zone: UTC } }',
    'erp/Employee',
    { status: 'here', end: '2020-01-31' },
  ],
  [
    'gone by the rule for those who leave',
    'fields:\n',
    `effective: { erp: { until: end, after: { status: left }, zone: UTC } }
on_leave: { when: { erp: { status: [left] } }, reassign: [{ mapping: staff, field: boss, to: [{ user: U6 }] }] }
fields:
  boss: { crm: boss, erp: boss, flow: crm <- erp, link: staff }
  status: { crm: status, erp: status, flow: crm <- erp, as: text }
`,
    'erp/Employee',
    { status: 'here', end: '2020-01-31' },
  ],
])('whoever is %s is refused, though the user is still there', (_, before, put, slot, left) =>
  among(
    async (world, see) => {
      const here = { active: true, status: 'here', end: '2999-12-31' };
      await says(world, 'crm/User', 'U1', { ...RITA, ...here });
      await says(world, 'erp/Employee', 'E1', { ...RITA_ERP, ...here });
      expect((await see('U1')).status).toBe(200);
      await says(world, slot, slot === 'crm/User' ? 'U1' : 'E1', {
        ...(slot === 'crm/User' ? RITA : RITA_ERP),
        ...here,
        ...left,
      });
      expect((await see('U1')).json.code).toBe('FORBIDDEN');
      // What she leaves is still her team's.
      await says(world, 'crm/User', 'U3', { ...user('U3', 'lead', 'North', 'Bonn').body, ...here });
      expect((await see('U3')).status).toBe(200);
    },
    ROLES,
    replaced(before, before === 'on_none:' ? `${put} ${before}` : before === 'identity:' ? `${put}\n${before}` : put),
  ),
);

test('whoever personnel has deleted is refused', () =>
  among(async (world, see) => {
    expect((await see('U1')).status).toBe(200);
    await world.db.query(`update record set state = 'gone' where slot = 'erp/Employee' and id = 'E1'`);
    expect((await see('U1')).json.code).toBe('FORBIDDEN');
  }));

test('whose role is not named has what the view says of everyone', () =>
  among(
    async (_, see) => {
      expect(Object.keys((await see('U7')).json.record)).toEqual(['on hold']);
      expect((await see('U4')).json.code).toBe('NOT_FOUND');
    },
    `rows: { owner: nobody }
roles: { everyone: { rows: all, fields: [on hold] }, lead: { rows: team } }
`,
  ));

const BY_OWNER = ['U1', 'U3', 'U5', 'U6'];
const AS_OFFICES = (text: string): string =>
  text
    .replace('erp: department, flow: crm <- erp, as: text', 'erp: department, flow: crm <- erp, lookup: offices')
    .replace('erp: branch, flow: crm <- erp, as: text', 'erp: branch, flow: crm <- erp, lookup: offices');

test.each<[string, string, JsonObject, readonly string[]]>([
  ['an owner by a column', 'owner: sales_rep', {}, BY_OWNER],
  ['an owner by the mapping’s field', 'owner: { field: name }', {}, BY_OWNER],
  ['a team by a table', 'team: { at: office, lookup: offices }', { office: 'South' }, ['U3', 'U6']],
  ['the other team by the table', 'team: { at: office, lookup: offices }', { office: 'North' }, ['U4', 'U6']],
  [
    'a team that the table does not know, though the owner has one',
    'owner: sales_rep, team: { at: office, lookup: offices }',
    { office: 'East' },
    ['U1', 'U5', 'U6'],
  ],
  [
    'no team, so that the owner’s counts',
    'owner: sales_rep, team: { at: office, lookup: offices }',
    { office: '' },
    BY_OWNER,
  ],
  ['a team by the mapping’s field', 'team: { field: city }', {}, ['U4', 'U6']],
  ['a branch by a table', 'branch: { at: office, lookup: offices }', { office: 'Bonn' }, ['U5', 'U6']],
  ['another branch by the table', 'branch: { at: office, lookup: offices }', { office: 'Kiel' }, ['U6']],
  ['a branch by the mapping’s field', 'branch: { field: street }', {}, ['U5', 'U6']],
])('a record that names %s is seen by those of each role whose it is', (_, rows, more, expected) =>
  among(
    async (world, see) => {
      await says(world, 'erp/Employee', 'E1', employee('E1', 'U1', 'South', 'Bonn').body);
      await says(world, CRM, 'A1', account('U1', { billing: { city: 'South', street: 'Kiel' } }));
      world.system.records.set('100', { ...partner('Acme'), sales_rep: 'E1', ...more });
      const seen: string[] = [];
      for (const person of ['U1', 'U2', 'U3', 'U4', 'U5', 'U6', 'U7'])
        if ((await see(person)).status === 200) seen.push(person);
      expect(seen).toEqual(expected);
    },
    ROLES.replace('rows: { owner: sales_rep }', `rows: { owner: nobody, ${rows} }`).replace(
      'owner: nobody, owner:',
      'owner:',
    ),
    AS_OFFICES(STAFF),
  ),
);
