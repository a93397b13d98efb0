/** Native paths: `name`, `billing.street`, `addresses[use=bill-to].street`. Parsed once, then walked without allocating. */
import { isObject, type Json, type JsonObject } from '../domain/json.ts';

/** One step down: an own key, and for a list the element that `key=value` selects. */
export interface Step {
  readonly key: string;
  readonly where?: { readonly key: string; readonly value: string };
}
export type Path = readonly Step[];

const STEP = /^([^.[\]=]+)(?:\[([^.[\]=]+)=([^[\]=]+)\])?$/;
const SPLIT = /\.(?![^[]*\])/;

/** The steps of a path, or undefined when its text is not a path. */
export const parsePath = (text: string): Path | undefined => {
  const steps: Step[] = [];
  for (const part of text.split(SPLIT)) {
    const found = STEP.exec(part);
    const [, key, selector, value] = found ?? [];
    if (key === undefined || key === '__proto__') return undefined;
    steps.push(selector === undefined || value === undefined ? { key } : { key, where: { key: selector, value } });
  }
  return steps;
};

/** The steps of a path that was checked before. */
export const pathOf = (text: string): Path => {
  const path = parsePath(text);
  if (path === undefined) throw new TypeError(`"${text}" is not a path`);
  return path;
};

const selected = (list: Json | undefined, where: NonNullable<Step['where']>): JsonObject | undefined => {
  if (!Array.isArray(list)) return undefined;
  for (const item of list as readonly Json[]) {
    if (isObject(item) && Object.hasOwn(item, where.key) && String(item[where.key]) === where.value) return item;
  }
  return undefined;
};

/** The value at a path, or undefined when any step is missing. Never throws, whatever stands there. */
export const getPath = (body: JsonObject, path: Path): Json | undefined => {
  let at: Json | undefined = body;
  for (const step of path) {
    if (!isObject(at) || !Object.hasOwn(at, step.key)) return undefined;
    at = at[step.key];
    if (step.where !== undefined) at = selected(at, step.where);
  }
  return at;
};

type Draft = Record<string, unknown>;

const element = (draft: Draft, step: Step): Draft => {
  if (step.where === undefined) {
    const next = Object.hasOwn(draft, step.key) ? draft[step.key] : undefined;
    if (isObject(next as Json)) return next as Draft;
    draft[step.key] = {};
    return draft[step.key] as Draft;
  }
  const { key, value } = step.where;
  if (!Array.isArray(draft[step.key])) draft[step.key] = [];
  const list = draft[step.key] as Draft[];
  const found = list.find((item) => isObject(item as Json) && String(item[key]) === value);
  if (found !== undefined) return found;
  const made: Draft = { [key]: value };
  list.push(made);
  return made;
};

/** Put a value into a draft that is ours alone, making objects and selected elements on the way. */
export const setPath = (draft: Draft, path: Path, value: Json): void => {
  let at = draft;
  for (const step of path.slice(0, -1)) at = element(at, step);
  const last = path.at(-1);
  if (last === undefined) return;
  if (last.where === undefined) at[last.key] = value;
  else if (isObject(value)) Object.assign(element(at, last), value);
};

/** A new document with the values of `patch` laid over `body`: what a target that merges would store. Others keep their bytes. */
export const withValues = (body: JsonObject, values: Readonly<Record<string, Json>>): JsonObject => {
  const draft = structuredCloneJson(body) as Draft;
  for (const [path, value] of Object.entries(values)) setPath(draft, pathOf(path), value);
  return draft as JsonObject;
};

const structuredCloneJson = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(structuredCloneJson);
  if (!isObject(value)) return value;
  const copy: Draft = {};
  for (const key of Object.keys(value)) {
    Object.defineProperty(copy, key, {
      value: structuredCloneJson(value[key] ?? null),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy as JsonObject;
};

/** A function that keeps only the named paths of a body; unmatched elements of lists are dropped. */
export const projector = (paths: readonly Path[]): ((body: JsonObject) => JsonObject) => {
  return (body) => {
    const kept: Draft = {};
    for (const path of paths) {
      const value = getPath(body, path);
      if (value !== undefined) setPath(kept, path, value);
    }
    return kept as JsonObject;
  };
};
