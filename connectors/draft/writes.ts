/** What a draft says of single records: how they are read, found by our key and written. Nothing is promised that is not sent. */
import type { JsonObject } from '../../src/domain/json.ts';
import { parsePath } from '../../src/mapping/path.ts';
import type { Guess } from './guess.ts';
import type { RestAnswers, Way } from './rest.ts';

/** A request of the preset. */
export const requestOf = ({ method, path, query }: Way, more: JsonObject = {}): JsonObject => ({
  ...(method === 'GET' ? {} : { method }),
  path,
  ...(Object.keys(query).length === 0 ? {} : { query }),
  ...more,
});

/** Where one record stands in a reply to a request for it: as seen, else under the name that a list of them has, or it is the reply. */
const recordPlace = (rows: Guess, seen: string | undefined): JsonObject => {
  if (seen !== undefined) return seen === '' ? {} : { record: seen };
  return rows.path === undefined || !/^(data|result|item)$/.test(rows.path) ? {} : { record: rows.path };
};

const GROUP = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The body of a create with our key in its place, beside what the record has in the same group; undefined where it cannot be put there. */
const bodyWithKey = (reference: string): JsonObject | undefined => {
  const steps = parsePath(reference) ?? [];
  const groups = steps.slice(0, -1);
  if (steps.some(({ where }) => where !== undefined) || groups.some(({ key }) => !GROUP.test(key))) return undefined;
  const inside = (from: number, above: string): JsonObject => {
    const { key } = steps[from] ?? { key: '' };
    const value = from === steps.length - 1 ? '{key}' : inside(from + 1, `${above}.${key}`);
    return { '...': `{${above}}`, [key]: value };
  };
  return inside(0, 'data');
};

/** Our key is sent with a create where its place is known and it can be looked for there; only then a lost create can be found again. */
export const keyedBody = ({ byKey }: RestAnswers, reference: Guess): JsonObject | undefined =>
  byKey === undefined || reference.path === undefined ? undefined : bodyWithKey(reference.path);

/** The blocks `read` and `write`. */
export const singlesOf = (
  answers: RestAnswers,
  { rows, version, reference }: { readonly rows: Guess; readonly version: Guess; readonly reference: Guess },
  recordAt?: string,
): { readonly read: JsonObject; readonly write: JsonObject } => {
  const { one, byKey, create, update, delete: remove, ifMatch, foundAt, foundId } = answers;
  const place = recordPlace(rows, recordAt);
  const guard = ifMatch && version.path !== undefined ? { headers: { 'if-match': '{version}' } } : {};
  const found = foundAt ?? rows.path;
  const body = keyedBody(answers, reference) ?? '{data}';
  return {
    read: {
      ...(one === undefined ? {} : { by_id: { request: requestOf(one), ...place } }),
      ...(byKey === undefined
        ? {}
        : {
            by_key: {
              request: requestOf(byKey),
              ...(found === undefined ? {} : { records: found }),
              ...(foundId === undefined ? {} : { only_id: foundId }),
            },
          }),
    },
    write: {
      ...(create === undefined ? {} : { create: { request: requestOf(create, { body }), ...place } }),
      ...(update === undefined
        ? {}
        : { update: { request: requestOf(update, { body: '{data}', ...guard }), ...place } }),
      ...(remove === undefined ? {} : { delete: { request: requestOf(remove, guard) } }),
    },
  };
};
