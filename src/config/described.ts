/** Mappings against what lies beside the connectors: the records there are, and the fields of each. */
import { z } from 'zod';
import { isObject, type Json, parseJson } from '../domain/json.ts';
import { SIDES, type Side } from '../domain/record.ts';
import { problemAt } from '../mapping/lint-kit.ts';
import { type DescribedRecord, lint } from '../mapping/lint-records.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import { inOrder, type Problem, problemLine, suggestion } from '../mapping/problem.ts';
import type { KnownRecord } from '../mapping/view-subject.ts';
import { readYaml } from '../mapping/yaml.ts';
import { connectorFolder, mainFile, presetPath } from './parse.ts';
import type { ConfigRevision } from './port.ts';

type Files = ConfigRevision['files'];

/** The part of `schema/<Record>.json` that a mapping is judged by; the connector reads it whole. */
const Described = z.object({
  fields: z.array(
    z.object({
      path: z.string(),
      type: z.string(),
      max: z.int().positive().optional(),
      readOnly: z.boolean().optional(),
      required: z.boolean().optional(),
    }),
  ),
});

const ownOf = (value: Json | undefined, name: string): Json | undefined =>
  value !== undefined && isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** The connector of each connection, whatever else is wrong with the configuration file. */
const connectorsIn = (files: Files): ReadonlyMap<string, string> => {
  const connections = ownOf(readYaml('', files[mainFile(files)] ?? '').source?.value, 'connections');
  if (connections === undefined || !isObject(connections)) return new Map();
  return new Map(
    Object.entries(connections).flatMap(([name, given]): [string, string][] => {
      const connector = ownOf(given, 'connector');
      return typeof connector === 'string' ? [[name, connector]] : [];
    }),
  );
};

/** Names of a connector's record types; undefined where its preset does not tell, and others say why. */
const recordsOf = (files: Files, connector: string): readonly string[] | undefined => {
  const records = ownOf(readYaml('', files[presetPath(connector)] ?? '').source?.value, 'records');
  return records !== undefined && isObject(records) ? Object.keys(records) : undefined;
};

/** What a question of a preset is asked with; undefined where it is none. */
const questionOf = (preset: Json | undefined, name: string): KnownRecord['question'] => {
  const question = ownOf(ownOf(preset, 'questions'), name);
  if (question === undefined) return undefined;
  const texts = (of: string): readonly string[] => {
    const list = ownOf(question, of);
    return Array.isArray(list) ? list.map(String) : [];
  };
  return { parts: texts('parts'), optional: texts('optional') };
};

const unreadable = (file: string, message: string): Problem => ({
  file,
  line: 1,
  column: 1,
  rule: 'bad-schema',
  message,
  remedy: 'Correct it, or remove the file: then the fields of this record are not checked.',
});

interface Read {
  readonly described?: DescribedRecord;
  readonly problem?: Problem;
}

const describedIn = (files: Files, connector: string, record: string): Read => {
  const file = `${connectorFolder(connector)}/schema/${record}.json`;
  const text = files[file];
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return { problem: unreadable(file, 'it is not JSON') };
  }
  const { success, data, error } = Described.safeParse(value);
  if (!success) {
    const [issue] = error.issues;
    return { problem: unreadable(file, `"${issue?.path.map(String).join('.')}": ${issue?.message}`) };
  }
  const fields = data.fields.map(({ path, type, max, readOnly, required }) => ({
    path,
    type,
    ...(max === undefined ? {} : { max }),
    ...(readOnly === undefined ? {} : { readOnly }),
    ...(required === undefined ? {} : { required }),
  }));
  return { described: { record, fields } };
};

/** Mappings that the main file names; another one may be meant for another configuration's connections. */
export const carriedOut = (files: Files): readonly Json[] => {
  const mappings = ownOf(readYaml('', files[mainFile(files)] ?? '').source?.value, 'mappings');
  return Array.isArray(mappings) ? mappings : [];
};

/** What lies beside the connectors, each file read once: most mappings are between the same two. */
interface Beside {
  records(connector: string): readonly string[] | undefined;
  described(connector: string, record: string): Read;
}

const once = <T>(read: (...names: readonly string[]) => T): ((...names: readonly string[]) => T) => {
  const known = new Map<string, { readonly value: T }>();
  return (...names) => {
    const key = names.join('\0');
    const kept = known.get(key) ?? { value: read(...names) };
    known.set(key, kept);
    return kept.value;
  };
};

const besideOf = (files: Files): Beside => ({
  records: once((connector = '') => recordsOf(files, connector)),
  described: once((connector = '', record = '') => describedIn(files, connector, record)),
});

/** What is known of one side's record, and what is wrong with that. */
const sideOf = (beside: Beside, connector: string, { source, between }: CompiledMapping, side: Side): Read => {
  const { record } = between[side];
  const records = beside.records(connector);
  if (records === undefined || records.includes(record)) return beside.described(connector, record);
  const message = `${presetPath(connector)} has no record "${record}"`;
  return {
    problem: problemAt(source, ['between', side, 'record'], 'unknown-record', message, suggestion(record, records)),
  };
};

/** What mappings say of records that the files beside their connectors contradict. A record that no file describes may hold anything. */
export const recordProblems = (files: Files, mappings: Iterable<CompiledMapping>): readonly Problem[] => {
  const connectors = connectorsIn(files);
  const named = carriedOut(files);
  const beside = besideOf(files);
  const problems = [...mappings].flatMap((mapping): readonly Problem[] => {
    const found = SIDES.map((side) => {
      const connector = connectors.get(mapping.between[side].connection);
      return [side, connector === undefined ? {} : sideOf(beside, connector, mapping, side)] as const;
    });
    const wrong = found.flatMap(([, { problem }]) => (problem === undefined ? [] : [problem]));
    if (!named.includes(mapping.name) && wrong.some(({ rule }) => rule === 'unknown-record')) return [];
    return [...wrong, ...lint(mapping, Object.fromEntries(found.map(([side, { described }]) => [side, described])))];
  });
  return inOrder([...new Map(problems.map((problem) => [problemLine(problem), problem])).values()]);
};

/** What the files beside a connection's connector say of a record type or question, for views. */
export const knownRecords = (files: Files): ((connection: string, record: string) => KnownRecord) => {
  const connectors = connectorsIn(files);
  const presets = new Map<string, Json | undefined>();
  const presetOf = (connector: string): Json | undefined => {
    if (!presets.has(connector)) presets.set(connector, readYaml('', files[presetPath(connector)] ?? '').source?.value);
    return presets.get(connector);
  };
  return (connection, record) => {
    const connector = connectors.get(connection);
    const preset = connector === undefined ? undefined : presetOf(connector);
    const records = ownOf(preset, 'records');
    if (connector === undefined || records === undefined || !isObject(records)) return {};
    const questions = ownOf(preset, 'questions');
    const question = questionOf(preset, record);
    return {
      names: [
        ...Object.keys(records),
        ...(questions !== undefined && isObject(questions) ? Object.keys(questions) : []),
      ],
      ...(question === undefined ? {} : { question }),
      ...describedIn(files, connector, record),
    };
  };
};
