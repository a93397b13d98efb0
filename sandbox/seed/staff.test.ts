import { expect, test } from 'vitest';
import { startCrm } from '../crm/server.ts';
import { userSeeds } from '../crm/users.ts';
import { EMPLOYEES, employeeSeeds } from '../erp/employees.ts';
import { startErp } from '../erp/server.ts';
import { call, docOf, listOf } from '../kit/calls.ts';
import { type Doc, parse } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';

const employees = [...employeeSeeds(1, 300)].map(({ body }) => parse(body) as Doc);
const users = [...userSeeds(1, 300)].map(({ body }) => parse(body) as Doc);

test('everybody but the chief has a superior who was there before, and the ERP would take them as they are', () => {
  const known = new Map<string, Doc>();
  const store = { get: (_record: string, id: string) => (known.has(id) ? { gone: 0 } : undefined) } as unknown as Store;
  for (const employee of employees) {
    expect(EMPLOYEES.broken(employee, undefined, store)).toBeUndefined();
    known.set(String(employee['number']), employee);
  }
  expect(employees.filter(({ manager }) => manager === '')).toHaveLength(1);
});

test('most are users already, some of them gone, and one user is nobody', () => {
  expect(users.length).toBeGreaterThan(180);
  expect(users.length).toBeLessThan(250);
  const mails = new Set(employees.map(({ email }) => email));
  expect(users.filter(({ email }) => !mails.has(email ?? null))).toHaveLength(1);
  expect(employees.filter(({ status }) => status === 'terminated').length).toBeGreaterThan(5);
});

test('nobody is there unless that is asked for', () => {
  expect([...userSeeds(1, 0), ...employeeSeeds(1, 0)]).toEqual([]);
});

test('both systems serve them', async () => {
  const crm = await startCrm({ customers: 3, employees: 20 });
  const erp = await startErp({ customers: 3, employees: 20 });
  const state = async (control: string, record: string): Promise<readonly Doc[]> =>
    listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=100`)), 'records');
  expect(await state(erp.controlUrl, 'employee')).toHaveLength(20);
  expect((await state(crm.controlUrl, 'user')).at(-1)).toMatchObject({ name: 'Interface Machine', active: true });
  await crm.close();
  await erp.close();
});

test.each([
  [{ last_name: '' }, 'last_name'],
  [{ status: 'asleep' }, 'status'],
  [{ end_date: '2026-02-30' }, 'end_date'],
  [{ manager: '0000799999' }, 'manager'],
])('the ERP refuses %o', (values, field) => {
  const store = { get: () => undefined } as unknown as Store;
  const next = EMPLOYEES.changed({ ...EMPLOYEES.blank, last_name: 'Byron', status: 'active' }, values);
  expect(EMPLOYEES.broken(next, undefined, store)).toMatchObject({ field });
});
