import { z } from 'zod';
import { ERRORS } from '../../domain/errors.ts';
import type { View } from '../../mapping/view.ts';
import { type Caller, owns } from '../access.ts';
import type { ServerDeps } from '../deps.ts';
import { type Persons, personsOf, shownTo } from '../persons.ts';
import { ViewList, ViewReply } from '../replies-views.ts';
import { known, type Route, route } from '../route.ts';
import { Text } from '../schemas.ts';
import { nothing } from '../views.ts';

type Asking = Pick<ServerDeps, 'compilation' | 'db'> & { readonly caller: Caller };

/** A view of the caller's own: one that reads by a mapping belongs to it, one that does not is for keys without bounds. */
const isOwn = (caller: Caller, { asks }: View): boolean =>
  asks === undefined ? caller.mappings === null : owns(caller, asks.mapping);

const personsFor = ({ compilation, db }: Asking): Persons | undefined => {
  const { configuration, mappings } = compilation();
  const people = configuration?.people;
  const mapping = people === undefined ? undefined : mappings.get(people.mapping);
  return people === undefined || mapping === undefined ? undefined : personsOf(db, mapping, people);
};

/** Views: what one system's people may ask of the other. */
export const viewRoutes: readonly Route[] = [
  route({
    id: 'GET /views',
    summary: 'Views that may be asked, and what each shows',
    reply: ViewList,
    answer: ({ compilation, caller }) => ({
      views: [...(compilation().views ?? new Map<string, View>()).values()]
        .filter((view) => isOwn(caller, view))
        .map((view) => ({
          name: view.name,
          summary: view.summary,
          source: view.slot,
          asked_by: view.asks === undefined ? 'its own id' : `the id in ${view.asks.slot}`,
          fields: [...view.fields],
          fresh_for: view.freshMs / 1_000,
          stale_for: view.staleMs / 1_000,
          roles: Object.keys(view.roles ?? {}),
        })),
    }),
  }),
  route({
    id: 'GET /views/:name/:key',
    summary:
      'One record of the other system: as it was read a moment ago, else read now, else an old copy that says so',
    params: z.strictObject({ name: Text(200), key: Text(500) }),
    query: z.strictObject({
      as: Text(200).optional().describe('The person who asks, by the id of the asking system'),
    }),
    reply: ViewReply,
    rate: 'view',
    answer: async (asked) => {
      const { compilation, caller, params, query, views } = asked;
      const found = compilation().views?.get(params.name);
      const view = known(found !== undefined && isOwn(caller, found) ? found : undefined, `view "${params.name}"`);
      const { known: answer, stale } = await views.answer(view, params.key);
      const { kept, id = '', asOf = '' } = answer;
      if (kept === undefined) throw nothing(view, params.key);
      const fields = await shownTo(view, answer, kept, { persons: personsFor(asked), as: query.as });
      if (fields === undefined) throw nothing(view, params.key);
      const some = <T>(all: Readonly<Record<string, T>>): Record<string, T> =>
        Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)));
      return {
        view: view.name,
        key: params.key,
        source: view.slot,
        id,
        record: some(kept.values),
        problems: some(kept.faults),
        as_of: asOf,
        fresh: stale === undefined,
        ...(stale === undefined ? {} : { code: stale, fix: ERRORS[stale].fix }),
      };
    },
  }),
];
