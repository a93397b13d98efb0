/** The seam's `write`: one outcome per item, in order, whatever becomes of each. */
import { outcomeOfLostCall, refusedByUs, unanswered } from '../engine/outcome.ts';
import { pieces } from '../engine/pool.ts';
import type { Call, Outcome, WriteItem } from '../sdk/seam.ts';
import { createCreates } from './create.ts';
import type { Writing } from './schema.ts';
import { absent, createSend, type Outcomes, sendInTurn, type WriteParts } from './send.ts';
import { createUpdates } from './update.ts';

const createDeletes = (parts: WriteParts, writing: Writing) => {
  const send = createSend(parts, writing);
  return async (items: readonly WriteItem[], call: Call, outcomes: Outcomes): Promise<void> => {
    const { rows: found } = await parts.search.byIds(
      items.map(({ id }) => id ?? ''),
      call,
    );
    const there = new Set(found.map((row) => parts.rows.id(row)));
    for (const item of items) if (!there.has(item.id)) outcomes.set(item, absent(parts.name));
    const ready = items.filter((item) => there.has(item.id)).map((item) => ({ item, values: {} }));
    if (ready.length === 0) return;
    await send(ready, call, outcomes, (batch) =>
      batch.forEach(({ item }) => void outcomes.set(item, { status: 'deleted', id: item.id ?? '' })),
    );
  };
};

/** The seam's `write` for one record type. */
export const createWrite = (parts: WriteParts) => {
  const { create, update, delete: remove, max } = parts.type.write;
  const kinds = {
    create: create === undefined ? undefined : createCreates(parts, create),
    update: update === undefined ? undefined : createUpdates(parts, update),
    delete: remove === undefined ? undefined : createDeletes(parts, remove),
  };
  return async (items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    const outcomes: Outcomes = new Map();
    const batches = (['create', 'update', 'delete'] as const).flatMap((op) =>
      pieces(
        items.filter((item) => item.op === op).map((item) => ({ item, op })),
        parts.type.write[op]?.max ?? max,
      ),
    );
    await sendInTurn(batches, outcomes, async (batch) => {
      const own = batch.map(({ item }) => item);
      const op = batch[0]?.op ?? 'create';
      const work = kinds[op];
      if (work === undefined) {
        for (const item of own)
          outcomes.set(item, refusedByUs('unsupported', `${parts.name} cannot be written so (${op})`));
        return;
      }
      try {
        await work(own, call, outcomes);
      } catch (error) {
        // Reading before the write failed: nothing of this batch was sent.
        for (const item of own) if (!outcomes.has(item)) outcomes.set(item, outcomeOfLostCall(error, false));
      }
    });
    return items.map((item) => outcomes.get(item) ?? unanswered('the item was passed over'));
  };
};
