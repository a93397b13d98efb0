/** What happens in the demonstration on the sandbox CRM and a real Tryton. */
import { agrees, findingLines, verdictLine } from '../../../sandbox/checker/verdict.ts';
import { checkTryton } from '../../../sandbox/tryton/checker.ts';
import { createTrytonPeople, type TrytonPeople } from '../../../sandbox/tryton/people.ts';
import {
  editQuietly,
  idsOf,
  linkedAccounts,
  parkedCount,
  parkedFor,
  retryMisses,
  SETTLED_WITHIN_MS,
  takeErp,
} from './decide.ts';
import { addLookupRow } from './lookup.ts';
import { trytonAs } from './pairs.ts';
import type { Chapter, Story, Verdict } from './story.ts';
import type { World } from './world.ts';

const EDITS = 20;
const MISSING_ROW = '{ crm: Net 45, erp: Net 45 }';

/** The demonstration's chapters. Tryton keeps no ledger of its own, so people tell the checker what they did there. */
export const trytonStory = (world: World, seed: number): Story => {
  const settle = (): Promise<void> => world.quiet(SETTLED_WITHIN_MS);
  const decided: { crm?: string; erp?: string; field: string }[] = [];
  let team: Promise<TrytonPeople> | undefined;
  const people = (): Promise<TrytonPeople> => {
    team ??= createTrytonPeople({
      crmUrl: world.urls['SANDBOX_CRM_URL'] ?? '',
      tryton: trytonAs(world.urls, 'people'),
      seed,
    });
    return team;
  };

  const edits: Chapter = {
    title: `People edit both sides (${EDITS} edits in Tryton, ${EDITS} in the CRM)`,
    run: async () => {
      await (await people()).edit(EDITS);
      await (await people()).editCrm(EDITS);
      await settle();
      return `all of them stand on both sides; ${parkedCount(await world.status())} things wait for a person`;
    },
  };
  const conflict: Chapter = {
    title: 'The same tax id changed on both sides, differently',
    run: async () => {
      const account = (await linkedAccounts(world)).at(40);
      if (account?.erp_number == null) throw new Error('no linked account to disagree about');
      await (await people()).disagree(account.id, account.erp_number);
      const item = await parkedFor(world, account.id, 'CONFLICT');
      await takeErp(world, item);
      decided.push({ crm: account.id, erp: account.erp_number, field: item.field });
      await settle();
      return `${account.id} ↔ party ${account.erp_number}: parked as CONFLICT with both values; a steward said that Tryton’s stands, and now it does`;
    },
  };
  const refusal: Chapter = {
    title: 'A tax id that Tryton does not accept',
    run: async () => {
      const account = (await linkedAccounts(world)).at(50)?.id ?? '';
      const { right } = await (await people()).mistype(account);
      const { id, message } = await parkedFor(world, account, 'TARGET_REFUSED');
      await (await people()).setCrm(account, 'tax id', right);
      await world.call('POST /parked/:id/retry', { params: { id } });
      await settle();
      return `${account}: parked with Tryton’s own sentence, “${message}”; corrected in the CRM and retried, and now it stands`;
    },
  };
  const lookup: Chapter = {
    title: 'A payment term that the lookup table does not know',
    run: async () => {
      const missing = await world.parked('LOOKUP_MISS');
      await addLookupRow(world, 'party-terms', MISSING_ROW);
      await retryMisses(world);
      return `${missing.length} record${missing.length === 1 ? ' was' : 's were'} parked for it; the row was added in the file and they were retried: none is parked for it now`;
    },
  };
  const quietEdit: Chapter = {
    title: 'An edit that left no date, found by comparing everything',
    run: async () => {
      const { account, phone } = await editQuietly(world);
      await world.sweep(SETTLED_WITHIN_MS);
      return `${account}: its new number ${phone} reached Tryton although no change feed showed it`;
    },
  };
  const verdict = async (customers: number): Promise<Verdict> => {
    const parked = (await world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
    const found = await checkTryton({
      crmControl: world.urls['SANDBOX_CRM_CONTROL_URL'] ?? '',
      tryton: trytonAs(world.urls, 'people'),
      parked,
      decided,
      edits: (await people()).done,
      expectCustomers: customers,
    });
    return { agrees: agrees(found), line: verdictLine(found), findings: findingLines(found) };
  };
  return { chapters: [edits, conflict, refusal, lookup, quietEdit], verdict };
};
