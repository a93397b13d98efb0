import { z } from 'zod';
import { ERRORS } from '../../domain/errors.ts';
import {
  type ParkedItem as Item,
  parkedCount,
  parkedGroups,
  parkedItem,
  parkedPage,
} from '../../ledger/queries/parked.ts';
import { resolve, retry } from '../../ledger/steps/acts.ts';
import { type Caller, owns, seesValues } from '../access.ts';
import { opened, sealed } from '../cursor.ts';
import { groupsMasked, parkedMasked } from '../masking.ts';
import { Acted, BulkActed, ParkedItem, ParkedList } from '../replies.ts';
import { actorOf, known, type Route, route, signal } from '../route.ts';
import { BulkRetry, ById, ParkedQuery, Ruling } from '../schemas.ts';

const Position = z.strictObject({ since: z.string(), id: z.uuid() });
const fixOf = (code: string): string => (code in ERRORS ? ERRORS[code as keyof typeof ERRORS].fix : '');
const shown = (caller: Caller, item: Item) => ({
  ...(seesValues(caller, item.mapping) ? item : parkedMasked(item)),
  fix: fixOf(item.code),
});

/** What waits for a person, and what persons say about it. */
export const parkedRoutes: readonly Route[] = [
  route({
    id: 'GET /parked',
    summary: 'What is parked: by cause, and one by one, oldest first',
    query: ParkedQuery,
    reply: ParkedList,
    answer: async ({ db, caller, query: { mapping, code, limit, cursor } }) => {
      const filter = { mapping, code, mappings: caller.mappings };
      const question = JSON.stringify(['parked', mapping, code]);
      const after = cursor === undefined ? undefined : Position.parse(opened(caller.seal, question, cursor));
      const groups = await parkedGroups(db, filter);
      const { items, next } = await parkedPage(db, filter, { limit, after });
      const clear = groups.filter((each) => seesValues(caller, each.mapping));
      const rest = groupsMasked(groups.filter((each) => !seesValues(caller, each.mapping)));
      return {
        groups: [...clear, ...rest].map((each) => ({ ...each, fix: fixOf(each.code) })),
        items: items.map((item) => shown(caller, item)),
        next: next === null ? null : sealed(caller.seal, question, { ...next }),
      };
    },
  }),
  route({
    id: 'GET /parked/:id',
    summary: 'One parked field or record',
    params: ById,
    reply: ParkedItem,
    answer: async ({ db, caller, params }) => {
      const found = await parkedItem(db, params.id);
      return shown(
        caller,
        known(found !== undefined && owns(caller, found.mapping) ? found : undefined, `parked item "${params.id}"`),
      );
    },
  }),
  route({
    id: 'POST /parked/retry',
    summary: 'Try again all that a filter names, without one all; or with `dry_run` say how much that would be',
    body: BulkRetry,
    reply: BulkActed,
    status: 202,
    answer: async (asked) => {
      const { dry_run: dry, ...filter } = asked.body;
      if (dry) {
        const counted = await parkedCount(asked.db, { ...filter, mappings: asked.caller.mappings });
        return { ...counted, state: 'dry run' as const };
      }
      const { records, nudge } = await asked.limits.alone('bulk retry', () =>
        retry(asked.db, actorOf(asked.caller), filter),
      );
      await signal(asked, nudge);
      return { records, state: 'queued' as const };
    },
  }),
  route({
    id: 'POST /parked/:id/retry',
    summary: 'Try one again',
    params: ById,
    reply: Acted,
    status: 202,
    answer: async (asked) => {
      const { records, nudge } = await retry(asked.db, actorOf(asked.caller), { id: asked.params.id });
      await signal(asked, nudge);
      return { records, state: 'queued' as const };
    },
  }),
  route({
    id: 'POST /parked/:id/resolve',
    summary: 'Say which side stands, or that a record is new or the same as another',
    params: ById,
    body: Ruling,
    reply: Acted,
    status: 202,
    answer: async (asked) => {
      const { records, nudge } = await resolve(
        asked.db,
        actorOf(asked.caller),
        asked.params.id,
        asked.body as Parameters<typeof resolve>[3],
      );
      await signal(asked, nudge);
      return { records, state: 'queued' as const };
    },
  }),
];
