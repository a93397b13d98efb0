/**
 * Changes of known records. What an update expects is compared with the record as it is, right before it is sent, and
 * stated in the request besides.
 */
import type { Json } from '../../src/domain/json.ts';
import type { Call, Outcome, WriteItem } from '../sdk/seam.ts';
import type { Writing } from './schema.ts';
import {
  absent,
  createPrepare,
  createSend,
  done,
  type Outcomes,
  type Ready,
  readBack,
  type WriteParts,
} from './send.ts';

const moved = (name: string): Outcome => ({
  status: 'failed',
  error: { class: 'conflict', message: `the ${name} was changed meanwhile`, scope: 'item' },
});
/** Waits in whole, or rejects when the caller stops. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((over, stopped) => {
    signal.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      stopped(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      over();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });

/** Writes what differs, guarded. */
export const createUpdates = (parts: WriteParts, writing: Writing) => {
  const { name, type, rows, search, writer, moves } = parts;
  const send = createSend(parts, writing);
  const prepare = createPrepare(parts);
  const byId = (found: readonly Json[]) => new Map(found.map((row) => [rows.id(row) ?? '', row]));

  /** When the record was last written, if that matters to a guarded item. */
  const hot = ({ expectVersion }: WriteItem, row: Json | undefined): number => {
    const record = row === undefined ? undefined : rows.record(row);
    const guarded = typeof record === 'object' && expectVersion !== undefined && record.version === expectVersion;
    return guarded && row !== undefined ? (rows.time(row) ?? 0) : 0;
  };
  /**
   * The records as they are. One written within the system's present second has a stamp that a second write could
   * have too, so no guard would see it: such a record is read again when that second is over.
   */
  const current = async (items: readonly WriteItem[], call: Call): Promise<ReadonlyMap<string, Json>> => {
    const ids = items.map(({ id }) => id ?? '');
    const grain = type.guard?.grain_ms ?? 0;
    for (let left = 3; ; left -= 1) {
      const { rows: found, serverMs } = await search.byIds(ids, call);
      const now = byId(found);
      const newest = Math.max(0, ...items.map((item) => hot(item, now.get(item.id ?? ''))));
      const settled =
        serverMs === undefined || grain === 0 || Math.floor(newest / grain) < Math.floor(serverMs / grain);
      if (settled || left === 0) return now;
      await pause(grain, call.signal);
    }
  };
  const valuesFor = (item: WriteItem, row: Json | undefined): Readonly<Record<string, Json>> | Outcome => {
    const record = row === undefined ? undefined : rows.record(row);
    if (row === undefined || record === undefined || typeof record === 'string') return absent(name);
    if (item.expectVersion !== undefined && item.expectVersion !== record.version) return moved(name);
    const values = writer.values(item.data, row);
    if (values !== undefined) return values;
    return moves.wanted(item.data, record.body) ? {} : done('unchanged', record.id, record);
  };
  /** A refusal of a record that moved under our hands says nothing about what we wrote. */
  const recheck = async (ready: readonly Ready[], outcomes: Outcomes, call: Call): Promise<void> => {
    const refused = ready.filter(({ item }) => {
      const outcome = outcomes.get(item);
      return item.expectVersion !== undefined && outcome?.status === 'failed' && outcome.error.class === 'validation';
    });
    if (refused.length === 0) return;
    const records = await readBack(
      parts,
      refused.map(({ item }) => item.id ?? ''),
      call,
    );
    for (const { item } of refused) {
      const record = records.get(item.id ?? '');
      if (record !== undefined && record.version !== item.expectVersion) outcomes.set(item, moved(name));
    }
  };
  /** Moves states, after what else was written; answers with the items of which nothing was refused. */
  const pressed = async (
    items: readonly WriteItem[],
    now: ReadonlyMap<string, Json>,
    outcomes: Outcomes,
    call: Call,
  ): Promise<readonly WriteItem[]> => {
    for (const item of items) {
      const row = now.get(item.id ?? '');
      const record = row === undefined ? '' : rows.record(row);
      const failed =
        typeof record === 'string' ? undefined : await moves.press(record.id, item.data, record.body, call);
      if (failed !== undefined) outcomes.set(item, failed);
    }
    return items.filter((item) => !outcomes.has(item));
  };
  return async (items: readonly WriteItem[], call: Call, outcomes: Outcomes): Promise<void> => {
    const now = await current(items, call);
    const ready = await prepare(items, outcomes, (item) => valuesFor(item, now.get(item.id ?? '')), call);
    if (ready.length === 0) return;
    const telling = ready.filter(({ values }) => Object.keys(values).length > 0);
    const sent = ready.filter((each) => !telling.includes(each)).map(({ item }) => item);
    if (telling.length > 0) await send(telling, call, outcomes, (batch) => sent.push(...batch.map(({ item }) => item)));
    await recheck(telling, outcomes, call);
    const written = await pressed(sent, now, outcomes, call);
    const records = await readBack(
      parts,
      written.map(({ id }) => id ?? ''),
      call,
    );
    for (const item of written) outcomes.set(item, done('updated', item.id ?? '', records.get(item.id ?? '')));
  };
};
