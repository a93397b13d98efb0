/** What a list's reply shows of a system: where its rows stand, and what tells them apart. Guesses, each with its reason. */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { getPath, parsePath, pathName } from '../../src/mapping/path.ts';
import { instantOf } from '../rest/time.ts';

/** Something understood: where it stands, or undefined where there is none, and why we think so. */
export interface Guess {
  readonly path: string | undefined;
  readonly why: string;
}

/** A value of a reply with its path; lists are not entered. */
export interface Leaf {
  readonly path: string;
  readonly value: Json;
}

const DEEPEST = 4;

/** Every value of an object, groups before what stands in them. What no path can name is left out. */
export const leavesOf = (value: Json, above = '', depth = 0): readonly Leaf[] => {
  if (!isObject(value) || depth > DEEPEST) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const name = pathName(key);
    if (name === undefined) return [];
    const path = above === '' ? name : `${above}.${name}`;
    return [{ path, value: inner }, ...leavesOf(inner, path, depth + 1)];
  });
};

/** What stands at a path; the whole where there is none. */
export const at = (value: Json, path: string | undefined): Json | undefined => {
  if (path === undefined) return value;
  const steps = parsePath(path);
  return steps === undefined || !isObject(value) ? undefined : getPath(value, steps);
};

/** The last name of a path, as the reply has it. */
export const last = (path: string): string => parsePath(path)?.at(-1)?.key ?? path;
const depthOf = (path: string): number => parsePath(path)?.length ?? 0;
/** `external_id`, `externalId` and `External-ID` are one word. */
const plain = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();

const rowsIn = (value: Json | undefined): readonly JsonObject[] =>
  Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];

/** The rows of a reply, where they stand and why. BAD_REQUEST where there is none to learn from. */
export const guessRows = (
  reply: Json,
  given: string | undefined,
): { readonly guess: Guess; readonly rows: readonly JsonObject[] } => {
  const found = (path: string | undefined, why: string) => {
    const rows = rowsIn(at(reply, path));
    if (rows.length > 0) return { guess: { path, why }, rows };
    const place = path === undefined ? 'the reply' : `"${path}" of the reply`;
    throw new SyncError(
      'BAD_REQUEST',
      `${place} has no list of records; give a reply with at least one, or its place with --rows`,
    );
  };
  if (given !== undefined) return found(given, 'as you say');
  if (Array.isArray(reply)) return found(undefined, 'the reply itself is a list');
  const lists = leavesOf(reply).filter(({ value }) => rowsIn(value).length > 0);
  const [first, ...others] = lists.toSorted((a, b) => depthOf(a.path) - depthOf(b.path));
  if (first === undefined) return found(undefined, '');
  return found(
    first.path,
    others.length === 0 ? 'the only list of records' : `the first of ${lists.length} lists; another one: --rows`,
  );
};

const scalar = (value: Json | undefined): boolean =>
  typeof value === 'string' || typeof value === 'number' || value instanceof ExactNumber;

const inEvery = (rows: readonly JsonObject[], path: string): boolean =>
  rows.every((row) => {
    const value = at(row, path);
    return scalar(value) && value !== '';
  });

const apart = (rows: readonly JsonObject[], path: string): boolean =>
  new Set(rows.map((row) => String(at(row, path)))).size === rows.length;

/** Paths of rows whose last name is one of these words, in the order of the words, shallow ones first. */
const named = (rows: readonly JsonObject[], words: readonly string[]): readonly string[] => {
  const paths = [...new Set(rows.flatMap((row) => leavesOf(row).map(({ path }) => path)))];
  const shallow = paths.toSorted((a, b) => depthOf(a) - depthOf(b));
  return words.flatMap((word) => shallow.filter((path) => plain(last(path)) === word));
};

const asGiven = (given: string | undefined): Guess | undefined =>
  given === undefined
    ? undefined
    : given === 'none'
      ? { path: undefined, why: 'as you say' }
      : { path: given, why: 'as you say' };

/** `CardCode`, `customerNo`: names that end as ids do, of the rows themselves. */
const endingLikeIds = (rows: readonly JsonObject[]): readonly string[] =>
  Object.keys(rows[0] ?? {}).filter(
    (name) => /(?:[a-z]I|_i|I)[dD]$|(?:code|number|no|nr|key)$/i.test(name) && !name.includes('.'),
  );

/** The field that tells records apart. BAD_REQUEST where none does. */
export const guessId = (rows: readonly JsonObject[], record: string, given: string | undefined): Guess => {
  const words = ['id', 'uuid', 'guid', `${plain(record)}id`, 'recordid', 'key', 'number', 'no', 'code'];
  const good = (path: string): boolean => inEvery(rows, path) && apart(rows, path);
  const path = given ?? named(rows, words).find(good) ?? endingLikeIds(rows).find(good);
  if (path === undefined)
    throw new SyncError('BAD_REQUEST', 'no field of the rows looks like an id; say where it stands with --id');
  if (!inEvery(rows, path) || !apart(rows, path))
    throw new SyncError(
      'BAD_REQUEST',
      `"${path}" is not in every row of the sample, or twice; say another one with --id`,
    );
  if (given !== undefined) return { path, why: 'as you say' };
  return {
    path,
    why: rows.length === 1 ? 'its name; the sample has one row' : `in each of ${rows.length} rows, never twice`,
  };
};

const VERSIONS = [
  'etag',
  'odataetag',
  'rowversion',
  'lockversion',
  'version',
  'revision',
  'rev',
  'synctoken',
  'sequence',
];

/** What moves with every change and can be compared. */
export const guessVersion = (rows: readonly JsonObject[], given: string | undefined): Guess => {
  const own = asGiven(given);
  if (own !== undefined) return own;
  const path = named(rows, VERSIONS).find((each) => inEvery(rows, each));
  return path === undefined ? { path, why: 'no field is named like one' } : { path, why: 'its name' };
};

const CHANGED =
  /^(?:date|time|datetime|ts)?(?:last)?(?:modified|updated?|changed?|edited|write|modification)(?:at|on|time|date|datetime|timestamp|ts|since)?(?:utc|gmt)?$/;

/** When a record was last changed: a name that says so, and values that are times. */
export const guessChanged = (rows: readonly JsonObject[], zone: string, given: string | undefined): Guess => {
  const readable = (path: string): boolean => rows.every((row) => instantOf(at(row, path), zone) !== undefined);
  const own = asGiven(given);
  if (own?.path !== undefined && !readable(own.path))
    return { path: undefined, why: `"${own.path}" holds no time that can be read` };
  if (own !== undefined) return own;
  const paths = [...new Set(rows.flatMap((row) => leavesOf(row).map(({ path }) => path)))];
  const likely = paths.filter((path) => CHANGED.test(plain(last(path))));
  const path = likely.find(readable);
  if (path !== undefined) return { path, why: 'its name, and a time in every row' };
  return {
    path,
    why: likely.length === 0 ? 'no field is named like one' : `"${likely[0]}" holds no time that can be read`,
  };
};

const REFERENCES = [
  'externalid',
  'externalreference',
  'externalref',
  'foreignid',
  'sourceid',
  'originid',
  'remoteid',
  'reference',
  'externalkey',
  'refext',
  'extid',
];

/** Where the system keeps a key that somebody else gives. */
export const guessReference = (rows: readonly JsonObject[], given: string | undefined): Guess => {
  const own = asGiven(given);
  if (own !== undefined) return own;
  const path = named(rows, REFERENCES)[0];
  return path === undefined ? { path, why: 'no field is named like one' } : { path, why: 'its name' };
};

/** A flag by which a record says that it is deleted. */
export const guessDeleted = (rows: readonly JsonObject[]): Guess => {
  const path = named(rows, ['deleted', 'isdeleted']).find((each) =>
    rows.every((row) => typeof at(row, each) === 'boolean'),
  );
  return path === undefined
    ? { path, why: 'no flag is named like one' }
    : { path, why: 'its name; true means deleted' };
};

/** A flag beside the rows that says that all went well: a system that has one may say no with a status of success. */
export const guessSuccess = (reply: Json): Guess => {
  const path = isObject(reply) ? ['success', 'ok', 'succeeded'].find((name) => reply[name] === true) : undefined;
  return path === undefined
    ? { path, why: 'no flag is named like one' }
    : { path, why: 'true in this reply; anything else is taken for a refusal, whatever the status' };
};
