/** What zod found, as problems with place, rule and remedy. */
import type { z } from 'zod';
import { isObject, type Json } from '../domain/json.ts';
import { type Place, type Problem, suggestion } from './problem.ts';
import type { Source } from './yaml.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Words of the language that this version does not know yet; they are refused, never passed over. */
const NOT_YET: Readonly<Record<string, string>> = {
  lines: 'keyed collections that are merged element by element',
  owner: 'an owner that depends on the record’s state',
  link: 'references that are translated through the link table',
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

const kinds: Readonly<Record<string, string>> = {
  object: 'a block of keys',
  record: 'a block of keys',
  array: 'a list',
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

const unknownKeys = (
  source: Source,
  issue: Issue & { readonly keys: readonly string[] },
  schema: z.ZodType,
): Problem[] => {
  const known = keysAt(schema, issue.path);
  return issue.keys.map((key) => {
    const place = source.keyAt([...issue.path, key]);
    const later = NOT_YET[key];
    const at = issue.path.length === 0 ? '' : `${placeName(issue.path)}: `;
    return later === undefined
      ? {
          file: source.file,
          ...place,
          rule: 'unknown-key',
          message: `${at}there is no key "${key}" here`,
          remedy: suggestion(key, known),
        }
      : {
          file: source.file,
          ...place,
          rule: 'not-yet-supported',
          message: `${at}"${key}" (${later}) is not yet supported in this version`,
          remedy: 'Leave it out.',
        };
  });
};

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

const wordIssue = (source: Source, issue: Issue & { readonly values: readonly unknown[] }): Problem => {
  const given = String(valueAt(source.value, issue.path));
  const words = issue.values.map(String);
  const codec = issue.path.at(-1) === 'as';
  return {
    file: source.file,
    ...source.at(issue.path),
    rule: codec ? 'unknown-codec' : 'bad-value',
    message: `${placeName(issue.path)}: ${codec ? `there is no codec "${given}"` : `"${given}" is not one of the words allowed here`}`,
    remedy: suggestion(given, words),
  };
};

const translated = (source: Source, issue: Issue, schema: z.ZodType): Problem[] => {
  if (issue.code === 'unrecognized_keys') return unknownKeys(source, issue, schema);
  const given = valueAt(source.value, issue.path);
  const place: Place = source.at(issue.path);
  if (given === undefined) {
    const key = String(issue.path.at(-1) ?? '');
    const above = issue.path.slice(0, -1);
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
  if (issue.code === 'invalid_value') return [wordIssue(source, issue)];
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? 'this cannot be a key';
    return [
      {
        file: source.file,
        ...source.keyAt(issue.path),
        rule: 'bad-value',
        message: `${placeName(issue.path)}: ${reason}`,
        remedy: 'Rename it.',
      },
    ];
  }
  const wanted =
    issue.code === 'invalid_type'
      ? `this must be ${kinds[issue.expected] ?? issue.expected}`
      : issue.code === 'invalid_union'
        ? `this must be ${issue.message}`
        : issue.message;
  return [
    {
      file: source.file,
      ...place,
      rule: 'bad-value',
      message: `${placeName(issue.path)}: ${wanted}`,
      remedy: 'Correct the value.',
    },
  ];
};

/** Check a parsed file against a schema. */
export const checked = <T>(
  source: Source,
  schema: z.ZodType<T>,
): { readonly parsed?: T; readonly problems: readonly Problem[] } => {
  const result = schema.safeParse(source.value);
  if (result.success) return { parsed: result.data, problems: [] };
  return { problems: result.error.issues.flatMap((issue) => translated(source, issue, schema)) };
};
