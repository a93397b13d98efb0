/** New records, each with the key under which it can be found again. */
import type { Json } from '../../src/domain/json.ts';
import { stops, unanswered } from '../engine/outcome.ts';
import type { Call, NativeRecord, WriteItem } from '../sdk/seam.ts';
import type { Writing } from './schema.ts';
import { createPrepare, createSend, done, type Outcomes, readBack, type WriteParts } from './send.ts';

type Records = ReadonlyMap<string, NativeRecord>;

/** Creates what is not there yet under its key. */
export const createCreates = (parts: WriteParts, writing: Writing) => {
  const { type, rows, search, writer, complete, moves } = parts;
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
  const completed =
    (call: Call) =>
    async ({ data, idempotencyKey }: WriteItem) =>
      writer.fresh(await complete(data, writer.draft(data), call), idempotencyKey);
  /**
   * States of what was made. What is refused here is not lost: the record stands, in the state that it was left in, and
   * whoever compares it with what was wanted moves it as a change, with the refusal as its outcome.
   */
  const moved = async (made: ReadonlyMap<WriteItem, string>, records: Records, call: Call): Promise<Records> => {
    const pressed: string[] = [];
    for (const [{ data }, id] of made) {
      const body = records.get(id)?.body;
      if (body === undefined || !moves.wanted(data, body)) continue;
      pressed.push(id);
      const failed = await moves.press(id, data, body, call);
      if (failed !== undefined && stops(failed)) break;
    }
    return pressed.length === 0 ? records : new Map([...records, ...(await readBack(parts, pressed, call))]);
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
    const ready = await prepare(fresh, outcomes, completed(call), call);
    if (ready.length > 0)
      await send(ready, call, outcomes, (batch, result) => {
        const ids = idsIn(result, batch.length);
        batch.forEach(({ item }, index) => {
          const id = ids[index];
          if (id === undefined) outcomes.set(item, unanswered('the reply does not name the new record'));
          else made.set(item, id);
        });
      });
    const records = await moved(made, await readBack(parts, [...made.values()], call), call);
    for (const [item, id] of made) outcomes.set(item, done('created', id, records.get(id)));
  };
};
