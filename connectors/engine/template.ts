/**
 * `{value|filter}` templates, escaped for where they stand. A text that is one template alone keeps the value's kind
 * (a list stays a list) and disappears when there is no value; inside other text a value is written out.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json, stringifyJson } from '../../src/domain/json.ts';

/** What may stand in braces: names to values. A dot goes one level down (`settings.user`). */
export type Values = Readonly<Record<string, unknown>>;

const bad = (message: string): SyncError => new SyncError('BAD_VALUE', message, { unsent: true, class: 'validation' });

const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber) return String(value);
  return undefined;
};

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const exact = (text: string): Json => {
  if (!NUMBER.test(text)) throw bad(`"${text.slice(0, 40)}" is not a number`);
  return String(Number(text)) === text ? Number(text) : new ExactNumber(text);
};

const onText =
  (filter: (text: string) => Json) =>
  (value: unknown): Json => {
    const text = textOf(value);
    if (text === undefined) throw bad('a value that is no text, number or flag cannot pass a filter');
    return filter(text);
  };
const joined = (value: unknown): Json => {
  const texts = Array.isArray(value) ? value.map(textOf) : [undefined];
  // A comma inside a value would make two of it.
  if (texts.some((text) => text === undefined || text.includes(',')))
    throw bad('only texts without commas can be joined');
  return texts.join(',');
};

/** What is no time was never the version of a record that keeps times: the earliest date, which none is older than. */
const httpDate = (text: string): string => {
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  return new Date(Number.isNaN(ms) ? 0 : ms).toUTCString();
};

/** Every filter that a template may use. */
export const FILTERS = {
  text: onText((text) => text),
  number: onText(exact),
  upper: onText((text) => text.toUpperCase()),
  lower: onText((text) => text.toLowerCase()),
  base64: onText((text) => Buffer.from(text, 'utf8').toString('base64')),
  join: joined,
  json: (value: unknown): Json => stringifyJson(value),
  segment: onText((text) => encodeURIComponent(text.toWellFormed())),
  http_date: onText(httpDate),
  split: onText((text) => text.split(/[\s,]+/).filter((part) => part !== '')),
} as const satisfies Record<string, (value: unknown) => Json>;
type Filter = keyof typeof FILTERS;

interface Hole {
  readonly name: string;
  readonly path: readonly string[];
  readonly filters: readonly Filter[];
}
type Part = string | Hole;

const HOLE = /\{([a-z_][A-Za-z0-9_.]*)((?:\|[a-z0-9_]+)*)\}/g;

const partsOf = (text: string): readonly Part[] => {
  const parts: Part[] = [];
  let from = 0;
  for (const found of text.matchAll(HOLE)) {
    if (found.index > from) parts.push(text.slice(from, found.index));
    const name = found[1] ?? '';
    const filters = (found[2] ?? '').split('|').filter((each) => each !== '');
    parts.push({ name, path: name.split('.'), filters: filters as Filter[] });
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
};

/** What is wrong with a template's text, or undefined. `names` are the values that will be there. */
export const templateProblem = (text: string, names: readonly string[]): string | undefined => {
  for (const part of partsOf(text)) {
    if (typeof part === 'string') {
      if (/[{}]/.test(part)) return `"${text}" has a brace that is no template; write {name} or {name|filter}`;
      continue;
    }
    // What stands inside the record's data is known to nobody yet.
    const known = names.includes(part.name) || (part.path[0] === 'data' && names.includes('data'));
    if (!known) return `{${part.name}} is not known here; use one of ${names.join(', ')}`;
    const unknown = part.filters.find((each) => !Object.hasOwn(FILTERS, each));
    if (unknown !== undefined) return `"${unknown}" is not a filter; use one of ${Object.keys(FILTERS).join(', ')}`;
  }
  return undefined;
};

const filled = (hole: Hole, values: Values): unknown => {
  let at: unknown = values;
  for (const key of hole.path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  if (at === undefined || hole.filters.length === 0) return at;
  return hole.filters.reduce<unknown>((value, filter) => FILTERS[filter](value), at);
};

/** A compiled text: the text it makes, or undefined when it is one template alone that has no value. */
type Writer = (values: Values) => string | undefined;

const writer = (text: string, escaped: (text: string, name: string) => string): Writer => {
  const parts = partsOf(text);
  if (parts.every((part) => typeof part === 'string')) return () => text;
  const [only] = parts;
  const alone = parts.length === 1 && only !== undefined && typeof only !== 'string';
  return (values) => {
    if (alone && filled(only, values) === undefined) return undefined;
    return parts
      .map((part) => {
        if (typeof part === 'string') return part;
        const written = textOf(filled(part, values));
        if (written === undefined) throw bad(`{${part.name}} has no value that can be written as text`);
        return escaped(written, part.name);
      })
      .join('');
  };
};

/** A path below the base address: each value becomes one encoded segment and can neither leave it nor vanish. */
export const pathTemplate = (text: string): ((values: Values) => string) => {
  const write = writer(text, (value, name) => {
    // Encoded, a slash stays inside the segment; but not every system decodes a path only after it has resolved the dots.
    if (value === '' || value.split(/[/\\]/).some((step) => step === '.' || step === '..') || !value.isWellFormed())
      throw bad(`${name} "${value.toWellFormed()}" cannot stand in an address`);
    return encodeURIComponent(value);
  });
  return (values) => write(values) ?? '';
};

/** A query parameter's value; the door encodes it. Absent when its only template has no value. */
export const queryTemplate = (text: string): Writer =>
  writer(text, (value) => {
    if (!value.isWellFormed()) throw bad('half a character cannot stand in an address');
    return value;
  });

/** A header's value. Refuses what would break out of it. */
export const headerTemplate = (text: string): Writer =>
  writer(text, (value, name) => {
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw bad(`${name} has a character that cannot stand in a header`);
    return value;
  });

/** A plain text, such as a credential. */
export const textTemplate = (text: string): Writer => writer(text, (value) => value);

type Maker = (values: Values) => unknown;

const textMaker = (text: string): Maker => {
  const parts = partsOf(text);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
    if (only.path.length === 1 && only.filters.length === 0) {
      const { name } = only;
      return (values) => values[name];
    }
    return (values) => filled(only, values);
  }
  return parts.length === 0 || parts.every((part) => typeof part === 'string') ? () => text : textTemplate(text);
};

/** A property of this name is no property: those of its value stand in its place. So do the elements of a list, in a list. */
const SPREAD = '...';

const spread = (value: unknown): readonly (readonly [string, unknown])[] => {
  if (typeof value !== 'object' || !isObject(value as Json)) throw bad(`only a document can stand at "${SPREAD}"`);
  return Object.entries(value as object);
};

/** An element of a list: itself, or the elements of the list that stands for it. */
const elements = (template: Json): ((values: Values) => readonly unknown[]) => {
  const spreads = isObject(template) && Object.keys(template).length === 1 && Object.hasOwn(template, SPREAD);
  const make = bodyTemplate(spreads ? (template[SPREAD] ?? null) : template);
  return (values) => {
    const value = make(values);
    if (value === undefined) return [];
    // One document alone is what stands for a document, as everywhere else.
    if (!spreads || !Array.isArray(value)) return [spreads ? Object.fromEntries(spread(value)) : value];
    return value as readonly unknown[];
  };
};

/** A JSON body: values keep their kind; properties and elements without a value are left out. Names of properties are templates too. */
export const bodyTemplate = (template: Json): Maker => {
  if (typeof template === 'string') return textMaker(template);
  if (Array.isArray(template)) {
    const makers = (template as readonly Json[]).map(elements);
    return (values) => makers.flatMap((make) => make(values));
  }
  if (!isObject(template)) return () => template;
  const makers = Object.entries(template).map(
    ([key, value]) => [key === SPREAD ? undefined : textTemplate(key), bodyTemplate(value)] as const,
  );
  return (values) => {
    const made: (readonly [string, unknown])[] = [];
    for (const [name, make] of makers) {
      const value = make(values);
      if (value === undefined) continue;
      if (name === undefined) made.push(...spread(value));
      else made.push([name(values) ?? '', value]);
    }
    return Object.fromEntries(made);
  };
};

/** Every text in a template, to be checked before it is compiled. */
export const textsIn = (template: Json): readonly string[] => {
  if (typeof template === 'string') return [template];
  if (Array.isArray(template)) return (template as readonly Json[]).flatMap(textsIn);
  return isObject(template) ? Object.entries(template).flatMap(([name, value]) => [name, ...textsIn(value)]) : [];
};
