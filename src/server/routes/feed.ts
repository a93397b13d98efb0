import { z } from 'zod';
import { feedPage } from '../../ledger/queries/feed.ts';
import { owns } from '../access.ts';
import { Feed } from '../replies-feed.ts';
import { known, type Route, route } from '../route.ts';
import { Limit, Text } from '../schemas.ts';

// What one answer of the API holds at most, where the reader does not say less or more: rows may be of any size.
const BYTES = { least: 1_024, usual: 4_194_304, most: 33_554_432 } as const;

const FeedQuery = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe('`next` of the page before; 0: from the beginning'),
  limit: Limit(200, 1_000),
  bytes: z.coerce
    .number()
    .int()
    .min(BYTES.least)
    .max(BYTES.most)
    .default(BYTES.usual)
    .describe(
      'Bytes of values at most, as they are kept: an answer that would hold more ends before; it has one change at least',
    ),
  mapping: Text(200).optional().describe('Only of this mapping'),
});

/** What was taken into agreement, oldest first, for a warehouse. */
export const feedRoutes: readonly Route[] = [
  route({
    id: 'GET /feed',
    summary: 'Changes that were taken into agreement, oldest first, of the mappings that say `feed: true`',
    query: FeedQuery,
    reply: Feed,
    answer: async ({ db, caller, compilation, query: { after, limit, bytes, mapping } }) => {
      if (mapping !== undefined) {
        const named = compilation().mappings.get(mapping);
        known(named?.fed === true && owns(caller, mapping) ? named : undefined, `feed of "${mapping}"`);
      }
      const mappings = mapping === undefined ? caller.mappings : [mapping];
      const page = await feedPage(db, { after, limit, bytes, mappings });
      const nouns = compilation().mappings;
      return {
        ...page,
        changes: page.changes.map((change) => ({ ...change, entity: nouns.get(change.mapping)?.noun ?? '' })),
      };
    },
  }),
];
