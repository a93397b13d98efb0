/**
 * Rows of a system that says things in words of its own, made into what is read here: its word for nothing, times as plain
 * texts, and records that it refers to by their ids alone.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, sameJson } from '../../src/domain/json.ts';
import { instantOf } from '../rest/time.ts';
import type { Call } from '../sdk/seam.ts';
import type { Naming } from './references.ts';
import { compileCall, type Rpc } from './rpc.ts';
import type { JsonRpcPreset, RecordType } from './schema.ts';
import { createAsker, fieldOf, idText, isChildren, isReference, typeOf } from './shape.ts';

/** Makes rows as they came into rows as they are read. */
export type Native = (rows: readonly Json[], call: Call) => Promise<readonly Json[]>;

/** A field that refers to others, and under which name what they are called is looked for. */
interface Referring {
  readonly field: string;
  readonly answer: string;
  readonly naming: Naming;
  readonly many: boolean;
}

const KEPT_MS = 60_000;

/** The ids in a value: one, a list that begins with one, or a list of them. */
const idsIn = (value: Json | undefined, many: boolean): readonly Json[] => {
  const list = Array.isArray(value) ? (value as readonly Json[]) : [value ?? null];
  return (many ? list : list.slice(0, 1)).filter((id) => idText(id) !== undefined);
};

/** What records are called, by their ids; asked for once a minute. */
const createNames = (shape: NonNullable<JsonRpcPreset['related']['by_id']>, rpc: Rpc, clock: () => number) => {
  const ask = compileCall(shape);
  const known = new Map<string, { readonly name: Json; readonly until: number }>();
  const placeOf = ({ of, by }: Naming, id: Json): string => JSON.stringify([of, by, idText(id)]);
  return {
    learn: async (naming: Naming, ids: readonly Json[], call: Call): Promise<void> => {
      const missing = ids.filter((id) => (known.get(placeOf(naming, id))?.until ?? 0) <= clock());
      if (missing.length === 0) return;
      const values = { model: naming.of, by: naming.by, ids: [...new Set(missing)] };
      const { result } = await rpc.ask(`a lookup in ${naming.of}`, ask, values, call);
      for (const row of Array.isArray(result) ? (result as readonly Json[]) : [])
        if (isObject(row) && row['id'] !== undefined)
          known.set(placeOf(naming, row['id']), { name: row[naming.by] ?? null, until: clock() + KEPT_MS });
    },
    /** Nothing read here as empty would be written elsewhere as empty. */
    named: (naming: Naming, id: Json): JsonObject => {
      const found = known.get(placeOf(naming, id));
      if (found !== undefined) return { id, [naming.by]: found.name };
      throw new SyncError(
        'PROTOCOL_ERROR',
        `a row refers to ${naming.of} ${idText(id)}, which cannot be read; let the user of the connection read ${naming.of}`,
      );
    },
  };
};

/** Compiles a record type. Rows are taken as they are where the preset says nothing of the kind. */
export const createNative = (
  type: RecordType,
  { nothing, values, related }: Pick<JsonRpcPreset, 'nothing' | 'values' | 'related'>,
  rpc: Rpc,
  clock: () => number = () => performance.now(),
): Native => {
  const asker = createAsker(related);
  const names = related.by_id === undefined ? undefined : createNames(related.by_id, rpc, clock);
  const plain = Object.values(type.body).filter((spec) => typeof spec === 'string' || 'field' in spec);
  const emptied = plain.filter((spec) => typeOf(spec) !== 'boolean').map(fieldOf);
  const instants = values === 'plain' ? plain.filter((spec) => typeOf(spec) === 'instant').map(fieldOf) : [];
  const referring = Object.values(type.body).flatMap((spec): readonly Referring[] => {
    if (typeof spec === 'string' || 'field' in spec || isChildren(spec)) return [];
    const [field, many] = isReference(spec) ? [spec.reference, false] : [spec.links, true];
    return [{ field, answer: asker.answer(field), naming: { of: spec.of, by: spec.by }, many }];
  });

  const plainOf = (row: JsonObject): JsonObject => {
    const made: Record<string, Json> = { ...row };
    if (nothing !== undefined)
      for (const field of emptied) if (sameJson(row[field], nothing as Json)) made[field] = null;
    for (const field of instants) made[field] = instantOf(row[field], 'UTC')?.text ?? made[field] ?? null;
    return made;
  };
  return async (rows, call) => {
    const own = rows.map((row) => (isObject(row) ? plainOf(row) : row));
    if (names === undefined) return own;
    const fields = (row: Json, { field, many }: Referring) => (isObject(row) ? idsIn(row[field], many) : []);
    for (const each of referring)
      await names.learn(
        each.naming,
        own.flatMap((row) => fields(row, each)),
        call,
      );
    return own.map((row) => {
      if (!isObject(row)) return row;
      const named = referring.map((each): readonly [string, Json] => {
        const found = fields(row, each).map((id) => names.named(each.naming, id));
        return [each.answer, each.many ? found : (found[0] ?? null)];
      });
      return { ...row, ...Object.fromEntries(named) };
    });
  };
};
