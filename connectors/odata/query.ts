/** The system query options, built from what a preset declares. Every value is a literal of its kind; nothing is put in as it came. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import { type Kind, literal } from './edm.ts';
import { type Entity, keyValues } from './entity.ts';
import type { ODataRecordType } from './schema.ts';

/** A field with its literal, ready to be compared. */
type Bound = readonly [field: string, literal: string];

const both = (parts: readonly string[]): string => parts.map((part) => `(${part})`).join(' and ');
const either = (parts: readonly string[]): string => parts.map((part) => `(${part})`).join(' or ');

/** Everything behind a place, compared part by part: `(A gt x) or (A eq x and K gt y)`. With `last: ge` the place itself too. */
export const behind = (place: readonly Bound[], last: 'gt' | 'ge'): string => {
  const branches = place.map(([field, value], at) => {
    const before = place.slice(0, at).map(([name, same]) => `${name} eq ${same}`);
    return [...before, `${field} ${at === place.length - 1 ? last : 'gt'} ${value}`].join(' and ');
  });
  return branches.length === 1 ? (branches[0] ?? '') : either(branches);
};

const kindIn = (entity: Entity, field: string): Kind => {
  const kind = entity.kinds.get(field);
  if (kind === undefined) throw new SyncError('INTERNAL', `${entity.name} has no field ${field}`);
  return kind;
};

const bound = (entity: Entity, field: string, value: Json): Bound => [
  field,
  literal(kindIn(entity, field), value, entity.dialect),
];

/** The key as a place. BAD_VALUE for what is no id. */
export const keyPlace = (entity: Entity, id: string): readonly Bound[] => {
  const values = keyValues(entity.keys, id);
  if (values === undefined)
    throw new SyncError('BAD_VALUE', `"${id.slice(0, 60).toWellFormed()}" is no id of ${entity.name}`, {
      unsent: true,
    });
  return entity.keys.map(([name]) => bound(entity, name, values.get(name) ?? null));
};

type When = NonNullable<ODataRecordType['modified_at']>;

const SHORTER: Readonly<Partial<Record<Kind, number>>> = { date: 10 };

/** A time as text, as a place in the one or two fields that hold it. */
const timePlace = (entity: Entity, when: When, time: string): readonly Bound[] => {
  if (typeof when === 'string') {
    const kind = kindIn(entity, when);
    return [bound(entity, when, time.slice(0, SHORTER[kind] ?? time.length))];
  }
  return [bound(entity, when.date, time.slice(0, 10)), bound(entity, when.time, time.slice(11) || '00:00:00')];
};

const nameOf = (when: When): readonly string[] => (typeof when === 'string' ? [when] : [when.date, when.time]);

/** What is listed at all. */
const standing = (entity: Entity): readonly string[] =>
  Object.entries(entity.type.filter).map(([field, given]) => {
    const values: readonly Json[] = Array.isArray(given) ? given : [given as Json];
    const same = values.map((value) => bound(entity, field, value).join(' eq '));
    return same.length === 1 ? (same[0] ?? '') : either(same);
  });

/** The parts of a filter put together; undefined where there is nothing to filter. */
const filtered = (entity: Entity, parts: readonly string[]): string | undefined => {
  const all = [...standing(entity), ...parts];
  return all.length < 2 ? all[0] : both(all);
};

/** A page of all records: those behind the last key, where there is one. */
export const listFilter = (entity: Entity, after: string | undefined): string | undefined =>
  filtered(entity, after === undefined ? [] : [behind(keyPlace(entity, after), 'gt')]);

/** By key alone, a time is only a lower bound: also of the creation, of records that were never changed. */
const sinceFilter = (entity: Entity, since: string): string => {
  const { modified_at: at, created_at: created } = entity.type;
  if (at === undefined) throw new SyncError('INTERNAL', `${entity.name} has no time of change`);
  const changed = behind(timePlace(entity, at, since), 'ge');
  if (created === undefined) return changed;
  return either([changed, both([`${nameOf(at)[0]} eq null`, behind(timePlace(entity, created, since), 'ge')])]);
};

/** A page of changes: since a time, behind the last row of the page before. */
export const changesFilter = (entity: Entity, since: string, after: string | undefined): string | undefined => {
  const { modified_at: at, changes } = entity.type;
  const byKey = changes?.strategy === 'timestamp' && changes.order === 'key';
  if (after === undefined || at === undefined) return filtered(entity, [sinceFilter(entity, since)]);
  if (byKey) return filtered(entity, [sinceFilter(entity, since), behind(keyPlace(entity, after), 'gt')]);
  return filtered(entity, [behind([...timePlace(entity, at, since), ...keyPlace(entity, after)], 'gt')]);
};

/** These records and no others. */
export const idsFilter = (entity: Entity, ids: readonly string[]): string =>
  either(
    ids.map((id) =>
      keyPlace(entity, id)
        .map(([field, value]) => `${field} eq ${value}`)
        .join(' and '),
    ),
  );

/** Records that carry one of our keys. */
export const keysFilter = (entity: Entity, keys: readonly string[]): string =>
  either(keys.map((key) => bound(entity, entity.type.reference ?? '', key).join(' eq ')));

/** The order that a walk by (time, key) or by key needs. */
export const orderOf = (entity: Entity, by: 'time' | 'key'): string => {
  const { modified_at: at } = entity.type;
  const times = by === 'time' && at !== undefined ? nameOf(at) : [];
  return [...new Set([...times, ...entity.keys.map(([name]) => name)])].join(',');
};

const names = (fields: Entity['fields']): string => fields.map(([name]) => name).join(',');

/** The fields and children that are declared: `$select` and `$expand` in the writing of the version. */
export const shapeOf = ({ fields, children, dialect }: Entity): Readonly<Record<string, string>> => {
  if (children.length === 0) return { $select: names(fields) };
  if (dialect.version === 'v4')
    return {
      $select: names(fields),
      $expand: children.map((child) => `${child.name}($select=${names(child.fields)})`).join(','),
    };
  const below = children.flatMap((child) => child.fields.map(([name]) => `${child.name}/${name}`));
  return { $select: [names(fields), ...below].join(','), $expand: children.map(({ name }) => name).join(',') };
};

/** Query options as the end of an address; spaces are %20, which no service takes for a plus. */
export const written = (options: Readonly<Record<string, string | undefined>>): string => {
  const parts = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
};
