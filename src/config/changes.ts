/** What a new configuration changes against the one in force, told as people speak of it. Pure. */
import { canonicalJson, isObject, type Json, type JsonObject, sameJson } from '../domain/json.ts';
import { SIDES, slotName } from '../domain/record.ts';
import { lintRevision } from '../mapping/lint.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { Problem } from '../mapping/problem.ts';
import { showValue } from '../mapping/show.ts';
import { readYaml } from '../mapping/yaml.ts';
import { connectorFolder, mainFile, mappingPath, viewPath } from './parse.ts';
import type { ConfigRevision } from './port.ts';

type Files = ConfigRevision['files'];
type Named = Readonly<Record<string, Json>>;
type Mappings = ReadonlyMap<string, CompiledMapping>;

/** One thing that is another than before. */
export interface Change {
  readonly what: 'connection' | 'connector' | 'entity' | 'mapping' | 'lookup' | 'view' | 'people';
  readonly name: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** What of it changed, and what that does to live records. Values of settings are never among them. */
  readonly details: readonly string[];
}

/** A configuration as it is compared: its files, and its mappings where they can be compiled. */
export interface Compared {
  readonly files: Files;
  readonly mappings: Mappings;
}

/** Before anything was stored. */
export const NOTHING: Compared = { files: {}, mappings: new Map() };

// A journal's line is read by people; the revision itself has every letter.
const NAMED = 20;
/** What changes, in one line: the first of it by name. */
export const inShort = (changes: readonly Change[]): string => {
  if (changes.length === 0) return 'only what has no effect, such as comments';
  const named = changes.slice(0, NAMED).map(({ what, name, change }) => `${what} ${name} ${change}`);
  return [...named, ...(changes.length > NAMED ? [`${changes.length - NAMED} more`] : [])].join(', ');
};

/** Everything that differs, by kind and name. */
export const changesBetween = (before: Compared, after: Compared): readonly Change[] => [
  ...compared('connection', connectionsOf(before.files), connectionsOf(after.files), connectionDetails),
  ...compared('connector', connectorsOf(before.files), connectorsOf(after.files), namesOf),
  ...compared('entity', entitiesOf(before.files), entitiesOf(after.files), entityDetails),
  ...compared('mapping', mappingsOf(before.files), mappingsOf(after.files), (old, now, name) => [
    ...mappingDetails(old, now),
    ...effects(before.mappings.get(name), after.mappings.get(name)),
  ]),
  ...compared('lookup', lookupsOf(before.files), lookupsOf(after.files), lookupDetails),
  ...compared('view', viewsOf(before.files), viewsOf(after.files), viewDetails),
  ...compared('people', peopleOf(before.files), peopleOf(after.files), namesOf),
];

/** Mappings that differ from those in force and do not say so by their revision. */
export const revisionsNotRaised = (before: Mappings, after: Mappings): readonly Problem[] =>
  [...after].flatMap(([name, now]) => {
    const old = before.get(name);
    return old === undefined ? [] : lintRevision(old, now);
  });

const compared = (
  what: Change['what'],
  before: Named,
  after: Named,
  details: (old: JsonObject, now: JsonObject, name: string) => readonly string[],
): readonly Change[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((name): Change[] => {
    const [old, now] = [own(before, name), own(after, name)];
    if (old !== undefined && now !== undefined && sameJson(old, now)) return [];
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    return [{ what, name, change, details: details(objectOf(old), objectOf(now), name) }];
  });

// A name may be one that every object has.
const own = (object: Named, name: string): Json | undefined => (Object.hasOwn(object, name) ? object[name] : undefined);
const objectOf = (value: Json | undefined): JsonObject => (value !== undefined && isObject(value) ? value : {});

/** A file’s value; text that is no YAML differs from everything but itself. */
const yamlOf = (text: string): Json => readYaml('', text).source?.value ?? text;

const mainOf = (files: Files): JsonObject => objectOf(yamlOf(files[mainFile(files)] ?? ''));

const connectionsOf = (files: Files): Named => objectOf(mainOf(files).connections);

/** Each connector that a connection uses: its own files by name. */
const connectorsOf = (files: Files): Named => {
  const used = Object.values(connectionsOf(files)).flatMap((each) => {
    const { connector } = objectOf(each);
    return typeof connector === 'string' ? [connector] : [];
  });
  return Object.fromEntries(
    [...new Set(used)].map((connector) => {
      const folder = `${connectorFolder(connector)}/`;
      const inside = Object.entries(files).filter(([path]) => path.startsWith(folder));
      return [connector, Object.fromEntries(inside.map(([path, text]) => [path.slice(folder.length), yamlOf(text)]))];
    }),
  );
};

const mappingsOf = (files: Files): Named => {
  const { mappings } = mainOf(files);
  const names = Array.isArray(mappings) ? mappings.filter((name) => typeof name === 'string') : [];
  return Object.fromEntries(names.map((name) => [name, yamlOf(files[mappingPath(name)] ?? '')]));
};

const within =
  (place: RegExp) =>
  (files: Files): Named =>
    Object.fromEntries(
      Object.entries(files).flatMap(([path, text]) => {
        const name = place.exec(path)?.[1];
        return name === undefined ? [] : [[name, yamlOf(text)]];
      }),
    );
const lookupsOf = within(/^mappings\/lookups\/([^/]+)\.yaml$/);
const entitiesOf = within(/^entities\/([^/]+)\.yaml$/);

const viewsOf = (files: Files): Named => {
  const { views } = mainOf(files);
  const names = Array.isArray(views) ? views.filter((name) => typeof name === 'string') : [];
  return Object.fromEntries(names.map((name) => [name, yamlOf(files[viewPath(name)] ?? '')]));
};
const peopleOf = (files: Files): Named => {
  const { people } = mainOf(files);
  return people === undefined ? {} : { who: people };
};

/** Names of what differs between two objects. */
const namesOf = (old: JsonObject, now: JsonObject): readonly string[] =>
  [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .sort()
    .filter((name) => !sameJson(own(old, name) ?? null, own(now, name) ?? null));

const step = (old: Json | undefined, now: Json | undefined): string => `${showValue(old)} → ${showValue(now)}`;

const connectionDetails = (old: JsonObject, now: JsonObject): readonly string[] => {
  const options = namesOf({ ...old, settings: null }, { ...now, settings: null });
  // A setting may be a secret, or say where one is.
  const settings = namesOf(objectOf(old.settings), objectOf(now.settings));
  return [
    ...options.map((name) => `${name} ${step(own(old, name), own(now, name))}`),
    ...settings.map((name) => `settings.${name} is another`),
  ];
};

const named = (what: string, old: Json | undefined, now: Json | undefined): readonly string[] => {
  const [before, after] = [objectOf(old), objectOf(now)];
  return namesOf(before, after).map((name) => `${what} ${name} ${changeOf(own(before, name), own(after, name))}`);
};

const entityDetails = (old: JsonObject, now: JsonObject): readonly string[] => {
  if (Object.keys(old).length === 0 || Object.keys(now).length === 0) return [];
  const apart = { fields: null, lines: null };
  const rest = namesOf({ ...old, ...apart }, { ...now, ...apart });
  return [
    ...named('field', old.fields, now.fields),
    ...named('list', old.lines, now.lines),
    ...rest.map((name) => `${name} ${changeOf(own(old, name), own(now, name))}`),
  ];
};

const mappingDetails = (old: JsonObject, now: JsonObject): readonly string[] => {
  if (Object.keys(old).length === 0 || Object.keys(now).length === 0) return [];
  const apart = { fields: null, lines: null, revision: null };
  const rest = namesOf({ ...old, ...apart }, { ...now, ...apart });
  return [
    `revision ${step(old.revision, now.revision)}`,
    ...named('field', old.fields, now.fields),
    ...named('list', old.lines, now.lines),
    ...rest.map((name) => `${name} ${changeOf(own(old, name), own(now, name))}`),
  ];
};

const viewDetails = (old: JsonObject, now: JsonObject): readonly string[] => {
  if (Object.keys(old).length === 0 || Object.keys(now).length === 0) return [];
  const rest = namesOf({ ...old, fields: null }, { ...now, fields: null }).map((name) => `${name} changed`);
  return [...named('field', old.fields, now.fields), ...rest, 'what was kept for it is asked for again'];
};

const changeOf = (old: Json | undefined, now: Json | undefined): Change['change'] =>
  old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';

/** What the change does to records that are there already. */
const effects = (old: CompiledMapping | undefined, now: CompiledMapping | undefined): readonly string[] => {
  if (now === undefined) return old === undefined ? [] : ['its records are left as they are; nothing of it is synced'];
  if (old === undefined) return ['both sides are read from end to end before anything is written'];
  const moved = SIDES.some((side) => slotName(old.between[side]) !== slotName(now.between[side]));
  const again = SIDES.filter((side) => old.projectionHash[side] !== now.projectionHash[side]);
  return [
    ...(moved ? ['it stands between other records: both sides are read from end to end first'] : []),
    ...(!moved && old.identityHash !== now.identityHash
      ? ['its identity rules are others: nothing is linked or created until all keys are made anew']
      : []),
    ...(moved ? [] : again.map((side) => `${slotName(now.between[side])} is read again from end to end`)),
  ];
};

const rowsOf = ({ rows }: JsonObject): ReadonlySet<string> =>
  new Set((Array.isArray(rows) ? rows : []).map((row) => canonicalJson(row)));

const lookupDetails = (old: JsonObject, now: JsonObject): readonly string[] => {
  const [before, after] = [rowsOf(old), rowsOf(now)];
  const rest = namesOf({ ...old, rows: null, revision: null }, { ...now, rows: null, revision: null });
  const counted = (count: number, how: string): string[] =>
    count === 0 ? [] : [`${count} row${count === 1 ? '' : 's'} ${how}`];
  return [
    ...counted(after.difference(before).size, 'added'),
    ...counted(before.difference(after).size, 'removed'),
    ...(Object.keys(old).length === 0 || Object.keys(now).length === 0 ? [] : rest.map((name) => `${name} changed`)),
  ];
};
