/** A person who changes employer, as the demonstration on the two sandbox systems tells it. */
import { bearer, call, docOf, listOf } from '../../../sandbox/kit/calls.ts';
import type { Doc } from '../../../sandbox/kit/json.ts';
import { SyncError } from '../../domain/errors.ts';
import { until, type World } from './world.ts';

export interface Move {
  readonly crm: string;
  readonly erp: string;
  readonly from: string;
  readonly to: string;
}

const recordsOf = async (world: World, system: 'CRM' | 'ERP', record: string): Promise<readonly Doc[]> => {
  const url = world.urls[`SANDBOX_${system}_CONTROL_URL`] ?? '';
  return listOf(docOf(await call('GET', `${url}/control/state?record=${record}&limit=5000`)), 'records');
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Somebody known to both systems, and another customer known to both. */
const somebody = async (world: World) => {
  const [accounts, contacts, people] = await Promise.all([
    recordsOf(world, 'CRM', 'account'),
    recordsOf(world, 'CRM', 'contact'),
    recordsOf(world, 'ERP', 'contact'),
  ]);
  const partnerOf = new Map(
    accounts
      .map((account) => [text(account['id']), text(account['erp_number'])] as const)
      .filter(([, to]) => to !== ''),
  );
  const once = (email: string): boolean => contacts.filter((contact) => contact['email'] === email).length === 1;
  for (const contact of contacts) {
    const from = partnerOf.get(text(contact['account_id']));
    const there = people.filter(
      (person) => person['email'] === contact['email'] && person['partner'] === from && once(text(contact['email'])),
    );
    const [one] = there;
    const to = [...partnerOf].findLast(([, number]) => number !== from);
    if (one !== undefined && there.length === 1 && to !== undefined) return { contact, person: one, to };
  }
  throw new SyncError('INTERNAL', 'no contact stands on both sides yet');
};

/** Moves somebody to another customer in the CRM, and waits until the ERP has them there. */
export const moveSomebody = async (world: World, withinMs: number): Promise<Move> => {
  const { contact, person, to } = await somebody(world);
  const [account, partner] = to;
  const url = world.urls['SANDBOX_CRM_URL'] ?? '';
  const headers = await bearer(url, 'people', 'people-secret');
  await call('PATCH', `${url}/v1/contacts/${text(contact['id'])}`, { headers, body: { account_id: account } });
  const followed = await until(withinMs, async () =>
    (await recordsOf(world, 'ERP', 'contact')).some(
      (one) => one['number'] === person['number'] && one['partner'] === partner,
    ),
  );
  if (!followed) throw new SyncError('INTERNAL', `${text(contact['id'])} did not reach its new customer in the ERP`);
  return { crm: text(contact['id']), erp: text(person['number']), from: text(contact['account_id']), to: account };
};
