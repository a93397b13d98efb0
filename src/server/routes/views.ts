import { z } from 'zod';
import { ERRORS, type SyncError } from '../../domain/errors.ts';
import type { KeptAnswer, View } from '../../mapping/view.ts';
import { type Caller, owns } from '../access.ts';
import type { ServerDeps } from '../deps.ts';
import { mayShow, type Persons, permitFor } from '../persons.ts';
import { ViewList, ViewReply } from '../replies-views.ts';
import { known, type Route, route } from '../route.ts';
import { Text } from '../schemas.ts';
import { keyOf } from '../view-key.ts';
import { type GivenAnswer, nothing, type Views } from '../views.ts';

type Asking = Pick<ServerDeps, 'compilation'> & { readonly views: Views };

/** An answer and what of it the person sees. */
interface Shown extends GivenAnswer {
  readonly kept: KeptAnswer;
  readonly fields: readonly string[];
}

/** A view of the caller's own: one that reads by a mapping belongs to it, one that does not is for keys without bounds. */
const isOwn = (caller: Caller, { mappings }: View): boolean =>
  mappings.length === 0 ? caller.mappings === null : mappings.every((mapping) => owns(caller, mapping));

const personsFor = ({ compilation, views }: Asking): Persons | undefined => {
  const { configuration, mappings } = compilation();
  const people = configuration?.people;
  const mapping = people === undefined ? undefined : mappings.get(people.mapping);
  return people === undefined || mapping === undefined ? undefined : views.persons(mapping, people);
};

/**
 * What a view says of a key to whoever asks. The person is judged before the system is asked, as far as that can be told:
 * else an error of the system would tell somebody without any right that there is such a record.
 */
const shown = async (
  view: View,
  address: string,
  key: string,
  as: string | undefined,
  asked: Asking,
): Promise<Shown> => {
  const { views } = asked;
  const none = (): SyncError => nothing(view, address);
  const persons = personsFor(asked);
  const permit = await permitFor(view, { persons, as });
  if (permit === undefined) throw none();
  const known = await views.look(view, key);
  const may = (kept: KeptAnswer | undefined) => mayShow(permit, { view, asking: known.asking, kept, persons });
  const before = await may(undefined);
  if (before === false) throw none();
  // Only the record can tell: to somebody whom no copy of it names, however old, it is as if there were none.
  const given = await views.answer(view, key, known).catch(async (error: unknown) => {
    throw before === true || (known.kept !== undefined && (await may(known.kept)) === true) ? error : none();
  });
  const { kept } = given.known;
  if (kept === undefined || (await may(kept)) !== true) throw none();
  return { ...given, kept, fields: permit.fields };
};

const askedBy = ({ asks, parts }: View): string => {
  if (parts === undefined) return asks === undefined ? 'its own id' : `the id in ${asks.slot}`;
  const each = parts.map(({ name, linked, optional }) => {
    const what = linked === undefined ? name : `${name} (the id in ${linked.from})`;
    return optional ? `[${what}]` : what;
  });
  return each.join(', ');
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
          asked_by: askedBy(view),
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
    query: z
      .object({ as: Text(200).optional().describe('The person who asks, by the id of the asking system') })
      .catchall(Text(200))
      .describe('What else the view is asked by, each part by its name'),
    reply: ViewReply,
    rate: 'view',
    answer: async (asked) => {
      const { compilation, caller, params, query } = asked;
      const found = compilation().views?.get(params.name);
      const view = known(found !== undefined && isOwn(caller, found) ? found : undefined, `view "${params.name}"`);
      const { as, ...others } = query;
      const { key, parts } = keyOf(view, params.key, others as Record<string, string>);
      const { known: answer, stale, kept, fields } = await shown(view, params.key, key, as, asked);
      const { id = '', asOf = '' } = answer;
      const some = <T>(all: Readonly<Record<string, T>>): Record<string, T> =>
        Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)));
      return {
        view: view.name,
        key: params.key,
        ...(parts === undefined ? {} : { parts }),
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
