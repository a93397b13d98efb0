import { type JsonObject, sameJson } from '../../domain/json.ts';
import { type NativeRecord, SIDES } from '../../domain/record.ts';
import { withValues } from '../../mapping/path.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Context } from './context.ts';
import type { OpenIntent } from './intents.ts';
import type { Due } from './queue.ts';
import type { Settled } from './settle.ts';

/**
 * Rows to plan once more: a create that people shall now see by its number, a field the target rendered otherwise, and a
 * reply that shows more than what we sent: a number or a total that the target gave, somebody's edit between our reading and
 * our write. No feed tells it again, for it is stored.
 */
export const lookAgain = (
  context: Context,
  all: readonly (Settled & { readonly record: NativeRecord })[],
  before: ReadonlyMap<string, JsonObject>,
  open: ReadonlySet<string>,
): Due[] => {
  const again = all.filter(({ intent, record, id }) => {
    if (open.has(intent.link)) return true;
    const mapping = context.mappings().get(intent.mapping);
    if (mapping === undefined) return false;
    if (intent.op === 'create') return showsState(mapping) || showsMore(mapping, intent.body, record.body);
    const was = before.get(id);
    if (was === undefined) return false;
    const expected = mapping.project(intent.body.side, withValues(was, intent.body.values));
    // What is written at the side that decides is the other side's news.
    if (intent.body.fields.some((field) => !Object.hasOwn(intent.body.intended, field))) return true;
    return !sameJson(expected, mapping.project(intent.body.side, record.body));
  });
  return again.map(({ intent, id }) => ({ mapping: intent.mapping, slot: intent.slot, id }));
};

/** True when a new record says more of what is mapped than was sent; a blank says nothing. */
const showsMore = (mapping: Mapping, { side, values }: OpenIntent['body'], body: JsonObject): boolean => {
  const pathsOf = (whole: JsonObject) => mapping.paths(side, mapping.project(side, whole));
  const sent = pathsOf(withValues({}, values));
  return Object.entries(pathsOf(body)).some(
    ([path, value]) => value !== null && value !== '' && !sameJson(value, sent[path] ?? null),
  );
};

/** True when people see a record's state in one of its systems: then a create is followed by one more plan. */
const showsState = (mapping: Mapping): boolean => {
  const facts = { state: 'in agreement', id: '-', reason: '-' };
  return SIDES.some((side) => mapping.feedback(side, facts, {}) !== undefined);
};
