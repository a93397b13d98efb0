import { type ParkedItem, until, type World } from './world.ts';

/** What the chapters of both demonstrations have in common. */
export const SETTLED_WITHIN_MS = 120_000;

/** Native ids by side, as the checker wants them. */
export const idsOf = (members: ParkedItem['members']): { crm?: string; erp?: string } =>
  Object.fromEntries(members.map(({ slot, id }) => [slot.split('/')[0] ?? '', id]));

/** How many records and fields wait for a person. */
export const parkedCount = ({ parked }: Awaited<ReturnType<World['status']>>): number =>
  Object.values(parked).reduce((sum, count) => sum + count, 0);

/** What is parked for one account under a code, once it is. */
export const parkedFor = async (world: World, account: string, code: string): Promise<ParkedItem> => {
  let found: ParkedItem | undefined;
  await until(SETTLED_WITHIN_MS, async () => {
    found = (await world.parked(code)).find(({ members }) => members.some(({ id }) => id === account));
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`${account} was not parked as ${code}`);
  return found;
};

/** A steward says that the ERP's value stands. */
export const takeErp = async (world: World, { id, crm, erp }: ParkedItem): Promise<void> => {
  await world.call(
    'POST /parked/:id/resolve',
    { params: { id }, body: { take: 'erp', seen: { crm, erp } } },
    'steward',
  );
};

/** An account of the sandbox CRM as its control address shows it. */
export interface Account {
  readonly id: string;
  readonly name: string | null;
  readonly vat_number: string | null;
  readonly phone?: string | null;
  readonly erp_number: string | null;
  readonly sync_state: string | null;
}

/** Accounts that are linked, identified and in agreement, in id order. */
export const linkedAccounts = async (world: World): Promise<readonly Account[]> => {
  const reply = await fetch(`${world.urls['SANDBOX_CRM_CONTROL_URL']}/control/state?record=account&limit=1000`);
  const { records } = (await reply.json()) as { readonly records: readonly Account[] };
  return records.filter(
    (account) => account.erp_number !== null && account.sync_state === 'in agreement' && account.vat_number !== null,
  );
};

/** Retry what missed a lookup row until the row that was just added is in force. */
export const retryMisses = async (world: World): Promise<void> => {
  // The worker takes up a new revision within a second; a retry before that parks again.
  const gone = await until(SETTLED_WITHIN_MS, async () => {
    await world.call('POST /parked/retry', { body: { code: 'LOOKUP_MISS' } });
    await world.quiet(SETTLED_WITHIN_MS);
    return (await world.parked('LOOKUP_MISS')).length === 0;
  });
  if (!gone) throw new Error('the added row did not free the records that missed it');
};

/** Change a phone number in the CRM without a new date; returns whose. */
export const editQuietly = async (world: World): Promise<{ readonly account: string; readonly phone: string }> => {
  const account = (await linkedAccounts(world)).at(60)?.id ?? '';
  const phone = '+49 30 5550001';
  await fetch(`${world.urls['SANDBOX_CRM_CONTROL_URL']}/control/quiet-edit`, {
    method: 'POST',
    body: JSON.stringify({ record: 'account', id: account, fields: { phone } }),
  });
  return { account, phone };
};
