import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { judgeStaff, type StaffCase, staffLine } from './staff.ts';
import type { Commit, SystemView } from './words.ts';

const TODAY = '2026-06-15';
const commit = (record: string, id: unknown, after: Doc, more: Partial<Commit> = {}): Commit => {
  const first = { seq: 1, at: '2026-01-01T00:00:00.000Z', actor: 'seed', op: 'create' } as const;
  return { ...first, record, id: String(id), after, ...more };
};
const seen = (record: string, key: string, state: readonly Doc[], later: readonly Commit[] = []): SystemView => ({
  state,
  commits: [
    ...state
      .filter((after) => !later.some(({ id }) => id === after[key]))
      .map((after) => commit(record, after[key], after)),
    ...later,
  ],
});
const SECRETS = {
  birth_date: '1980-01-02',
  national_id: '65 800102 1',
  salary: '50000',
  home_address: 'Hofweg 1, Ulm',
};
const BOSS = { number: '1', first_name: 'Ada', last_name: 'Chefin', email: 'e1@ours.example', status: 'active' };
const REP = {
  ...{
    number: '2',
    first_name: 'Ben',
    last_name: 'Neu',
    email: 'e2@ours.example',
    phone: '030 5550001',
    status: 'leave',
  },
  ...{
    job_title: 'Technik',
    department: 'Service',
    territory: 'NORD',
    manager: '1',
    start_date: '2020-01-01',
    end_date: '',
    ...SECRETS,
  },
};
const ADA = { id: 'U-1', employee_number: '1', name: 'Ada Chefin', email: 'e1@ours.example', active: true };
const BEN = {
  ...{ id: 'U-2', employee_number: '2', name: 'Ben Neu', email: 'e2@ours.example', login: 'e2@ours.example' },
  ...{
    phone: '+49305550001',
    title: 'Technik',
    department: 'Service',
    territory: 'NORD',
    manager_id: 'U-1',
    active: true,
  },
};
const MACHINE = { id: 'U-3', employee_number: null, name: 'Machine', email: 'machine@ours.example', active: true };

interface Change extends Partial<Pick<StaffCase, 'parked'>> {
  readonly users?: readonly Doc[];
  readonly employees?: readonly Doc[];
  readonly inCrm?: readonly Commit[];
  readonly inErp?: readonly Commit[];
}
const judged = ({ users = [ADA, BEN, MACHINE], employees = [BOSS, REP], inCrm, inErp, parked = [] }: Change = {}) =>
  judgeStaff({
    ...{ users: seen('user', 'id', users, inCrm), employees: seen('employee', 'number', employees, inErp) },
    ...{ parked, today: TODAY },
  });
const found = (change: Change): readonly string[] =>
  judged(change).findings.map(({ kind, field }) => [kind, field].filter(Boolean).join(' '));
const ben = (more: Doc): Change => ({ users: [ADA, { ...BEN, ...more }, MACHINE] });
const rep = (more: Doc): Change => ({ employees: [BOSS, { ...REP, ...more }] });

test('employees who are users, and a user who is nobody of ours, are in agreement', () => {
  expect(staffLine(judged())).toBe(
    'agreement: 2 of ours, 1 users who are nobody of ours, 0 lost, 0 doubled, 0 unexplained (0 parked, each rightly)',
  );
});

test.each<[string, Doc, string]>([
  ['another name', { name: 'Ben Alt' }, 'name'],
  ['another e-mail', { email: 'alt@ours.example' }, 'email'],
  ['another telephone', { phone: '+49305550002' }, 'phone'],
  ['another territory', { territory: 'SUED' }, 'territory'],
  ['no superior', { manager_id: null }, 'manager'],
  ['somebody else as superior', { manager_id: 'U-2' }, 'manager'],
  ['no access', { active: false }, 'access'],
])('%s in the CRM is a finding', (_what, more, field) => {
  expect(judged(ben(more)).findings.map((each) => each.field)).toContain(field);
});

test('an employee without a user is lost', () => {
  expect(found({ users: [ADA, MACHINE] })).toEqual(['lost']);
});

test('a user who was made a second time is doubled, and one made of nobody is unexplained', () => {
  const made = (doc: Doc): Change => {
    const late = { seq: 9, at: '2026-01-02T00:00:00.000Z', actor: 'tally' };
    return { users: [ADA, BEN, MACHINE, doc], inCrm: [commit('user', doc['id'], doc, late)] };
  };
  expect(found(made({ ...BEN, id: 'U-9' }))).toContain('doubled');
  expect(found(made({ ...MACHINE, id: 'U-9', email: 'nobody@ours.example' }))).toContain('unexplained');
});

test('an employee who was made of a user is unexplained', () => {
  const late = { seq: 9, at: '2026-01-02T00:00:00.000Z', actor: 'tally' };
  const made = { number: '3', last_name: 'Machine', email: 'machine@ours.example', status: 'active' };
  const { findings } = judged({ employees: [BOSS, REP, made], inErp: [commit('employee', '3', made, late)] });
  expect(findings).toContainEqual(expect.objectContaining({ erp: '3', reason: 'an employee was made of a user' }));
});

test('whoever has gone may not come in, from the day after the last one', () => {
  expect(found(rep({ end_date: '2026-06-14' }))).toContain('unexplained access');
  expect(found(rep({ end_date: TODAY }))).toEqual([]);
  expect(found({ ...rep({ end_date: '2026-06-14' }), ...ben({ active: false }) })).toEqual([]);
});

test('a territory that personnel emptied is a gap, and lost where the CRM does not show it', () => {
  const later = { seq: 2, at: '2026-02-01T00:00:00.000Z', actor: 'people', op: 'update' } as const;
  const without = (field: string): Change => {
    const doc = { ...REP, [field]: '' };
    const blank = { ...BEN, employee_number: null, territory: null, department: null };
    const linked = { seq: 2, at: '2026-01-15T00:00:00.000Z', actor: 'tally', op: 'update' } as const;
    const inCrm = [commit('user', 'U-2', blank), commit('user', 'U-2', BEN, linked)];
    return {
      employees: [BOSS, doc],
      inCrm,
      inErp: [commit('employee', '2', REP), commit('employee', '2', doc, later)],
    };
  };
  expect(found(without('territory'))).toEqual(['lost territory']);
  expect(found(without('department'))).toEqual([]);
});

test('whoever had gone before need be no user; whoever was here once must be', () => {
  const gone = { number: '3', first_name: 'Al', last_name: 'Alt', email: 'e3@ours.example', status: 'terminated' };
  const here = commit('employee', '3', { ...gone, status: 'active' });
  const left = commit('employee', '3', gone, { seq: 2, at: '2026-02-01T00:00:00.000Z', actor: 'people', op: 'update' });
  expect(found({ employees: [BOSS, REP, gone] })).toEqual([]);
  expect(found({ employees: [BOSS, REP, gone], inErp: [here, left] })).toEqual(['lost']);
  const still = { id: 'U-4', name: 'Al Alt', email: 'e3@ours.example', active: true };
  expect(found({ employees: [BOSS, REP, gone], users: [ADA, BEN, MACHINE, still] })).toContain('unexplained access');
});

test('what is entered ahead counts on its day, and not before', () => {
  const move = { ...REP, territory: 'SUED', valid_from: '2026-06-16' };
  const later = { seq: 2, at: '2026-02-01T00:00:00.000Z', actor: 'people', op: 'update' } as const;
  const moved = (doc: Doc): Change => ({
    employees: [BOSS, doc],
    inErp: [commit('employee', '2', REP), commit('employee', '2', doc, later)],
  });
  expect(found(moved(move))).toEqual([]);
  expect(found({ ...moved(move), ...ben({ territory: 'SUED' }) })).toContain('unexplained territory');
  expect(found(moved({ ...move, valid_from: TODAY }))).toContain('lost territory');
  const hire = { number: '3', first_name: 'Neu', last_name: 'Hier', email: 'e3@ours.example', status: 'active' };
  expect(found({ employees: [BOSS, REP, { ...hire, start_date: '2026-06-16' }] })).toEqual([]);
  expect(found({ employees: [BOSS, REP, { ...hire, start_date: TODAY }] })).toEqual(['lost']);
});

test.each(Object.entries(SECRETS))('%s of an employee is seen wherever it stands in the CRM', (field, secret) => {
  expect(found(ben({ note: `so: ${secret}.` }))).toEqual([`unexplained ${field}`]);
  expect(found(ben({ note: `x${secret}x` }))).toEqual([]);
  const once = commit('user', 'U-2', { ...BEN, note: secret }, { seq: 2, op: 'update', actor: 'people' });
  const again = commit('user', 'U-2', BEN, { seq: 3, op: 'update', actor: 'people' });
  expect(found({ inCrm: [commit('user', 'U-2', BEN), once, again] })).toEqual([`unexplained ${field}`]);
});

test('what is parked without need is unexplained', () => {
  expect(found({ parked: [{ crm: 'U-2', erp: '2', field: 'access', code: 'LOOKUP_MISS' }] })).toEqual([
    'unexplained access',
  ]);
  expect(found({ ...rep({ status: 'asleep' }), parked: [{ erp: '2', field: 'access', code: 'LOOKUP_MISS' }] })).toEqual(
    [],
  );
});

test('superiors who would stand above themselves are rightly set aside, and in the CRM nobody does', () => {
  const slip = { employees: [{ ...BOSS, manager: '2' }, REP] };
  const parked = [{ erp: '1', crm: 'U-1', field: 'manager', code: 'REFERENCE_LOOP' }];
  expect(found({ ...slip, parked })).toEqual([]);
  expect(found({ parked })).toEqual(['unexplained manager']);
  const carried = { ...slip, users: [{ ...ADA, manager_id: 'U-2' }, BEN, MACHINE] };
  expect(found(carried)).toEqual(['unexplained manager', 'unexplained manager']);
});

test('what is typed into the CRM stands until the day of what is entered ahead, and what is entered ahead does not', () => {
  const later = { seq: 2, at: '2026-02-01T00:00:00.000Z', actor: 'people', op: 'update' } as const;
  const ahead = { ...REP, territory: 'SUED', valid_from: '2026-06-16' };
  const waits = {
    employees: [BOSS, ahead],
    inErp: [commit('employee', '2', REP), commit('employee', '2', ahead, later)],
  };
  expect(found({ ...waits, ...ben({ territory: 'WEST' }) })).toEqual([]);
  expect(found({ ...waits, ...ben({ territory: 'SUED' }) })).toContain('unexplained territory');
  expect(found({ ...ben({ territory: 'WEST' }) })).toContain('unexplained territory');
});

test('a number that the ERP’s people typed last waits with what is entered ahead; one typed last in the CRM does not', () => {
  const later = { op: 'update', actor: 'people' } as const;
  const ahead = { ...REP, phone: '030 5550002', valid_from: '2026-06-16' };
  const inErp = [
    commit('employee', '2', REP),
    commit('employee', '2', ahead, { ...later, seq: 2, at: '2026-02-02T00:00:00.000Z' }),
  ];
  const mended = { ...BEN, phone: '+49305550003' };
  const typed = (at: string) => [commit('user', 'U-2', BEN), commit('user', 'U-2', mended, { ...later, seq: 2, at })];
  expect(found({ employees: [BOSS, ahead], inErp })).toEqual([]);
  const users = [ADA, mended, MACHINE];
  expect(found({ employees: [BOSS, ahead], inErp, users, inCrm: typed('2026-02-01T00:00:00.000Z') })).toEqual([]);
  expect(found({ employees: [BOSS, ahead], inErp, users, inCrm: typed('2026-02-03T00:00:00.000Z') })).toEqual([
    'unexplained phone',
  ]);
});

test('whoever came and went again before anybody could hear of it need be no user', () => {
  const gone = { number: '3', first_name: 'Al', last_name: 'Kurz', email: 'e3@ours.example', status: 'terminated' };
  const came = commit('employee', '3', { ...gone, status: 'active' });
  const left = (at: string) => commit('employee', '3', gone, { seq: 2, at, actor: 'people', op: 'update' });
  expect(found({ employees: [BOSS, REP, gone], inErp: [came, left('2026-01-01T00:01:00.000Z')] })).toEqual([]);
  expect(found({ employees: [BOSS, REP, gone], inErp: [came, left('2026-01-01T00:03:00.000Z')] })).toEqual(['lost']);
});
