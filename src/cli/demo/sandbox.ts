/** What happens in the demonstration on the two sandbox systems, as one would do it by hand. */
import { check } from '../../../sandbox/checker/check.ts';
import { agrees, findingLines, verdictLine } from '../../../sandbox/checker/verdict.ts';
import { createPeople } from '../../../sandbox/people.ts';
import { addLookupRow } from './lookup.ts';
import type { Chapter, Story, Verdict } from './story.ts';
import { type ParkedItem, until, type World } from './world.ts';

const SETTLED_WITHIN_MS = 120_000;
const EDITS = 60;
// A term that people use in the CRM and that the lookup table does not know yet.
const MISSING_ROW = '{ crm: Net 45, erp: ZB45 }';

interface Account {
  readonly id: string;
  readonly name: string | null;
  readonly vat_number: string | null;
  readonly phone?: string | null;
  readonly erp_number: string | null;
  readonly sync_state: string | null;
}

const controlOf = (world: World, side: 'CRM' | 'ERP'): string => world.urls[`SANDBOX_${side}_CONTROL_URL`] ?? '';
const urlOf = (world: World, side: 'CRM' | 'ERP'): string => world.urls[`SANDBOX_${side}_URL`] ?? '';

/** Accounts that are linked and in agreement, in id order. */
const linkedAccounts = async (world: World): Promise<readonly Account[]> => {
  const reply = await fetch(`${controlOf(world, 'CRM')}/control/state?record=account&limit=1000`);
  const { records } = (await reply.json()) as { readonly records: readonly Account[] };
  return records.filter(
    (account) => account.erp_number !== null && account.sync_state === 'in agreement' && account.vat_number !== null,
  );
};

/** The demonstration's chapters. What people decided is kept for the checker. */
export const sandboxStory = (world: World, seed: number): Story => {
  const people = createPeople({ crmUrl: urlOf(world, 'CRM'), erpUrl: urlOf(world, 'ERP'), seed });
  const decided: { crm?: string; erp?: string; field: string }[] = [];
  const settle = (): Promise<void> => world.quiet(SETTLED_WITHIN_MS);

  const edits: Chapter = {
    title: `People edit both sides (${EDITS} edits)`,
    run: async () => {
      await people.edit(EDITS);
      await settle();
      return `all of them stand on both sides; ${parkedCount(await world.status())} records wait for a person`;
    },
  };
  const conflict: Chapter = {
    title: 'The same tax id changed on both sides, differently',
    run: async () => {
      const { crm, erp } = await people.conflict('tax id', (await linkedAccounts(world)).at(40)?.id);
      const item = await parkedFor(world, crm.id, 'CONFLICT');
      await world.call(
        'POST /parked/:id/resolve',
        { params: { id: item.id }, body: { take: 'erp', seen: { crm: item.crm, erp: item.erp } } },
        'steward',
      );
      decided.push({ crm: crm.id, erp: erp.id, field: item.field });
      await settle();
      return `${crm.id} ↔ ${erp.id}: parked as CONFLICT with both values; a steward said "the ERP’s stands", and now it does`;
    },
  };
  const lookup: Chapter = {
    title: 'A payment term that the lookup table does not know',
    run: async () => {
      const missing = await world.parked('LOOKUP_MISS');
      await addLookupRow(world, 'payment-terms', MISSING_ROW);
      // The worker takes up a new revision within a second; a retry before that parks again.
      const gone = await until(SETTLED_WITHIN_MS, async () => {
        await world.call('POST /parked/retry', { body: { code: 'LOOKUP_MISS' } });
        await settle();
        return (await world.parked('LOOKUP_MISS')).length === 0;
      });
      if (!gone) throw new Error('the added row did not free the records that missed it');
      return `${missing.length} records were parked for "Net 45"; the row was added in the file, they were retried, none is parked for it now`;
    },
  };
  const quietEdit: Chapter = {
    title: 'An edit that left no date, found by comparing everything',
    run: async () => {
      const account = (await linkedAccounts(world)).at(60);
      const phone = '+49 30 5550001';
      await fetch(`${controlOf(world, 'CRM')}/control/quiet-edit`, {
        method: 'POST',
        body: JSON.stringify({ record: 'account', id: account?.id, fields: { phone } }),
      });
      await world.sweep(SETTLED_WITHIN_MS);
      return `${account?.id}: its new phone number reached the ERP although no change feed showed it`;
    },
  };
  const verdict = async (customers: number): Promise<Verdict> => {
    const parked = (await world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
    const found = await check({
      crmControl: controlOf(world, 'CRM'),
      erpControl: controlOf(world, 'ERP'),
      parked,
      decided,
      expectCustomers: customers,
    });
    return { agrees: agrees(found), line: verdictLine(found), findings: findingLines(found) };
  };
  return { chapters: [edits, conflict, lookup, quietEdit], verdict };
};

/** Native ids by side, as the checker wants them. */
export const idsOf = (members: ParkedItem['members']): { crm?: string; erp?: string } =>
  Object.fromEntries(members.map(({ slot, id }) => [slot.split('/')[0] ?? '', id]));

const parkedCount = ({ parked }: Awaited<ReturnType<World['status']>>): number =>
  Object.values(parked).reduce((sum, count) => sum + count, 0);

const parkedFor = async (world: World, account: string, code: string): Promise<ParkedItem> => {
  let found: ParkedItem | undefined;
  await until(SETTLED_WITHIN_MS, async () => {
    found = (await world.parked(code)).find(({ members }) => members.some(({ id }) => id === account));
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`${account} was not parked as ${code}`);
  return found;
};
