/** Run the cases of `mappings/*.test.yaml`: the language's own tests, for people who write mappings. */
import { canonicalJson, type Json, type JsonObject, sameJson } from '../domain/json.ts';
import type { Agreed, Baseline, Decision, LinkPlan } from '../domain/plan.ts';
import type { Observed, Side } from '../domain/record.ts';
import { linksOf, unusedLinks } from './case-links.ts';
import { agreedOn, fieldNames, unkeyed } from './cases-base.ts';
import { type CompileOptions, compileMappings } from './compile.ts';
import { Fault } from './fault.ts';
import { checked } from './issues.ts';
import { problemAt, problemAtKey } from './lint-kit.ts';
import type { CompiledMapping } from './mapping.ts';
import { inOrder, type Place, type Problem, suggestion } from './problem.ts';
import { type CaseFile, CasesFile } from './schema-cases.ts';
import { readYaml, type Source } from './yaml.ts';

/** What came of one case. */
export interface CaseResult extends Place {
  readonly file: string;
  readonly mapping: string;
  readonly name: string;
  /** What differs from `expect`, a sentence each; none: passed. */
  readonly differences: readonly string[];
  readonly plan: LinkPlan;
  /** The records that the case gives. */
  readonly given: Readonly<Partial<Record<Side, JsonObject>>>;
}

/** All cases, and everything that is wrong with the files. */
export interface CasesReport {
  readonly results: readonly CaseResult[];
  readonly problems: readonly Problem[];
}

const observed = (side: Side, { [side]: body, at }: CaseFile): Partial<Record<Side, Observed>> => {
  if (body === undefined) return {};
  const time = at?.[side];
  const seen = { id: side, body: body as JsonObject, times: {} };
  return { [side]: { ...seen, ...(time === undefined ? {} : { modifiedAt: time }) } };
};

const givenOf = ({ crm, erp }: CaseFile): CaseResult['given'] => ({
  ...(crm === undefined ? {} : { crm: crm as JsonObject }),
  ...(erp === undefined ? {} : { erp: erp as JsonObject }),
});

interface Prepared {
  readonly baseline: Baseline;
  readonly problems: readonly Problem[];
}

const prepared = (mapping: CompiledMapping, source: Source, index: number, one: CaseFile): Prepared => {
  const baseline: Record<string, Agreed> = {};
  const problems: Problem[] = [...unusedLinks(mapping, source, index, one)];
  const names = fieldNames(mapping);
  const known = (path: readonly PropertyKey[], name: string): void => {
    if (!names.includes(unkeyed(name)))
      problems.push(
        problemAtKey(
          source,
          ['cases', index, ...path],
          'unknown-field',
          `"${name}" is no field of ${mapping.name}`,
          suggestion(name, names),
        ),
      );
  };
  for (const [name, value] of Object.entries(one.base ?? {})) {
    known(['base', name], name);
    const agreed = agreedOn(mapping, name, value as Json, linksOf(mapping, one));
    if (agreed instanceof Fault)
      problems.push(
        problemAt(
          source,
          ['cases', index, 'base', name],
          'bad-value',
          `${name}: ${agreed.message}`,
          'Correct the value.',
        ),
      );
    else Object.assign(baseline, agreed);
  }
  for (const name of Object.keys(one.decide ?? {})) known(['decide', name], name);
  const { expect } = one;
  for (const key of ['parked', 'drift', 'waiting'] as const) {
    const named = expect === 'nothing' ? {} : (expect[key] ?? {});
    for (const name of Array.isArray(named) ? named : Object.keys(named))
      if (name !== 'record') known(['expect', key, name], name);
  }
  return { baseline, problems };
};

const planCase = (mapping: CompiledMapping, one: CaseFile, baseline: Baseline): LinkPlan => {
  const plan = (decisions: readonly Decision[]): LinkPlan => {
    const state = {
      ...observed('crm', one),
      ...observed('erp', one),
      baseline,
      decisions,
      held: {},
      references: linksOf(mapping, one),
      ...(one.on === undefined ? {} : { now: `${one.on}T12:00:00Z` }),
    };
    return one.base === undefined ? mapping.plan(state) : mapping.planOnly(state, new Set(Object.keys(one.base)));
  };
  if (one.decide === undefined) return plan([]);
  // People decide on what they were shown.
  const shown = new Map(
    plan([]).fields.map(({ field, crm: seenCrm, erp: seenErp }) => [field, { crm: seenCrm, erp: seenErp }]),
  );
  return plan(
    Object.entries(one.decide).map(([field, take]) => ({
      field,
      take,
      by: 'a person',
      seen: shown.get(field) ?? { crm: null, erp: null },
    })),
  );
};

const DRIFT: Readonly<Record<string, string>> = {
  'drift-kept': 'kept',
  'drift-reported': 'reported',
  'drift-restored': 'restored',
};

const differencesOf = (one: CaseFile, plan: LinkPlan): readonly string[] => {
  const wanted = one.expect === 'nothing' ? {} : one.expect;
  const text = (value: unknown): string => (value === undefined ? 'nothing' : canonicalJson(value as Json));
  const differences: string[] = [];
  const compare = (what: string, expected: unknown, actual: unknown): void => {
    if (!sameJson((expected ?? null) as Json, (actual ?? null) as Json))
      differences.push(`${what}: expected ${text(expected)}, got ${text(actual)}`);
  };
  compare('to_erp', wanted.to_erp, plan.writes.erp?.data);
  compare('to_crm', wanted.to_crm, plan.writes.crm?.data);
  compare(
    'parked',
    wanted.parked ?? {},
    Object.fromEntries(plan.parked.map(({ field, code }) => [field === '' ? 'record' : field, code])),
  );
  compare(
    'waiting',
    wanted.waiting ?? [],
    (plan.waiting ?? []).map(({ field }) => field),
  );
  if (one.on !== undefined || wanted.until !== undefined) compare('until', wanted.until, plan.again?.day);
  if (wanted.drift !== undefined) {
    const drift = plan.fields.flatMap(({ field, decision }) =>
      DRIFT[decision] === undefined ? [] : [[field, DRIFT[decision]]],
    );
    compare('drift', wanted.drift, Object.fromEntries(drift));
  }
  return differences;
};

/** A field is tested when some case decides something about it, or names it as agreed. */
const untested = (mapping: CompiledMapping, tested: ReadonlySet<string>): readonly Problem[] =>
  [
    ...mapping.fields.map(({ name }) => ({ name, place: ['fields', name] })),
    ...mapping.lines.flatMap((lines) =>
      lines.fields.map((field) => ({
        name: `${lines.name}.${field.name}`,
        place: ['lines', lines.name, 'fields', field.name],
      })),
    ),
  ]
    .filter(({ name }) => !tested.has(name))
    .map(({ name, place }) =>
      problemAtKey(
        mapping.source,
        place,
        'untested-field',
        `${name}: no case tests it`,
        `Add a case to ${mapping.source.file.replace(/\.ya?ml$/, '.test.yaml')}.`,
      ),
    );

const runFile = (
  source: Source,
  mappings: ReadonlyMap<string, CompiledMapping>,
  tested: Map<string, Set<string>>,
): CasesReport => {
  const { parsed: file, problems } = checked(source, CasesFile);
  if (file === undefined) return { results: [], problems };
  const mapping = mappings.get(file.mapping);
  if (mapping === undefined) {
    return {
      results: [],
      problems: [
        problemAt(
          source,
          ['mapping'],
          'unknown-mapping',
          `there is no sound mapping "${file.mapping}"`,
          suggestion(file.mapping, [...mappings.keys()]),
        ),
      ],
    };
  }
  const names = tested.get(mapping.name) ?? new Set<string>();
  tested.set(mapping.name, names);
  const found: Problem[] = [];
  const results = file.cases.map((one, index): CaseResult => {
    const { baseline, problems: wrong } = prepared(mapping, source, index, one);
    found.push(...wrong);
    const plan = planCase(mapping, one, baseline);
    for (const name of Object.keys(baseline)) names.add(unkeyed(name));
    for (const { field, decision } of plan.fields) if (decision !== 'none') names.add(unkeyed(field));
    return {
      file: source.file,
      ...source.at(['cases', index]),
      mapping: mapping.name,
      name: one.name,
      differences: differencesOf(one, plan),
      plan,
      given: givenOf(one),
    };
  });
  return { results, problems: found };
};

/** Compile the files given (path → text), lint them, and run every `*.test.yaml` among them. */
export const runCases = (files: Readonly<Record<string, string>>, options: CompileOptions = {}): CasesReport => {
  const { mappings, problems: compiling } = compileMappings(files, options);
  const problems: Problem[] = [...compiling];
  const results: CaseResult[] = [];
  const tested = new Map<string, Set<string>>();
  for (const path of Object.keys(files)
    .filter((name) => /\.test\.ya?ml$/.test(name))
    .sort()) {
    const { source, problems: broken } = readYaml(path, files[path] ?? '');
    problems.push(...broken);
    if (source === undefined) continue;
    const report = runFile(source, mappings, tested);
    results.push(...report.results);
    problems.push(...report.problems);
  }
  for (const mapping of mappings.values()) problems.push(...untested(mapping, tested.get(mapping.name) ?? new Set()));
  return { results, problems: inOrder(problems) };
};
