import { expect, test } from 'vitest';
import { dayAfter, dayIn, isZone, startOfDay } from '../../src/domain/days.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { broken } from './broken.ts';
import { shippedFiles, small } from './kit.ts';

const at = (ms: number): string => new Date(ms).toISOString();

test.each([
  ['2026-12-01', 'Europe/Berlin', '2026-11-30T23:00:00.000Z'],
  ['2026-07-01', 'Europe/Berlin', '2026-06-30T22:00:00.000Z'],
  ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ['2026-12-01', 'UTC', '2026-12-01T00:00:00.000Z'],
  ['2026-12-01', 'Pacific/Auckland', '2026-11-30T11:00:00.000Z'],
  // Clocks there went from 24:00 to 1:00: the day had no midnight.
  ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
  // They were put back from 24:00 to 23:00: midnight came once, after the hour was lived twice.
  ['2018-02-18', 'America/Sao_Paulo', '2018-02-18T03:00:00.000Z'],
])('%s begins in %s at %s', (day, zone, instant) => {
  expect(at(startOfDay(day, zone))).toBe(instant);
});

test('days are read as they are, and no others are made of them', () => {
  const read = (text: string) => dayIn(text, 'Europe/Berlin');
  expect(['2026-02-28', '2026-02-30', 'soon', ''].map(read)).toEqual(['2026-02-28', undefined, undefined, undefined]);
  expect([dayAfter('2028-02-28'), dayAfter('2026-12-31')]).toEqual(['2028-02-29', '2027-01-01']);
  expect([isZone('Europe/Berlin'), isZone('+01:00'), isZone('Middle/Earth')]).toEqual([true, false, false]);
});

test.each([
  ['2026-12-31T23:00:00Z', '2027-01-01'],
  ['2026-12-31T22:59:59.999Z', '2026-12-31'],
  ['2027-01-01T00:00:00+01:00', '2027-01-01'],
  ['2026-12-31 18:00:00-0500', '2027-01-01'],
  ['2026-12-31T23:30:00', '2026-12-31'], // a wall clock's: nobody says where
])('an instant is the day that it falls on where people live: %s is %s in Berlin', (instant, day) => {
  expect(dayIn(instant, 'Europe/Berlin')).toBe(day);
});

const dated = small('  city: { crm: city, erp: town, flow: crm <-> erp, as: text, conflict: erp wins }', {
  text: 'effective: { erp: { from: valid_from, zone: UTC } }',
});
const seen = (id: string, body: object) => ({ id, body: body as never, times: {} });
const agreed = { city: { value: 'Ulm', crm: 'Ulm', erp: 'Ulm' }, name: { value: 'Acme', crm: 'Acme', erp: 'Acme' } };
const given = (erp: object, crm: object = { name: 'Acme', city: 'Ulm' }, now = '2026-11-30T12:00:00Z') => ({
  ...{ crm: seen('A', crm), erp: seen('P', { title: 'Acme', ...erp }), baseline: agreed, decisions: [], held: {}, now },
});

test('what one side says ahead of its day does not stop what the other says now', () => {
  const ahead = dated.plan(given({ town: 'Bonn', valid_from: '2026-12-01' }, { name: 'Acme & Co', city: 'Ulm' }));
  expect(ahead.writes).toMatchObject({ erp: { values: { title: 'Acme & Co' } } });
  expect(ahead.writes.crm).toBeUndefined();
  expect(ahead.again).toEqual({ at: '2026-12-01T00:00:00.000Z', day: '2026-12-01', ahead: true });
});

test('a day withdrawn, or put forward, is no wait any more', () => {
  expect(dated.plan(given({ town: 'Ulm', valid_from: '' }))).toMatchObject({ writes: {} });
  expect(dated.plan(given({ town: 'Ulm', valid_from: '' })).again).toBeUndefined();
  expect(dated.plan(given({ town: 'Bonn', valid_from: '2026-11-30' })).writes.crm?.values).toEqual({ city: 'Bonn' });
});

test.each(['UTC', 'America/New_York', 'Pacific/Auckland'])('what has no end in %s waits for none', (zone) => {
  const mapping = small('  city: { crm: city, erp: town, flow: crm <-> erp, as: text, conflict: erp wins }', {
    text: `effective: { erp: { until: valid_to, after: { town: Gone }, zone: ${zone} } }`,
  });
  // The last day of all, and what stands where nobody filled in a day.
  for (const valid_to of [
    '9999-12-31',
    '9999-12-31T00:00:00Z',
    '0001-01-01',
    '0001-01-01T00:00:00',
    '0000-00-00',
    '',
  ]) {
    const plan = mapping.plan(given({ town: 'Bonn', valid_to }));
    expect(plan.again).toBeUndefined();
    expect(plan.parked).toEqual([]);
    expect(plan.writes.crm?.values).toEqual({ city: 'Bonn' });
  }
  expect(mapping.plan(given({ town: 'Bonn', valid_to: '2026-11-01' })).writes.crm?.values).toEqual({ city: 'Gone' });
});

test('a plan that is told no moment takes no heed of days', () => {
  const { now: _now, ...timeless } = given({ town: 'Bonn', valid_from: '2030-01-01' });
  expect(dated.plan(timeless).writes.crm?.values).toEqual({ city: 'Bonn' });
});

test('the ledger keeps the days, and nothing else of an employee than what the mapping reads', () => {
  const employee = compileMappings(shippedFiles()).mappings.get('employee');
  const body = { end_date: '2026-12-31', birth_date: '1990-12-10', national_id: '65', salary: '1', home_address: 'x' };
  expect(employee?.project('erp', body)).toEqual({ end_date: '2026-12-31' });
});

const EMPLOYEE = 'mappings/employee.yaml';

test.each([
  ['    until: end_date', '    #', 'effective-until', 'nothing says after which day'],
  ['    after: { status: terminated }', '    #', 'effective-until', 'a last day has come and nothing follows'],
  ['after: { status: terminated }', 'after: { note: gone }', 'effective-unused', 'no field reads "note"'],
  ['zone: Europe/Berlin', 'zone: Middle/Earth', 'bad-value', 'a time zone by its name'],
  [
    'until: end_date',
    'until: birth_date',
    'identity-number',
    '"birth_date" identifies a person, and the ledger would keep it',
  ],
] as const)('in `effective`, "%s" made "%s" is refused', (find, put, rule, message) => {
  const [problem] = broken(find, put, EMPLOYEE).problems;
  expect(problem).toMatchObject({ file: EMPLOYEE, rule });
  expect(problem?.message).toContain(message);
  expect(problem?.remedy).not.toBe('');
});

test.each([
  ['birth_date', 'identifies a person'],
  ['national_id', 'identifies a person'],
  ['salary', 'is a person’s private matter'],
  ['home_address', 'is a person’s private matter'],
])('a field that would carry %s out of personnel is refused, with place and remedy', (column, said) => {
  const { problems, mappings } = broken('    erp: location\n', `    erp: ${column}\n`, EMPLOYEE);
  expect(mappings.has('employee')).toBe(false);
  expect(problems).toMatchObject([
    {
      file: EMPLOYEE,
      rule: 'identity-number',
      message: `location: "${column}" ${said}, and "employee" does not say why it must cross`,
      remedy: 'Leave it out; or map an entity of your own whose field says why under `necessary:`.',
    },
  ]);
});

test('a list cannot wait for the day of its record', () => {
  const text = `effective: { erp: { from: valid_from, zone: UTC } }
lines:
  parts:
    crm: parts
    erp: items
    key: no
    fields:
      no: { crm: no, erp: no, flow: crm <-> erp, as: text, conflict: park }
`;
  expect(() => small('', { text })).toThrow(/effective-lines/);
});

test.each([
  ['    - mapping: owner', '    - mapping: ownr', 'there is no mapping "ownr"'],
  ['      field: owner', '      field: territory', '"territory" of owner names nobody of employee'],
  ['      within: territory', '      within: position', '"position" is no field of owner'],
  ['{ same: territory }', '{ same: position }', '"position" is no field of owner'],
  ['{ superior: manager }', '{ superior: name }', '"name" leads to no superior'],
])('in `on_leave`, "%s" made "%s" is refused', (find, put, message) => {
  const [problem] = broken(find, put, EMPLOYEE).problems;
  expect(problem).toMatchObject({ file: EMPLOYEE, rule: 'leave-unknown', message });
  expect(problem?.remedy).not.toBe('');
});
