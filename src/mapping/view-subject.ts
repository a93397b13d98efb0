/** A view file with all that it speaks of: what its rules and its compiler both look at. */
import { SIDES, type Side } from '../domain/record.ts';
import type { DescribedRecord } from './lint-records.ts';
import type { LookupEntry } from './lookup.ts';
import type { CompiledMapping } from './mapping.ts';
import type { Problem } from './problem.ts';
import type { PartFile, ViewFile } from './schema-view.ts';
import type { Source } from './yaml.ts';

/** What the files beside a connector say of a record type. Nothing is said where they do not tell. */
export interface KnownRecord {
  /** Every record type and question of the preset; absent where the preset does not tell. */
  readonly names?: readonly string[];
  /** What a question is asked with; absent for a record type. */
  readonly question?: { readonly parts: readonly string[]; readonly optional: readonly string[] };
  readonly described?: DescribedRecord;
  /** Its description cannot be read. */
  readonly problem?: Problem;
}

/** What views are compiled against. */
export interface ViewsContext {
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  readonly lookups: ReadonlyMap<string, LookupEntry>;
  readonly connections: readonly string[];
  /** People are declared: who asks can be told. */
  readonly people: boolean;
  readonly recordOf?: (connection: string, record: string) => KnownRecord;
}

/** One view of them. */
export interface ViewSubject extends ViewsContext {
  readonly file: ViewFile;
  readonly source: Source;
}

/** The parts that a view is asked by, where it is not one id. */
export const partsIn = ({ by }: ViewFile): readonly PartFile[] | undefined => (Array.isArray(by) ? by : undefined);

/** The mapping by whose other side's id the record itself is found. */
export const mappingOf = ({ file: { by }, mappings }: Pick<ViewSubject, 'file' | 'mappings'>) =>
  by === 'id' || Array.isArray(by) ? undefined : mappings.get(by.mapping);

/** The part whose record tells whose the answer is: the one that `of` names, else the only one. */
export const tellingPart = (file: ViewFile): PartFile | undefined => {
  const records = (partsIn(file) ?? []).filter(({ mapping }) => mapping !== undefined);
  if (file.rows?.of !== undefined) return records.find(({ part }) => part === file.rows?.of);
  return records.length === 1 ? records[0] : undefined;
};

/** The mapping whose fields say whose a record is, where the view asks by them. */
export const tellingMapping = (subject: Pick<ViewSubject, 'file' | 'mappings'>): CompiledMapping | undefined =>
  mappingOf(subject) ?? subject.mappings.get(tellingPart(subject.file)?.mapping ?? '');

/** The side at which a mapping has the very record that is read. */
export const standsAt = ({ file: { reads } }: ViewSubject, { between }: CompiledMapping): Side | undefined =>
  SIDES.find(
    (side) =>
      between[side].connection === reads.connection &&
      between[side].record === reads.record &&
      between[side].scope === reads.scope,
  );

/** The side at which a mapping has records of the system that is asked, in the same company. */
export const reaches = ({ file: { reads } }: ViewSubject, { between }: CompiledMapping): Side | undefined =>
  SIDES.find((side) => between[side].connection === reads.connection && between[side].scope === reads.scope);

/** The side that is read: where the mapping has it, else where the parts' mappings, or any, have its connection. */
export const sideOf = (subject: ViewSubject): Side => {
  const mapping = mappingOf(subject);
  if (mapping !== undefined) return standsAt(subject, mapping) ?? 'erp';
  for (const { mapping: name } of partsIn(subject.file) ?? []) {
    const of = name === undefined ? undefined : subject.mappings.get(name);
    const side = of === undefined ? undefined : reaches(subject, of);
    if (side !== undefined) return side;
  }
  const { connection } = subject.file.reads;
  const asCrm = [...subject.mappings.values()].some(({ between }) => between.crm.connection === connection);
  return asCrm ? 'crm' : 'erp';
};
