/** New records, each with the key under which it can be found again. */
import type { Json } from '../../src/domain/json.ts';
import { unanswered } from '../engine/outcome.ts';
import type { Call, WriteItem } from '../sdk/seam.ts';
import type { Writing } from './schema.ts';
import { createPrepare, createSend, done, type Outcomes, readBack, type WriteParts } from './send.ts';

/** Creates what is not there yet under its key. */
export const createCreates = (parts: WriteParts, writing: Writing) => {
  const { type, rows, search, writer } = parts;
  const send = createSend(parts, writing);
  const prepare = createPrepare(parts);
  /** The new ids in the order sent; none of a reply that has not exactly one of its own for each record. */
  const idsIn = (result: Json, count: number): readonly string[] => {
    const ids = (Array.isArray(result) ? (result as readonly Json[]) : []).map((id) =>
      rows.id({ [type.id.field]: id }),
    );
    const known = ids.filter((id) => id !== undefined);
    return known.length === count && ids.length === count && new Set(known).size === count ? known : [];
  };
  return async (items: readonly WriteItem[], call: Call, outcomes: Outcomes): Promise<void> => {
    const made = new Map<WriteItem, string>();
    // A create that was done before under this key is not done again.
    const answers =
      type.where.keys === undefined
        ? []
        : await search.read({ keys: items.map(({ idempotencyKey }) => idempotencyKey) }, call);
    items.forEach((item, index) => {
      const answer = answers[index];
      if (answer !== undefined && 'found' in answer && answer.found[0] !== undefined)
        made.set(item, answer.found[0].id);
      // Something is there under the key: another one beside it would be a double.
      if (answer !== undefined && 'error' in answer) outcomes.set(item, { status: 'failed', error: answer.error });
    });
    const fresh = items.filter((item) => !made.has(item) && !outcomes.has(item));
    const ready = await prepare(fresh, outcomes, (item) => writer.fresh(item.data, item.idempotencyKey), call);
    if (ready.length > 0)
      await send(ready, call, outcomes, (batch, result) => {
        const ids = idsIn(result, batch.length);
        batch.forEach(({ item }, index) => {
          const id = ids[index];
          if (id === undefined) outcomes.set(item, unanswered('the reply does not name the new record'));
          else made.set(item, id);
        });
      });
    const records = await readBack(parts, [...made.values()], call);
    for (const [item, id] of made) outcomes.set(item, done('created', id, records.get(id)));
  };
};
