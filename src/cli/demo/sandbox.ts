/** What happens in the demonstration on the two sandbox systems, as one would do it by hand. */
import { check } from '../../../sandbox/checker/check.ts';
import { agrees, findingLines, verdictLine } from '../../../sandbox/checker/verdict.ts';
import { createPeople } from '../../../sandbox/people.ts';
import { moveSomebody } from './contacts.ts';
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
import { sellSomething } from './order.ts';
import type { Chapter, Story, Verdict } from './story.ts';
import type { World } from './world.ts';

const EDITS = 60;
// A term that people use in the CRM and that the lookup table does not know yet.
const MISSING_ROW = '{ crm: Net 45, erp: ZB45 }';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The demonstration's chapters. What people decided is kept for the checker. */
export const sandboxStory = (world: World, seed: number): Story => {
  const url = (name: string): string => world.urls[`SANDBOX_${name}_URL`] ?? '';
  const people = createPeople({ crmUrl: url('CRM'), erpUrl: url('ERP'), seed });
  const withAll = world.pair.beside !== undefined;
  const decided: { crm?: string; erp?: string; field: string }[] = [];

  const edits: Chapter = {
    title: `People edit both sides (${EDITS} edits)`,
    run: async () => {
      await people.edit(EDITS);
      await world.quiet(SETTLED_WITHIN_MS);
      return `all of them stand on both sides; ${parkedCount(await world.status())} things wait for a person`;
    },
  };
  const conflict: Chapter = {
    title: 'The same tax id changed on both sides, differently',
    run: async () => {
      const { crm, erp } = await people.conflict('tax id', (await linkedAccounts(world)).at(40)?.id);
      const item = await parkedFor(world, crm.id, 'CONFLICT');
      await takeErp(world, item);
      decided.push({ crm: crm.id, erp: erp.id, field: item.field });
      await world.quiet(SETTLED_WITHIN_MS);
      return `${crm.id} ↔ ${erp.id}: parked as CONFLICT with both values; a steward said that the ERP’s stands, and now it does`;
    },
  };
  const lookup: Chapter = {
    title: 'A payment term that the lookup table does not know',
    run: async () => {
      const missing = await world.parked('LOOKUP_MISS');
      await addLookupRow(world, 'payment-terms', MISSING_ROW);
      await retryMisses(world);
      return `${missing.length} record${missing.length === 1 ? ' was' : 's were'} parked for "Net 45"; the row was added in the file and they were retried: none is parked for it now`;
    },
  };
  const quietEdit: Chapter = {
    title: 'An edit that left no date, found by comparing everything',
    run: async () => {
      const { account, phone } = await editQuietly(world);
      await world.sweep(SETTLED_WITHIN_MS);
      return `${account}: its new number ${phone} reached the ERP although no change feed showed it`;
    },
  };
  const move: Chapter = {
    title: 'A contact moves to another customer',
    run: async () => {
      const { crm, erp, from, to } = await moveSomebody(world, SETTLED_WITHIN_MS);
      await world.quiet(SETTLED_WITHIN_MS);
      return `${crm} went from ${from} to ${to} in the CRM; contact ${erp} of the ERP followed to the same customer there`;
    },
  };
  const order: Chapter = {
    title: 'An order, from the CRM to cash',
    run: async () => {
      const told = await sellSomething(world, SETTLED_WITHIN_MS);
      await world.quiet(SETTLED_WITHIN_MS);
      return (
        `${told.order} was raised in the CRM for ${told.account}; ${seconds(told.numberedMs)} later it knew its number in the ERP, ${told.number}. ` +
        `The ERP’s people delivered, billed and were paid: invoice ${told.invoice} over ${told.gross} EUR stands beside it in the CRM, paid, ${seconds(told.paidMs)} after it was raised`
      );
    },
  };
  const verdict = async (customers: number): Promise<Verdict> => {
    const parked = (await world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
    const found = await check({
      crmControl: url('CRM_CONTROL'),
      erpControl: url('ERP_CONTROL'),
      parked,
      decided,
      expectCustomers: customers,
      contacts: withAll,
    });
    return { agrees: agrees(found), line: verdictLine(found), findings: findingLines(found) };
  };
  return { chapters: [edits, conflict, lookup, ...(withAll ? [move, order] : []), quietEdit], verdict };
};
