import { z } from 'zod';
import { preview } from '../../ledger/queries/explain.ts';
import { mappingView } from '../../ledger/queries/mappings.ts';
import { syncMapping } from '../../ledger/steps/acts.ts';
import { problemLine } from '../../mapping/problem.ts';
import { type Caller, owns, seesValues } from '../access.ts';
import type { ServerDeps } from '../deps.ts';
import { explainedMasked } from '../masking.ts';
import { Acted, Checked, Explained, Mapping } from '../replies.ts';
import { actorOf, known, type Route, route, signal } from '../route.ts';
import { ByName, Limit } from '../schemas.ts';

const mappingOf = ({ compilation, caller }: Pick<ServerDeps, 'compilation'> & { caller: Caller }, name: string) =>
  known(owns(caller, name) ? compilation().mappings.get(name) : undefined, `mapping "${name}"`);

/** Mappings of the newest configuration. */
export const mappingRoutes: readonly Route[] = [
  route({
    id: 'GET /mappings',
    summary: 'All mappings',
    reply: z.strictObject({ mappings: z.array(Mapping) }),
    answer: ({ compilation, caller }) => ({
      mappings: [...compilation().mappings.values()].filter(({ name }) => owns(caller, name)).map(mappingView),
    }),
  }),
  route({
    id: 'GET /mappings/:name',
    summary: 'One mapping',
    params: ByName,
    reply: Mapping,
    answer: (asked) => mappingView(mappingOf(asked, asked.params.name)),
  }),
  route({
    id: 'GET /mappings/:name/check',
    summary: 'What is wrong in its file, with place and remedy',
    params: ByName,
    reply: Checked,
    answer: ({ compilation, caller, params }) => {
      const { mappings, problems } = compilation();
      const mine = problems.filter(
        ({ file }) => file.endsWith(`mappings/${params.name}.yaml`) || /\/lookups\/|^entities\//.test(file),
      );
      known(
        owns(caller, params.name) && (mappings.has(params.name) || mine.length > 0) ? true : undefined,
        `mapping "${params.name}"`,
      );
      return { ok: mine.length === 0, problems: mine.map(problemLine) };
    },
  }),
  route({
    id: 'GET /mappings/:name/preview',
    summary: 'What a sync would do now, for a few records: those with something to do first',
    params: ByName,
    query: z.strictObject({ limit: Limit(20, 200) }),
    reply: z.strictObject({ records: z.array(Explained) }),
    answer: async (asked) => {
      const mapping = mappingOf(asked, asked.params.name);
      const records = await preview(asked.db, mapping, asked.query.limit);
      return { records: seesValues(asked.caller, mapping.name) ? records : records.map(explainedMasked) };
    },
  }),
  route({
    id: 'POST /mappings/:name/sync',
    summary: 'Compare all its records: a full pass at both sides',
    params: ByName,
    reply: Acted,
    status: 202,
    answer: async (asked) => {
      const { records, nudge, slots } = await syncMapping(asked.db, actorOf(asked.caller), asked.params.name);
      await signal(asked, nudge, slots);
      return { records, state: 'queued' as const };
    },
  }),
];
