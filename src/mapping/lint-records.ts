/** Lint against what the connected systems say about their records. */
import { otherSide, SIDES, type Side } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import { effectivePaths } from './lint-effective.ts';
import { feedbackOf, problemAt, problemAtKey } from './lint-kit.ts';
import { writersOf } from './lint-whole.ts';
import type { CompiledMapping } from './mapping.ts';
import { overlap } from './path.ts';
import { inOrder, type Problem, suggestion } from './problem.ts';
import { rollupColumn } from './schema-rollup.ts';

/** A record type as its system describes it: the part of a connector's description that lint needs. */
export interface DescribedRecord {
  readonly record: string;
  readonly fields: readonly {
    readonly path: string;
    readonly type: string;
    readonly max?: number;
    readonly readOnly?: boolean;
    readonly required?: boolean;
  }[];
  /** Not given where the files alone cannot tell: what it can do is then not judged. */
  readonly capabilities?: {
    readonly changes: { readonly mode: string; readonly deletes: string };
    readonly write: { readonly delete: boolean };
  };
}
/** Both sides' records as far as they are described; the undescribed one may hold anything. */
export type DescribedSides = Readonly<Partial<Record<Side, DescribedRecord | undefined>>>;
type Described = DescribedRecord['fields'][number];

/** A `*` in a description stands for the names of fields that somebody added: `*__c`, `properties.*`. */
const fits = (pattern: string, path: string): boolean => {
  const [start, end] = pattern.split('*');
  return end !== undefined && path.length > pattern.length - 1 && path.startsWith(start ?? '') && path.endsWith(end);
};

/** Descriptions name children without a selector: `addresses.street` or `addresses[].street`. */
export const plain = (path: string): string => path.replace(/\[[^\]]*\]/g, '');

/** The field of a description that a path names; undefined where there is none. */
export const fieldAt = (record: DescribedRecord, path: string): Described | undefined => {
  const wanted = plain(path);
  const exact = record.fields.find((field) => plain(field.path) === wanted);
  if (exact !== undefined) return exact;
  const added = record.fields.find((field) => fits(field.path, wanted));
  if (added !== undefined) return added;
  const detailed = (above: Described): boolean =>
    record.fields.some((field) => plain(field.path).startsWith(`${plain(above.path)}.`));
  // A list or object whose insides are not described may hold anything.
  return record.fields.find((field) => wanted.startsWith(`${plain(field.path)}.`) && !detailed(field));
};

type Named = { readonly text: string; readonly place: readonly PropertyKey[] };

const namedPaths = ({ definition }: CompiledMapping, side: Side): readonly Named[] => [
  ...Object.entries(definition.fields).flatMap(([name, field]) =>
    columnTexts(field, side).map((text) => ({ text, place: ['fields', name, side] })),
  ),
  ...Object.entries(definition.lines ?? {}).flatMap(([name, lines]) =>
    Object.entries(lines.fields).flatMap(([each, field]) =>
      columnTexts(field, side).map((text) => ({
        text: `${lines[side]}.${text}`,
        place: ['lines', name, 'fields', each, side],
      })),
    ),
  ),
  ...Object.keys(definition.include?.[side] ?? {}).map((text) => ({ text, place: ['include', side, text] })),
  ...Object.keys(definition.identity.retired?.[side] ?? {}).map((text) => ({
    text,
    place: ['identity', 'retired', side, text],
  })),
  ...[definition.identity.merged_into?.[side] ?? []].flat().map((text) => ({
    text,
    place: ['identity', 'merged_into', side],
  })),
  ...effectivePaths(definition, side),
  ...(definition.constants ?? []).flatMap((constant, i) =>
    constant[side] === undefined ? [] : [{ text: constant[side], place: ['constants', i, side] }],
  ),
  ...feedbackOf(definition, side).map(([fact, text]) => ({ text, place: ['feedback', side, fact] })),
];

/** Worked out here, and no column of the record. */
const isRollup = ({ rollups }: CompiledMapping, side: Side, text: string): boolean =>
  rollups.some((each) => each.side === side && each.name === rollupColumn(text)?.name);

/** Only to know records by: what is written with a new record alone, where none is ever made. */
const neverWritten = ({ definition }: CompiledMapping, side: Side, [part, name]: Named['place']): boolean =>
  part === 'fields' &&
  definition.identity.on_none[`to_${side}`] !== 'create' &&
  definition.fields[String(name)]?.create_only === true;

const paths = (mapping: CompiledMapping, side: Side, record: DescribedRecord): readonly Problem[] => {
  const feedback = feedbackOf(mapping.definition, side).map(([fact, text]) => ({
    text,
    place: ['feedback', side, fact],
  }));
  const unknown = namedPaths(mapping, side).flatMap(({ text, place }) =>
    fieldAt(record, text) !== undefined || isRollup(mapping, side, text)
      ? []
      : [
          problemAt(
            mapping.source,
            place,
            'unknown-path',
            `${record.record} has no "${text}"`,
            suggestion(
              plain(text),
              record.fields.map((field) => plain(field.path)),
            ),
          ),
        ],
  );
  const writers = writersOf({ file: mapping.definition }, side).filter(
    ({ place }) => !neverWritten(mapping, side, place),
  );
  const readOnly = [...writers, ...feedback].flatMap(({ text, place }) =>
    fieldAt(record, text)?.readOnly === true
      ? [
          problemAt(
            mapping.source,
            place,
            'read-only-target',
            `"${text}" of ${record.record} cannot be written`,
            'Let the field flow the other way.',
          ),
        ]
      : [],
  );
  return [...unknown, ...readOnly];
};

const lengths = (mapping: CompiledMapping, side: Side, record: DescribedRecord): readonly Problem[] =>
  mapping.fields.flatMap((field) => {
    if (field.flow !== 'both' && field.flow !== side) return [];
    const described = field[side].texts.map((text) => fieldAt(record, text)?.max).filter((max) => max !== undefined);
    const limit = described.length === 0 ? undefined : Math.min(...described);
    const stated = field[side].max;
    // What only comes with the entity says nothing about this system.
    if (stated === mapping.entity?.fields[field.name]?.max) return [];
    if (limit === undefined || stated === undefined || stated <= limit) return [];
    return [
      problemAt(
        mapping.source,
        ['fields', field.name, 'max'],
        'length-mismatch',
        `${field.name}: the mapping allows ${stated} characters, ${record.record} takes ${limit}`,
        `Say \`max: { ${side}: ${limit} }\`.`,
      ),
    ];
  });

const required = (mapping: CompiledMapping, side: Side, record: DescribedRecord): readonly Problem[] => {
  if (mapping.identity.onNone[`to_${side}`] !== 'create') return [];
  const writers = writersOf({ file: mapping.definition }, side);
  return record.fields.flatMap((field) => {
    if (
      field.required !== true ||
      field.readOnly === true ||
      writers.some(({ text }) => overlap(plain(text), plain(field.path)))
    )
      return [];
    return [
      problemAtKey(
        mapping.source,
        ['fields'],
        'required-target-unmapped',
        `${record.record} needs "${field.path}", and nothing writes it`,
        'Map it, or add a constant.',
      ),
    ];
  });
};

const abilities = (mapping: CompiledMapping, side: Side, records: DescribedSides): readonly Problem[] => {
  const problems: Problem[] = [];
  const direction = `to_${side}` as const;
  const [from, to] = [records[otherSide(side)], records[side]];
  if (mapping.identity.onDelete[direction] === 'delete') {
    const place = ['identity', 'on_delete', direction];
    if (from?.capabilities !== undefined && from.capabilities.changes.deletes !== 'in-feed')
      problems.push(
        problemAt(
          mapping.source,
          place,
          'delete-needs-tombstone',
          `deletes of ${from.record} only show by absence, which may be lost permission`,
          'Say `report` or `block`.',
        ),
      );
    if (to?.capabilities?.write.delete === false)
      problems.push(
        problemAt(
          mapping.source,
          place,
          'delete-unsupported',
          `${to.record} cannot be deleted`,
          'Say `report` or `block`.',
        ),
      );
  }
  if (to?.capabilities?.changes.mode !== 'none') return problems;
  for (const field of mapping.fields) {
    if (field.flow !== 'both' || field.conflict !== 'newest wins') continue;
    problems.push(
      problemAt(
        mapping.source,
        ['fields', field.name, 'conflict'],
        'newest-without-time',
        `${field.name}: ${to.record} does not say when it was changed`,
        'Say `crm wins`, `erp wins` or `park`.',
      ),
    );
  }
  return problems;
};

/** Lint a mapping against the descriptions of its sides' records. */
export const lint = (mapping: CompiledMapping, records: DescribedSides): readonly Problem[] =>
  inOrder(
    SIDES.flatMap((side) => {
      const described = records[side];
      if (described === undefined) return abilities(mapping, side, records);
      return [
        ...paths(mapping, side, described),
        ...lengths(mapping, side, described),
        ...required(mapping, side, described),
        ...abilities(mapping, side, records),
      ];
    }),
  );
