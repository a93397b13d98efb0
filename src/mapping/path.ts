/**
 * Native paths: `name`, `billing.street`, `addresses[use=bill-to].street`; a name with a dot, a bracket or `=` of its own
 * stands in double quotes, as in `"@odata.etag"`. Parsed once, then walked without allocating.
 */
import { ExactNumber, isObject, type Json, type JsonObject } from '../domain/json.ts';

/** One step down: an own key, and for a list the element that `key=value` selects. */
export interface Step {
  readonly key: string;
  readonly where?: { readonly key: string; readonly value: string };
}
export type Path = readonly Step[];

/** What a bare name cannot hold. A name with a double quote of its own, which none of them had so far, cannot be written. */
const SPECIAL = /[.[\]=]/;
/** One step where the last one ended: a name, bare or quoted, and perhaps a selector. */
const STEP = /(?:"([^"]+)"|([^.[\]="][^.[\]=]*))(?:\[(?:"([^"]+)"|([^.[\]="][^.[\]=]*))=([^[\]=]+)\])?(?:\.|$)/y;

/** A name as it stands in a path. Undefined for one that no path can name. */
export const pathName = (name: string): string | undefined => {
  if (name === '' || name.includes('"') || name === '__proto__') return undefined;
  return SPECIAL.test(name) ? `"${name}"` : name;
};

/** Undefined for quotes around a name that needs none, so that a path has one text only. */
const nameIn = (quoted: string | undefined, bare: string | undefined): string | undefined => {
  const name = quoted ?? bare;
  return name === '__proto__' || (quoted !== undefined && !SPECIAL.test(quoted)) ? undefined : name;
};

/** The steps of a path, or undefined when its text is not a path. */
export const parsePath = (text: string): Path | undefined => {
  const steps: Step[] = [];
  if (text.endsWith('.')) return undefined;
  for (STEP.lastIndex = 0; STEP.lastIndex < text.length || steps.length === 0; ) {
    const [, quoted, bare, quotedSelector, bareSelector, value] = STEP.exec(text) ?? [];
    const key = nameIn(quoted, bare);
    if (key === undefined) return undefined;
    if (value === undefined) steps.push({ key });
    else {
      const selector = nameIn(quotedSelector, bareSelector);
      if (selector === undefined) return undefined;
      steps.push({ key, where: { key: selector, value } });
    }
  }
  return steps;
};

const parsed = new Map<string, Path>();
const CACHED = 10_000;

/** The steps of a path that was checked before. */
export const pathOf = (text: string): Path => {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const path = parsePath(text);
  if (path === undefined) throw new TypeError(`"${text}" is not a path`);
  if (parsed.size >= CACHED) parsed.clear();
  parsed.set(text, path);
  return path;
};

/** Only a scalar can be what a selector names; anything else may not even have a text. */
export const selects = (item: unknown, { key, value }: NonNullable<Step['where']>): item is JsonObject => {
  if (!isObject(item) || !Object.hasOwn(item, key)) return false;
  const own = item[key];
  return own === value || ((typeof own !== 'object' || own instanceof ExactNumber) && String(own) === value);
};

const selected = (list: Json | undefined, where: NonNullable<Step['where']>): JsonObject | undefined =>
  Array.isArray(list)
    ? ((list as readonly Json[]).find((item) => selects(item, where)) as JsonObject | undefined)
    : undefined;

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

/**
 * Is a name on the way to the value not there at all, where its parent is? An emptied parent, or an element that nothing
 * selects, is no missing name: somebody may have emptied or removed it.
 */
export const isMissing = (body: JsonObject, path: Path): boolean => {
  let at: Json | undefined = body;
  for (const step of path) {
    if (!isObject(at)) return false;
    if (!Object.hasOwn(at, step.key)) return true;
    at = at[step.key];
    if (step.where !== undefined) at = selected(at, step.where);
  }
  return false;
};

type Draft = Record<string, unknown>;

/** Own keys only, also one named `__proto__`, which an assignment would obey instead of store. */
const copyInto = (target: Draft, source: JsonObject, copy: (value: Json) => Json): Draft => {
  for (const key of Object.keys(source)) {
    const value = copy(source[key] ?? null);
    if (key === '__proto__')
      Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
    else target[key] = value;
  }
  return target;
};

// A list this long is searched by an index: a bill of materials has thousands of elements.
const INDEXED_FROM = 32;
const indexes = new WeakMap<
  readonly Draft[],
  { readonly key: string; seen: number; readonly first: Map<string, Draft> }
>();

/** The first element that a selector names, in a list that is ours alone and only grows. */
const elementOf = (list: readonly Draft[], where: NonNullable<Step['where']>): Draft | undefined => {
  if (list.length < INDEXED_FROM) return list.find((item) => selects(item, where));
  const known = indexes.get(list);
  const index = known?.key === where.key ? known : { key: where.key, seen: 0, first: new Map<string, Draft>() };
  indexes.set(list, index);
  for (; index.seen < list.length; index.seen += 1) {
    const item = list[index.seen] as Draft;
    const own = isObject(item as Json) && Object.hasOwn(item, where.key) ? item[where.key] : undefined;
    const value = typeof own === 'object' && !(own instanceof ExactNumber) ? undefined : String(own);
    if (own !== undefined && value !== undefined && !index.first.has(value)) index.first.set(value, item);
  }
  return index.first.get(where.value);
};

const element = (draft: Draft, step: Step): Draft => {
  if (step.where === undefined) {
    const next = Object.hasOwn(draft, step.key) ? draft[step.key] : undefined;
    if (isObject(next as Json)) return next as Draft;
    draft[step.key] = {};
    return draft[step.key] as Draft;
  }
  const { where } = step;
  if (!Object.hasOwn(draft, step.key) || !Array.isArray(draft[step.key])) draft[step.key] = [];
  const list = draft[step.key] as Draft[];
  const found = elementOf(list, where);
  if (found !== undefined) return found;
  const made: Draft = { [where.key]: where.value };
  list.push(made);
  return made;
};

/** The mark that an element of a list carries in a write that takes it away. */
export const REMOVED = '$removed';

/** Put a value into a draft that is ours alone, making objects and selected elements on the way. A selected element that becomes null is marked. */
export const setPath = (draft: Draft, path: Path, value: Json): void => {
  let at = draft;
  for (const step of path.slice(0, -1)) at = element(at, step);
  const last = path.at(-1);
  if (last === undefined) return;
  if (last.where === undefined) at[last.key] = value;
  else if (value === null) element(at, last)[REMOVED] = true;
  else if (isObject(value)) copyInto(element(at, last), value, (child) => child);
};

/** Take the selected element out of its list. */
const takeOut = (draft: Draft, path: Path): void => {
  let at = draft;
  for (const step of path.slice(0, -1)) at = element(at, step);
  const last = path.at(-1);
  const where = last?.where;
  if (last === undefined || where === undefined || !Array.isArray(at[last.key])) return;
  at[last.key] = (at[last.key] as readonly Json[]).filter((item) => !selects(item, where));
};

/** A new document with the values of `patch` laid over `body`: what a target that merges would store. Others keep their bytes. */
export const withValues = (body: JsonObject, values: Readonly<Record<string, Json>>): JsonObject => {
  const draft = structuredCloneJson(body) as Draft;
  for (const [text, value] of Object.entries(values)) {
    const path = pathOf(text);
    if (value === null && path.at(-1)?.where !== undefined) takeOut(draft, path);
    else setPath(draft, path, value);
  }
  return draft as JsonObject;
};

const structuredCloneJson = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(structuredCloneJson);
  return isObject(value) ? (copyInto({}, value, structuredCloneJson) as JsonObject) : value;
};

/** The element of a kept list that stands for an observed one: its selector, and its own `id`, by which some targets address it. */
const keptElement = (
  kept: Draft,
  step: Step & { readonly where: NonNullable<Step['where']> },
  observed: JsonObject,
): Draft => {
  const { key, where } = step;
  if (!Object.hasOwn(kept, key)) kept[key] = [];
  const list = kept[key] as Draft[];
  const found = list.find((item) => selects(item, where));
  if (found !== undefined) return found;
  const made: Draft = { [where.key]: observed[where.key] };
  if (Object.hasOwn(observed, 'id')) made['id'] = observed['id'];
  list.push(made);
  return made;
};

const keep = (kept: Draft, body: JsonObject, path: Path): void => {
  let out = kept;
  let at: Json | undefined = body;
  path.forEach((step, i) => {
    if (!isObject(at)) return;
    const next: Json | undefined = at[step.key];
    const last = i === path.length - 1;
    if (step.where !== undefined) {
      const found = selected(next, step.where);
      if (found === undefined) return;
      out = keptElement(out, { key: step.key, where: step.where }, found);
      if (last) copyInto(out, found, (child) => child);
      at = found;
      return;
    }
    if (last) out[step.key] = next;
    else out = element(out, step);
    at = next;
  });
};

/** A function that keeps only the named paths of a body; unmatched elements of lists are dropped. No path may lie inside another. */
export const projector = (paths: readonly Path[]): ((body: JsonObject) => JsonObject) => {
  return (body) => {
    const kept: Draft = {};
    for (const path of paths) if (getPath(body, path) !== undefined) keep(kept, body, path);
    return kept as JsonObject;
  };
};

/** Two paths of which one is the other or lies inside it. */
export const overlap = (a: string, b: string): boolean => {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return (
    long.startsWith(short) && (long.length === short.length || long[short.length] === '.' || long[short.length] === '[')
  );
};
