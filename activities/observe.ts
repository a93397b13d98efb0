import type { Call, ReadAnswer } from '../connectors/sdk/seam.ts';
import type { Reading } from '../src/ledger/port.ts';
import { capabilitiesOf, type Deps, type LiveConnection } from './deps.ts';
import { asOutbound, inLanes, pieces } from './outbound.ts';

export interface PartInput {
  readonly segment: string;
  readonly connection: string;
}
export interface ObserveCounts {
  readonly records: number;
}

/** One call's worth of a reading. */
interface Piece {
  readonly reading: Reading;
  readonly ids: readonly string[];
  readonly keys: readonly string[];
}

/** Read afresh what a segment must know before it is planned. Safe to repeat: what was stored is not asked for again. */
export const createObserve = (deps: Deps) =>
  asOutbound(
    deps,
    'observe',
    ({ segment, connection }: PartInput, { signal, heard }): Promise<ObserveCounts> =>
      deps.connections.use(connection, async (live) => {
        const epoch = await deps.pipeline.fence(segment, connection);
        const readings = await deps.pipeline.readings(segment, connection, epoch);
        const left = readings.flatMap((reading) => piecesOf(live, reading));
        const call: Call = { signal, beforeRequest: live.leave };
        await inLanes(live.settings.concurrency, async () => {
          const piece = left.shift();
          if (piece === undefined) return false;
          signal.throwIfAborted();
          const from = await deps.capture.now();
          const result = await read(live, piece, call);
          heard();
          await deps.pipeline.storeReading(segment, connection, epoch, { slot: piece.reading.slot, from, ...result });
          return true;
        });
        return { records: readings.reduce((sum, { ids, keys }) => sum + ids.length + keys.length, 0) };
      }),
  );

const piecesOf = (live: LiveConnection, reading: Reading): Piece[] => {
  const { maxBatch } = capabilitiesOf(live, reading.record).read;
  // A create in doubt at a system that cannot be asked by key: there is nothing to ask, and still something to decide.
  if (reading.ids.length + reading.keys.length === 0) return [{ reading, ids: [], keys: [] }];
  const room = Math.max(1, reading.control === null ? maxBatch : maxBatch - 1);
  return [
    ...pieces(reading.ids, room).map((ids) => ({ reading, ids, keys: [] })),
    ...pieces(reading.keys, Math.max(1, maxBatch)).map((keys) => ({ reading, ids: [], keys })),
  ];
};

const CANNOT: ReadAnswer = {
  error: { class: 'unsupported', message: 'the system cannot be asked for one record', scope: 'item' },
};

const read = async (live: LiveConnection, { reading, ids, keys }: Piece, call: Call) => {
  const { byId, byKey } = capabilitiesOf(live, reading.record).read;
  const ask = async (able: boolean, by: { readonly ids: readonly string[] } | { readonly keys: readonly string[] }) =>
    able ? await live.connector.read(reading.record, by, call) : [];
  const { control } = reading;
  const byIds = ids.length === 0 ? [] : await ask(byId, { ids: control === null ? ids : [...ids, control] });
  const byKeys = keys.length === 0 ? [] : await ask(byKey, { keys });
  const vouching = byIds[ids.length];
  return {
    ids: ids.map((id, i) => ({ id, answer: byIds[i] ?? CANNOT })),
    keys: keys.map((key, i) => ({ key, answer: byKeys[i] ?? CANNOT })),
    controlPresent:
      control === null || ids.length === 0
        ? null
        : vouching !== undefined && 'found' in vouching && vouching.found.length > 0,
  };
};
