import { z } from 'zod';
import { revision, revisions } from '../../ledger/queries/config.ts';
import { applyConfiguration, planConfiguration } from '../configuration.ts';
import { ConfigPlan, Revision, RevisionView, StoredRevision } from '../replies-admin.ts';
import { known, type Route, route } from '../route.ts';
import { ConfigFiles, Limit } from '../schemas.ts';

const ByNumber = z.strictObject({
  number: z.union([z.literal('newest'), z.coerce.number().int().min(1).max(2_000_000_000)]),
});

// Mappings, lookups and the descriptions of whole systems.
const FILES_LIMIT = 16 * 1024 * 1024;

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
  route({
    id: 'POST /config/plan',
    summary: 'What a configuration would change against the newest revision, and what is wrong with it; stores nothing',
    body: z.strictObject({ files: ConfigFiles }),
    bodyLimit: FILES_LIMIT,
    reply: ConfigPlan,
    answer: (asked) => asked.limits.alone('configuration', () => planConfiguration(asked, asked.body.files)),
  }),
  route({
    id: 'POST /config',
    summary: 'Store a configuration as the newest revision; every process takes it over by itself',
    body: z.strictObject({
      files: ConfigFiles,
      on: z.int().min(0).describe('`revision` of its plan; refused when another one was stored meanwhile'),
    }),
    bodyLimit: FILES_LIMIT,
    reply: StoredRevision,
    status: 201,
    answer: async (asked) => {
      const { number, author, fresh } = await asked.limits.alone('configuration', () =>
        applyConfiguration(asked, { author: asked.caller.name, ...asked.body }),
      );
      return { number, author, state: fresh ? ('stored' as const) : ('unchanged' as const) };
    },
  }),
];
