import { isObject, type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import { objectFrom } from '../codec.ts';
import { type Context, mappingsOf } from './context.ts';
import type { Former } from './record-rows.ts';

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
/** Elements that two mappings kept of the same child are one: they agree on every plain value that both have, the selector among them. */
const mergedLists = (a: readonly Json[], b: readonly Json[]): Json => {
  const all = [...a];
  for (const item of b) {
    const at = all.findIndex((other) => sameChild(other, item));
    if (at < 0) all.push(item);
    else all[at] = joined(all[at] ?? null, item);
  }
  return all;
};
const joined = (a: Json, b: Json): Json => (isObject(a) && isObject(b) ? merged(a, b) : a);
const sameChild = (a: Json, b: Json): boolean => {
  if (!isObject(a) || !isObject(b)) return sameJson(a, b);
  const shared = Object.keys(a).filter((key) => Object.hasOwn(b, key) && !isObject(a[key] ?? null));
  return shared.length > 0 && shared.every((key) => sameJson(a[key], b[key]));
};

/** Per path, the record's own time when its present value was first seen; '*' for those that never changed. */
export const timesOf = (
  places: ReturnType<typeof mappingsOf>,
  before: Former | undefined,
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

// A record that loses so many of its filled fields at once, and such a share of them, was emptied rather than edited.
const BLANKED_FIELDS = 2;
const BLANKED_SHARE = 0.5;

/** Was the record emptied, as a mass change or a lost permission does it, and not edited field by field? */
export const blanked = (
  places: ReturnType<typeof mappingsOf>,
  before: Former | undefined,
  body: JsonObject,
): boolean => {
  if (before === undefined || before.state === 'gone') return false;
  const old = objectFrom(before.body);
  const filled = new Map<string, boolean>();
  for (const { mapping, side } of places) {
    const now = mapping.paths(side, body);
    for (const [path, value] of Object.entries(mapping.paths(side, old)))
      if (!isEmpty(value)) filled.set(path, !isEmpty(now[path]));
  }
  const lost = [...filled.values()].filter((still) => !still).length;
  return lost >= BLANKED_FIELDS && lost >= filled.size * BLANKED_SHARE;
};
const isEmpty = (value: Json | undefined): boolean => value == null || value === '';
