import { isObject, type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import { objectFrom } from '../codec.ts';
import { type Context, mappingsOf } from './context.ts';
import type { Stored } from './observations.ts';

/** What the ledger keeps of a body: the paths that any mapping of the slot names. */
export const projected = (context: Context, slot: string, body: JsonObject): JsonObject =>
  mappingsOf(context, slot)
    .map(({ mapping, side }) => mapping.project(side, body))
    .reduce(merged, {});
const merged = (a: JsonObject, b: JsonObject): JsonObject => {
  const sum: Record<string, Json> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const before = sum[name];
    sum[name] =
      isObject(before) && isObject(value)
        ? merged(before, value)
        : Array.isArray(before) && Array.isArray(value)
          ? mergedLists(before, value)
          : value;
  }
  return sum;
};
const mergedLists = (a: readonly Json[], b: readonly Json[]): Json => [
  ...a,
  ...b.filter((item) => !a.some((other) => sameJson(item, other))),
];

/** Per path, the record's own time when its present value was first seen; '*' for those that never changed. */
export const timesOf = (
  places: ReturnType<typeof mappingsOf>,
  before: Stored | undefined,
  body: JsonObject,
  at: string,
): JsonObject => {
  if (before?.times == null) return { '*': at };
  const times: Record<string, Json> = { ...objectFrom(before.times) };
  const old = objectFrom(before.body);
  for (const { mapping, side } of places) {
    const was = mapping.paths(side, old);
    for (const [path, value] of Object.entries(mapping.paths(side, body)))
      if (!sameJson(value ?? null, was[path] ?? null)) times[path] = at;
  }
  return times;
};
