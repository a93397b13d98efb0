/** The requests that one written record takes: its own, and those of children that travel by themselves. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, sameJson, stringifyJson } from '../../src/domain/json.ts';
import { REMOVED } from '../../src/mapping/path.ts';
import { type Dialect, literal } from './edm.ts';
import { type Children, childToWire, type Entity, keyValues, predicateOf, toWireParts } from './entity.ts';
import type { Item } from './requests.ts';
import type { ODataPreset } from './schema.ts';

/** One request of a changeset; its path stands below the service's root. */
export interface Operation {
  readonly method: 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'MERGE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject | undefined;
}

/** The children that a record has now, by navigation property, with keys and selectors. Undefined where nobody looked. */
export type Known = JsonObject | undefined;

const METHODS = { patch: 'PATCH', merge: 'MERGE', put: 'PUT' } as const;

/** A tag as HTTP wants it; what has no quotes was never one, and matches nothing. */
const asTag = (version: string): string => (/^(?:W\/)?"/.test(version) ? version : `"${version.replaceAll('"', '')}"`);

const guardOf = ({ type }: Entity, version: string | undefined): Record<string, string> =>
  // Without a version it still must be there: a PATCH of what is gone would make it anew.
  type.etag ? { 'if-match': version === undefined ? '*' : asTag(version) } : {};

const rowsOf = (known: Known, { name }: Children): readonly JsonObject[] => {
  const rows = known === undefined ? undefined : known[name];
  return Array.isArray(rows) ? (rows as readonly Json[]).filter(isObject) : [];
};

/** The child that stands now where a mapping's selector points. */
const match = (known: Known, child: Children, wanted: JsonObject): JsonObject | undefined => {
  const by = wanted[child.selector];
  return by === undefined ? undefined : rowsOf(known, child).find((row) => sameJson(row[child.selector], by));
};

const keysOf = ({ keys }: Children, row: JsonObject): JsonObject =>
  Object.fromEntries(keys.flatMap(([name]) => (row[name] === undefined ? [] : [[name, row[name]]])));

/** A mapping's mark on a child that shall go. */
const goes = (row: JsonObject): boolean => row[REMOVED] === true;

/** All children that there are by their keys, with the changed ones' values, and the new ones behind them: who is not named goes. */
const deep = (child: Children, wanted: readonly Json[], known: Known, dialect: Dialect): readonly JsonObject[] => {
  const changes = wanted.filter(isObject).map((row) => ({ row, now: match(known, child, row) }));
  const kept = rowsOf(known, child).flatMap((row) => {
    const change = changes.find(({ now }) => now === row);
    if (change !== undefined && goes(change.row)) return [];
    return [childToWire(child, { ...change?.row, ...keysOf(child, row) }, dialect)];
  });
  const added = changes.flatMap(({ row, now }) =>
    now === undefined && !goes(row) ? [childToWire(child, row, dialect)] : [],
  );
  return [...kept, ...added];
};

const childPredicate = (entity: Entity, child: Children, id: string, row: JsonObject): string => {
  const parents = keyValues(entity.keys, id) ?? new Map();
  const parts = [
    ...entity.keys.map(([name, kind]) => [name, literal(kind, parents.get(name) ?? null, entity.dialect)] as const),
    ...child.keys.map(([name, kind]) => [name, literal(kind, row[name] ?? null, entity.dialect)] as const),
  ];
  return parts.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join(',');
};

/** A changed child, or one that shall go, by its own address; a new one below its record. */
const separate = (
  entity: Entity,
  child: Children,
  id: string,
  row: Json,
  known: Known,
  update: Operation['method'],
): readonly Operation[] => {
  const wanted = isObject(row) ? row : {};
  const now = match(known, child, wanted);
  const guarded = entity.type.etag ? { 'if-match': '*' } : {};
  const at = (known: JsonObject): string => `${child.set ?? child.name}(${childPredicate(entity, child, id, known)})`;
  if (goes(wanted))
    return now === undefined ? [] : [{ method: 'DELETE', path: at(now), headers: guarded, body: undefined }];
  const body = childToWire(child, row, entity.dialect);
  if (now === undefined)
    return [{ method: 'POST', path: `${entity.set}(${predicateOf(entity, id)})/${child.name}`, headers: {}, body }];
  const own = new Set(child.keys.map(([name]) => name));
  const changed = Object.fromEntries(Object.entries(body).filter(([name]) => !own.has(name)));
  return [{ method: update, path: at(now), headers: guarded, body: changed }];
};

const createdBy = (entity: Entity, { data, key }: Item): Operation => {
  const { own, nested } = toWireParts(entity, data);
  const { reference } = entity.type;
  const children = [...nested].map(([child, rows]) => [
    child.name,
    rows.map((row) => childToWire(child, row, entity.dialect)),
  ]);
  const referred = reference === undefined ? {} : { [reference]: key };
  return {
    method: 'POST',
    path: entity.set,
    headers: {},
    body: { ...own, ...Object.fromEntries(children), ...referred },
  };
};

const updatedBy = (entity: Entity, item: Item, known: Known, update: Operation['method']): readonly Operation[] => {
  const id = item.id ?? '';
  const { own, nested } = toWireParts(entity, item.data);
  const { children: way } = entity.type.write;
  if (way === 'none' && nested.size > 0)
    throw new SyncError('BAD_VALUE', 'children are created with their record only; `write.children` says otherwise', {
      unsent: true,
      class: 'validation',
    });
  const alone = way === 'separate';
  const inside = alone
    ? []
    : [...nested].map(([child, rows]) => [child.name, deep(child, rows, known, entity.dialect)] as const);
  const beside = alone
    ? [...nested].flatMap(([child, rows]) => rows.flatMap((row) => separate(entity, child, id, row, known, update)))
    : [];
  const path = `${entity.set}(${predicateOf(entity, id)})`;
  // The record's own request goes along though only children change: it carries the guard.
  const first: Operation = {
    method: update,
    path,
    headers: guardOf(entity, item.version),
    body: { ...own, ...Object.fromEntries(inside) },
  };
  return [first, ...beside];
};

/** Makes the requests of items. */
export const createOperations = ({ version, update_with: update }: ODataPreset) => {
  const method = METHODS[update ?? (version === 'v2' ? 'merge' : 'patch')];
  return (entity: Entity, act: 'create' | 'update' | 'delete', item: Item, known: Known): readonly Operation[] => {
    if (act === 'create') return [createdBy(entity, item)];
    if (act === 'update') return updatedBy(entity, item, known, method);
    const path = `${entity.set}(${predicateOf(entity, item.id ?? '')})`;
    return [{ method: 'DELETE', path, headers: guardOf(entity, item.version), body: undefined }];
  };
};

/** An operation's body as text. */
export const textOf = ({ body }: Operation): string => (body === undefined ? '' : stringifyJson(body));
