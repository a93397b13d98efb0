/** What a user looks like: somebody of ours who works in the CRM, and owns what they sell to. */
import type { Seed } from '../kit/file.ts';
import { type Doc, text } from '../kit/json.ts';
import { mix } from '../kit/random.ts';
import { type Colleague, colleagues } from '../seed/staff.ts';
import { seededAt } from '../seed/stamps.ts';
import type { Kind } from './kinds.ts';

/** Users as a kind. */
export const USERS: Kind = {
  record: 'user',
  prefix: 'U',
  fields: {
    external_id: 'text',
    login: 'text',
    name: 'text',
    email: 'text',
    phone: 'text',
    title: 'text',
    department: 'text',
    location: 'text',
    position: 'text',
    manager_id: 'text',
    territory: 'text',
    active: 'flag',
    employee_number: 'text',
    sales_code: 'text',
    valid_from: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
};

const userOf = (one: Colleague, id: string, stamp: string): Doc => ({
  id,
  external_id: null,
  login: one.email,
  name: `${one.first} ${one.last}`,
  email: one.email,
  phone: one.phone,
  title: null,
  department: null,
  location: null,
  position: null,
  manager_id: null,
  territory: null,
  active: true,
  employee_number: null,
  sales_code: null,
  valid_from: null,
  sync_state: null,
  sync_message: null,
  note: null,
  created_at: stamp,
  modified_at: stamp,
  etag: `s${mix(one.number, 9).toString(36)}`,
});

/** The users among as many employees, and one that is nobody: the door for machines. */
export function* userSeeds(seed: number, employees: number): Generator<Seed> {
  if (employees === 0) return;
  let users = 0;
  const next = (one: Colleague): Seed => {
    users += 1;
    const id = `${USERS.prefix}-${String(users).padStart(6, '0')}`;
    const stamp = `${new Date(seededAt(users, 0)).toISOString().slice(0, 19)}Z`;
    return { record: 'user', id, stamp, body: text(userOf(one, id, stamp)) };
  };
  for (const one of colleagues(seed, employees)) if (one.user) yield { ...next(one), business: one.number };
  const [any] = colleagues(seed, 1);
  if (any !== undefined) yield next({ ...any, first: 'Interface', last: 'Machine', email: 'machine@ours.example' });
}
