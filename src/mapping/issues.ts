/** What zod found, as problems with place, rule and remedy. */
import type { z } from 'zod';
import { isObject, type Json } from '../domain/json.ts';
import { type Problem, suggestion } from './problem.ts';
import type { Source } from './yaml.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Words of the language that this version does not know yet; they are refused, never passed over. */
const NOT_YET: Readonly<Record<string, string>> = {
  owner: 'an owner that depends on the record’s state',
  at: 'the time of the last sync as feedback',
};

/** "phone" for a field's own trouble, else the dotted place. */
export const placeName = (path: Path): string => {
  if (path[0] === 'fields' && path[1] !== undefined)
    return path.length > 2 ? `${String(path[1])}, ${path.slice(2).join('.')}` : String(path[1]);
  return path.length === 0 ? 'the file' : path.map(String).join('.');
};

const valueAt = (value: Json, path: Path): Json | undefined => {
  let at: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(at)) at = (at as readonly Json[])[Number(step)];
    else if (isObject(at) && Object.hasOwn(at, String(step))) at = at[String(step)];
    else return undefined;
  }
  return at;
};

const KINDS: Readonly<Record<string, string>> = {
  object: 'a block of keys',
  record: 'a block of keys',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

const unknownKeys = (source: Source, at: Path, keys: readonly string[], known: readonly string[]): Problem[] =>
  keys.map((key) => {
    const place = source.keyAt([...at, key]);
    const later = NOT_YET[key];
    const where = at.length === 0 ? '' : `${placeName(at)}: `;
    return later === undefined
      ? {
          file: source.file,
          ...place,
          rule: 'unknown-key',
          message: `${where}there is no key "${key}" here`,
          remedy: suggestion(key, known),
        }
      : {
          file: source.file,
          ...place,
          rule: 'not-yet-supported',
          message: `${where}"${key}" (${later}) is not yet supported in this version`,
          remedy: 'Leave it out.',
        };
  });

/** The keys that a schema knows at a path, for "did you mean". */
const keysAt = (schema: unknown, path: Path): readonly string[] => {
  let at = unwrapped(schema);
  for (const step of path) {
    const shape = at?.shape?.[String(step)];
    at = unwrapped(
      shape ?? at?.valueType ?? at?.element ?? at?.options?.find((option) => unwrapped(option)?.shape !== undefined),
    );
    if (at === undefined) return [];
  }
  const shaped =
    at?.shape === undefined ? unwrapped(at?.options?.find((option) => unwrapped(option)?.shape !== undefined)) : at;
  return Object.keys(shaped?.shape ?? {});
};
interface Shaped {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  readonly unwrap?: () => unknown;
}
const unwrapped = (schema: unknown): Shaped | undefined => {
  let at = schema as (Shaped & { readonly type?: string }) | undefined;
  while (at !== undefined && (at.type === 'optional' || at.type === 'default')) at = at.unwrap?.() as typeof at;
  return at;
};

const wordProblem = (source: Source, at: Path, values: readonly unknown[]): Problem => {
  const given = String(valueAt(source.value, at));
  const codec = at.at(-1) === 'as' && at[0] === 'fields';
  const message = `${placeName(at)}: ${codec ? `there is no codec "${given}"` : `"${given}" is not one of the words allowed here`}`;
  return {
    file: source.file,
    ...source.at(at),
    rule: codec ? 'unknown-codec' : 'bad-value',
    message,
    remedy: suggestion(given, values.map(String)),
  };
};

const wanted = (issue: Issue): string => {
  if (issue.code === 'invalid_type') return `this must be ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_union') return `this must be ${issue.message}`;
  return issue.message;
};

const translated = (source: Source, issue: Issue, place: Path, schema: z.ZodType): Problem[] => {
  const at = [...place, ...issue.path];
  if (issue.code === 'unrecognized_keys') return unknownKeys(source, at, issue.keys, keysAt(schema, issue.path));
  if (valueAt(source.value, at) === undefined) {
    const key = String(at.at(-1) ?? '');
    const above = at.slice(0, -1);
    return [
      {
        file: source.file,
        ...source.keyAt(above),
        rule: 'missing-key',
        message: `${placeName(above)}: "${key}" is missing`,
        remedy: `Add \`${key}:\`.`,
      },
    ];
  }
  if (issue.code === 'invalid_value') return [wordProblem(source, at, issue.values)];
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? 'this cannot be a key';
    return [
      {
        file: source.file,
        ...source.keyAt(at),
        rule: 'bad-value',
        message: `${placeName(at)}: ${reason}`,
        remedy: 'Rename it.',
      },
    ];
  }
  return [
    {
      file: source.file,
      ...source.at(at),
      rule: 'bad-value',
      message: `${placeName(at)}: ${wanted(issue)}`,
      remedy: 'Correct the value.',
    },
  ];
};

/** Check a part of a parsed file against a schema. */
export const checkedAt = <T>(
  source: Source,
  place: Path,
  value: unknown,
  schema: z.ZodType<T>,
): { readonly parsed?: T; readonly problems: readonly Problem[] } => {
  const result = schema.safeParse(value);
  if (result.success) return { parsed: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => translated(source, issue, place, schema)) };
};

/** Check a parsed file against a schema. */
export const checked = <T>(
  source: Source,
  schema: z.ZodType<T>,
): { readonly parsed?: T; readonly problems: readonly Problem[] } => checkedAt(source, [], source.value, schema);
