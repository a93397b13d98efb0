import { z } from 'zod';
import { revision, revisions } from '../../ledger/queries/config.ts';
import { Revision, RevisionView } from '../replies.ts';
import { known, type Route, route } from '../route.ts';
import { Limit } from '../schemas.ts';

const ByNumber = z.strictObject({
  number: z.union([z.literal('newest'), z.coerce.number().int().min(1).max(2_000_000_000)]),
});

/** Stored configurations. Secrets in them are references. */
export const configRoutes: readonly Route[] = [
  route({
    id: 'GET /config',
    summary: 'All revisions, newest first',
    query: z.strictObject({ limit: Limit(50, 200) }),
    reply: z.strictObject({ revisions: z.array(Revision) }),
    answer: async ({ db, query }) => ({ revisions: await revisions(db, query.limit) }),
  }),
  route({
    id: 'GET /config/:number',
    summary: 'One revision, or the newest, with its files',
    params: ByNumber,
    reply: RevisionView,
    answer: async ({ db, params: { number } }) =>
      known(await revision(db, number === 'newest' ? undefined : number), `revision ${number}`),
  }),
];
