/** Codes of other records to their ids: a currency by its code, payment terms by their name. Kept for a minute. */
import { isObject, type Json } from '../../src/domain/json.ts';
import type { Call } from '../sdk/seam.ts';
import { compileCall, type Rpc } from './rpc.ts';
import type { CallShape } from './schema.ts';

/** A model and the field of it by which people know its records. */
export interface Naming {
  readonly of: string;
  readonly by: string;
}
/** The id of a code, or a sentence why there is not exactly one. */
export type Resolved = { readonly id: Json } | { readonly problem: string };

export interface References {
  /** Fetches what is not known yet of these codes. */
  learn(wanted: readonly (Naming & { readonly code: string })[], call: Call): Promise<void>;
  resolve(naming: Naming, code: string): Resolved;
}

const KEPT_MS = 60_000;

/** Makes the references of a connection. `clock` only goes forward, ms. */
export const createReferences = (
  shape: CallShape,
  rpc: Rpc,
  clock: () => number = () => performance.now(),
): References => {
  const ask = compileCall(shape);
  const known = new Map<string, { readonly ids: readonly Json[]; readonly until: number }>();
  const nameOf = ({ of, by }: Naming, code: string): string => JSON.stringify([of, by, code]);

  const learnOne = async (naming: Naming, codes: readonly string[], call: Call): Promise<void> => {
    const { of: model, by } = naming;
    const { result } = await rpc.ask(`a lookup in ${model}`, ask, { model, by, codes }, call);
    const ids = new Map<string, Json[]>(codes.map((code) => [code, []]));
    for (const row of Array.isArray(result) ? (result as readonly Json[]) : []) {
      if (!isObject(row) || row['id'] === undefined) continue;
      ids.get(String(row[by]))?.push(row['id']);
    }
    // What is missing is asked for again each time: somebody may be about to add it.
    for (const [code, found] of ids) {
      if (found.length > 0) known.set(nameOf(naming, code), { ids: found, until: clock() + KEPT_MS });
      else known.delete(nameOf(naming, code));
    }
  };
  return {
    learn: async (wanted, call) => {
      const missing = new Map<string, { readonly naming: Naming; readonly codes: Set<string> }>();
      for (const { of, by, code } of wanted) {
        if ((known.get(nameOf({ of, by }, code))?.until ?? 0) > clock()) continue;
        const group = missing.get(`${of} ${by}`) ?? { naming: { of, by }, codes: new Set<string>() };
        missing.set(`${of} ${by}`, group);
        group.codes.add(code);
      }
      for (const { naming, codes } of missing.values()) await learnOne(naming, [...codes], call);
    },
    resolve: (naming, code) => {
      const ids = known.get(nameOf(naming, code))?.ids ?? [];
      const [only, ...others] = ids;
      if (only === undefined)
        return { problem: `there is no ${naming.of} with the ${naming.by} "${code.slice(0, 60)}"` };
      if (others.length > 0)
        return {
          problem: `there are ${ids.length} records of ${naming.of} with the ${naming.by} "${code.slice(0, 60)}"`,
        };
      return { id: only };
    },
  };
};
