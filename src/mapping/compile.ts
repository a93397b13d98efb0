/** Mapping files in, mappings and problems out. A file with a problem gives no mapping; the others go on. */
import { type Json, type JsonObject, stringifyJson } from '../domain/json.ts';
import { SIDES, type Side } from '../domain/record.ts';
import { compileField } from './field.ts';
import { checked } from './issues.ts';
import { lintLookup, lintMapping } from './lint.ts';
import { compileLookup, type Lookup } from './lookup.ts';
import { type CompiledMapping, createMapping } from './mapping.ts';
import { pathOf } from './path.ts';
import type { Mutation } from './planner-look.ts';
import { type Constant, type Filter, filterText, type Rule } from './planner-rules.ts';
import { inOrder, type Problem } from './problem.ts';
import { holds } from './rule.ts';
import { LookupFile, MappingFile } from './schema.ts';
import { readYaml, type Source } from './yaml.ts';

/** What a compilation may be told besides the files. */
export interface CompileOptions {
  /** Clock skew per connection (or for all), ms: `newest wins` within the larger of the two sides’ parks. 0 when not said. */
  readonly skewMs?: number | Readonly<Record<string, number>>;
  /** Names of the connections there are; another name is a problem. Not given: not checked. */
  readonly connections?: readonly string[];
  /** Breaks one rule on purpose, to show that a test notices. */
  readonly mutation?: Mutation;
}

/** What came of the files. */
export interface Compilation {
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  readonly problems: readonly Problem[];
}

/** A lookup with where it came from. */
export interface LookupEntry {
  readonly lookup: Lookup;
  readonly file: LookupFile;
  readonly source: Source;
}

const isLookup = (path: string): boolean => /(^|\/)lookups\/[^/]+\.ya?ml$/.test(path);
const isCases = (path: string): boolean => /\.test\.ya?ml$/.test(path);
const isMapping = (path: string): boolean => /\.ya?ml$/.test(path) && !isLookup(path) && !isCases(path);

const filters = (
  file: Readonly<Record<string, readonly (string | number | boolean | null)[]>> | undefined,
): readonly Filter[] =>
  Object.entries(file ?? {}).map(([text, allowed]) => ({
    text,
    path: pathOf(text),
    allowed: new Set(allowed.map(filterText)),
  }));

const bySide = <T>(make: (side: Side) => T): Readonly<Record<Side, T>> => ({ crm: make('crm'), erp: make('erp') });

const constantsOf = (file: MappingFile): readonly Constant[] =>
  (file.constants ?? []).flatMap((constant) =>
    SIDES.flatMap((side) => {
      const text = constant[side];
      return text === undefined
        ? []
        : [{ side, text, path: pathOf(text), value: constant.value, createOnly: constant.create_only === true }];
    }),
  );

const skewOf = (file: MappingFile, { skewMs = 0 }: CompileOptions): number =>
  typeof skewMs === 'number' ? skewMs : Math.max(...SIDES.map((side) => skewMs[file.between[side].connection] ?? 0));

const translationText = (field: MappingFile['fields'][string], lookups: ReadonlyMap<string, LookupEntry>): string =>
  stringifyJson([
    field.as ?? '',
    (field.with ?? {}) as JsonObject,
    field.lookup === undefined ? null : (lookups.get(field.lookup)?.file.rows as unknown as Json),
  ]);

/** Compile a definition that passed lint. */
const compiled = (
  file: MappingFile,
  source: Source,
  lookups: ReadonlyMap<string, LookupEntry>,
  options: CompileOptions,
): CompiledMapping => {
  const fields = Object.entries(file.fields).map(([name, field]) =>
    compileField(name, field, field.lookup === undefined ? undefined : lookups.get(field.lookup)?.lookup),
  );
  const rules = (file.validate ?? []).flatMap((rule): Rule[] => {
    const field = fields.find(({ name }) => name === rule.field);
    return field === undefined
      ? []
      : [
          {
            field,
            to: rule.to,
            when: bySide((side) => filters(rule.when?.[side])),
            holds: holds(rule.is),
            say: rule.say,
          },
        ];
  });
  return createMapping({
    definition: file,
    source,
    fields,
    rules,
    constants: constantsOf(file),
    include: bySide((side) => filters(file.include?.[side])),
    skewMs: skewOf(file, options),
    translations: new Map(Object.entries(file.fields).map(([name, field]) => [name, translationText(field, lookups)])),
    ...(options.mutation === undefined ? {} : { mutation: options.mutation }),
  });
};

const readLookups = (
  files: Readonly<Record<string, string>>,
  problems: Problem[],
): ReadonlyMap<string, LookupEntry> => {
  const lookups = new Map<string, LookupEntry>();
  for (const path of Object.keys(files).filter(isLookup).sort()) {
    const { source, problems: broken } = readYaml(path, files[path] ?? '');
    problems.push(...broken);
    if (source === undefined) continue;
    const { parsed, problems: wrong } = checked(source, LookupFile);
    problems.push(...wrong);
    if (parsed === undefined) continue;
    const found = lintLookup(parsed, source, lookups);
    problems.push(...found);
    if (found.length === 0) lookups.set(parsed.lookup, { lookup: compileLookup(parsed), file: parsed, source });
  }
  return lookups;
};

/** Compile `mappings/*.yaml` and `mappings/lookups/*.yaml`, given as path → text. Cases (`*.test.yaml`) are passed over. */
export const compileMappings = (files: Readonly<Record<string, string>>, options: CompileOptions = {}): Compilation => {
  const problems: Problem[] = [];
  const mappings = new Map<string, CompiledMapping>();
  const lookups = readLookups(files, problems);
  for (const path of Object.keys(files).filter(isMapping).sort()) {
    const { source, problems: broken } = readYaml(path, files[path] ?? '');
    problems.push(...broken);
    if (source === undefined) continue;
    const { parsed, problems: wrong } = checked(source, MappingFile);
    problems.push(...wrong);
    if (parsed === undefined) continue;
    const found = lintMapping(parsed, source, lookups, { ...options, taken: new Set(mappings.keys()) });
    problems.push(...found);
    if (found.length === 0) mappings.set(parsed.mapping, compiled(parsed, source, lookups, options));
  }
  return { mappings, problems: inOrder(problems) };
};
