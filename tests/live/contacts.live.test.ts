/** People at customers on the real engine: they come to the right customer, follow moves, and wait for nobody by the clock. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.contacts.yaml', import.meta.url));
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
const inErp = async (email: string): Promise<Doc | undefined> =>
  (await recordsOf(town.erp.control, 'contact')).find((contact) => contact['email'] === email);
const partnerOf = async (account: unknown): Promise<unknown> =>
  (await recordsOf(town.crm.control, 'account')).find(({ id }) => id === account)?.['erp_number'];
const inCrm = async (method: string, path: string, body: Doc): Promise<Doc> =>
  docOf(
    await call(method, `${town.crm.url}/v1/${path}`, {
      headers: await bearer(town.crm.url, 'people', 'people-secret'),
      body,
    }),
  );

beforeAll(async () => {
  town = await startTown({
    customers: 60,
    seed: 11,
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('a new customer and a person there come to the ERP, the person at the partner that the customer became', async () => {
  const account = await inCrm('POST', 'accounts', {
    name: 'Neu & Söhne',
    kind: 'Customer',
    vat_number: 'DE012345678',
    billing: { country: 'DE', postal_code: '01067' },
  });
  const email = 'eva@neu.example';
  await inCrm('POST', 'contacts', { account_id: account['id'] ?? null, last_name: 'Neu', first_name: 'Eva', email });
  await eventually('the person stands at the right partner', async () => {
    const person = await inErp(email);
    return person !== undefined && person['partner'] === (await partnerOf(account['id']));
  });
  const twice = (await recordsOf(town.erp.control, 'contact')).filter((contact) => contact['email'] === email);
  expect(twice).toHaveLength(1);
});

test('a person who moves to another customer in the CRM moves in the ERP', async () => {
  const email = 'eva@neu.example';
  const [contact] = (await recordsOf(town.crm.control, 'contact')).filter((one) => one['email'] === email);
  const other = (await recordsOf(town.crm.control, 'account')).find(
    (account) => account['id'] !== contact?.['account_id'] && typeof account['erp_number'] === 'string',
  );
  await inCrm('PATCH', `contacts/${String(contact?.['id'])}`, { account_id: other?.['id'] ?? null });
  await eventually('the ERP has the person at the other partner', async () => {
    const person = await inErp(email);
    return person?.['partner'] === other?.['erp_number'];
  });
});
