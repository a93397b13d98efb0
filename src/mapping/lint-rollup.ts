/** What `rollups:` must keep. */
import { SIDES, type Side, slotName } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import { flowsTo, type LintRule, problemAt, problemAtKey, type Subject } from './lint-kit.ts';
import { type Problem, suggestion } from './problem.ts';
import { slotOf } from './reference-fields.ts';
import type { MappingFile } from './schema.ts';
import { OTHERS, OWN, type RollupFile, rollupColumn } from './schema-rollup.ts';

const placeOf = (side: Side, name: string, ...rest: PropertyKey[]) => ['rollups', side, name, ...rest];
const slotText = (file: MappingFile, side: Side): string => slotName(slotOf(file.between[side]));

/** The fields that a roll-up reads, and where the file names them. */
const fieldsRead = (rollup: RollupFile): readonly (readonly [field: string, place: readonly PropertyKey[]])[] => [
  [rollup.by, ['by']],
  ...(['sum', 'latest', 'currency'] as const).flatMap((word) => {
    const field = rollup[word];
    return field === undefined ? [] : [[field, [word]] as const];
  }),
  ...(['only', 'minus'] as const).flatMap((word) =>
    Object.keys(rollup[word] ?? {}).map((field) => [field, [word, field]] as const),
  ),
  ...(rollup.within === undefined ? [] : [[rollup.within.of, ['within', 'of']] as const]),
];

/** The fields of the mapping itself that a roll-up reads, and where the file names them. */
const ownRead = ({ for: named, in: currency, within }: RollupFile): ReturnType<typeof fieldsRead> =>
  [
    [named, ['for']] as const,
    [currency, ['in']] as const,
    [within?.from, ['within', 'from']] as const,
    [within?.until, ['within', 'until']] as const,
  ].flatMap(([field, place]) => (field === undefined ? [] : [[field, place] as const]));

const perRollup =
  (rule: (side: Side, name: string, rollup: RollupFile, subject: Subject) => readonly Problem[]): LintRule =>
  (subject) =>
    SIDES.flatMap((side) =>
      Object.entries(subject.file.rollups?.[side] ?? {}).flatMap(([name, rollup]) => rule(side, name, rollup, subject)),
    );

const words = perRollup((side, name, rollup, { source }) => {
  const said = (['sum', 'latest', 'count'] as const).filter((word) => rollup[word] !== undefined);
  const report = (message: string, remedy: string) =>
    problemAtKey(source, placeOf(side, name), 'rollup-kind', `${name}: ${message}`, remedy);
  const problems: Problem[] = [];
  if (said.length !== 1)
    problems.push(
      report(
        `says ${said.join(' and ') || 'nothing to work out'}`,
        'Say exactly one of `sum:`, `latest:` and `count: true`.',
      ),
    );
  if (rollup.sum === undefined && (rollup.minus !== undefined || rollup.currency !== undefined))
    problems.push(report('`minus` and `currency` belong to a sum', 'Remove them, or say `sum:`.'));
  return problems;
});

/** A window moves on with the days, or is the record's own period; and what a record asks for is a field of it. */
const asks = perRollup((side, name, rollup, { file, source }) => {
  const at = (place: readonly PropertyKey[], message: string, remedy: string) =>
    problemAt(source, placeOf(side, name, ...place), 'rollup-window', `${name}: ${message}`, remedy);
  const said = (['months', 'zone', 'from', 'until'] as const).filter((word) => rollup.within?.[word] !== undefined);
  const problems: Problem[] = [];
  if (rollup.within !== undefined && !['months zone', 'from until'].includes(said.join(' ')))
    problems.push(
      at(
        ['within'],
        `the window says ${said.join(' and ') || 'no days'}`,
        'Say `months` and `zone`, or `from` and `until`.',
      ),
    );
  if (rollup.in !== undefined && rollup.currency === undefined)
    problems.push(at(['in'], 'which currency is shown, and not where amounts say theirs', 'Add `currency:`.'));
  for (const [field, place] of ownRead(rollup))
    if (file.fields[field] === undefined)
      problems.push(
        at(place, `"${file.mapping}" has no field "${field}"`, suggestion(field, Object.keys(file.fields))),
      );
  const named = file.fields[rollup.for ?? ''];
  if (named !== undefined && named.link === undefined)
    problems.push(at(['for'], `"${rollup.for}" leads to no record`, 'Name a `link:` field of this mapping.'));
  return problems;
});

const sources = perRollup((side, name, rollup, { file, source, mappings, mappingNames }) => {
  const of = mappings.get(rollup.of);
  if (of === undefined) {
    if (mappingNames.includes(rollup.of)) return [];
    const message = `${name}: there is no mapping "${rollup.of}"`;
    return [
      problemAt(
        source,
        placeOf(side, name, 'of'),
        'rollup-source',
        message,
        suggestion(rollup.of, [...mappings.keys()]),
      ),
    ];
  }
  const unknown = fieldsRead(rollup).flatMap(([field, place]) =>
    of.fields[field] !== undefined
      ? []
      : [
          problemAt(
            source,
            placeOf(side, name, ...place),
            'rollup-source',
            `${name}: "${rollup.of}" has no field "${field}"`,
            suggestion(field, Object.keys(of.fields)),
          ),
        ],
  );
  const link = of.fields[rollup.by]?.link ?? '';
  const to = mappings.get(link);
  // Where the mapping that it leads to is broken, that is said of it alone.
  const broken = to === undefined && mappingNames.includes(link);
  // Whom the records refer to: this mapping's own, or those whom its field names.
  const parents = rollup.for === undefined ? file : mappings.get(file.fields[rollup.for]?.link ?? '');
  if (broken || parents === undefined || of.fields[rollup.by] === undefined) return unknown;
  const expected = slotText(parents, side);
  if (to !== undefined && slotText(to, side) === expected) return unknown;
  const message = `${name}: "${rollup.by}" of "${rollup.of}" does not lead to ${expected}`;
  const remedy =
    rollup.for === undefined
      ? 'Name its `link:` field that leads to the records of this mapping.'
      : `Name its \`link:\` field that leads where "${rollup.for}" does.`;
  return [...unknown, problemAt(source, placeOf(side, name, 'by'), 'rollup-source', message, remedy)];
});

/** A column that shows a roll-up is read only, is declared, and says which currency where there are several. */
const columns: LintRule = ({ file, source }) =>
  SIDES.flatMap((side) =>
    Object.entries(file.fields).flatMap(([name, field]) => {
      const shown = columnTexts(field, side)
        .map(rollupColumn)
        .find((each) => each !== undefined);
      const declared = file.rollups?.[side];
      if (shown === undefined || declared === undefined) return [];
      const place = ['fields', name, side];
      const rollup = declared[shown.name];
      if (rollup === undefined) {
        const message = `${name}: there is no roll-up "${shown.name}" here`;
        return [problemAt(source, place, 'rollup-column', message, suggestion(shown.name, Object.keys(declared)))];
      }
      if (flowsTo(field.flow, side)) {
        const message = `${name}: a roll-up is worked out and cannot be written`;
        const remedy = `Let the field flow \`${side === 'erp' ? 'crm <- erp' : 'crm -> erp'}\`.`;
        return [problemAt(source, ['fields', name, 'flow'], 'rollup-column', message, remedy)];
      }
      if (rollup.in === undefined && (shown.currency === OWN || shown.currency === OTHERS)) {
        const message = `${name}: "${shown.name}" does not know the currency of a record`;
        return [problemAt(source, place, 'rollup-column', message, 'Add `in:` and the field of its currency.')];
      }
      if ((shown.currency === undefined) === (rollup.currency === undefined)) return [];
      const message = `${name}: ${rollup.currency === undefined ? `"${shown.name}" knows no currencies` : 'it does not say which currency'}`;
      const remedy =
        rollup.currency === undefined
          ? `Say \`rollups.${shown.name}\`.`
          : `Say \`rollups.${shown.name}.EUR\`, and map each currency to a column of its own.`;
      return [problemAt(source, place, 'rollup-column', message, remedy)];
    }),
  );

/** Where a value goes: from column to column, and from the columns that a roll-up reads to the one that shows it. */
const leadsTo = (files: readonly MappingFile[], from: string): readonly string[] =>
  files.flatMap((file) => {
    const at = (side: Side, text: string) => `${slotText(file, side)} ${text}`;
    const flows = Object.values(file.fields).flatMap((field) =>
      SIDES.flatMap((side) => {
        const other = side === 'crm' ? 'erp' : 'crm';
        const starts = flowsTo(field.flow, other) && columnTexts(field, side).some((text) => at(side, text) === from);
        return starts ? columnTexts(field, other).map((text) => at(other, text)) : [];
      }),
    );
    const shown = SIDES.flatMap((side) =>
      Object.entries(file.rollups?.[side] ?? {}).flatMap(([name, rollup]) => {
        const of = files.find(({ mapping }) => mapping === rollup.of);
        const read = fieldsRead(rollup).flatMap(([field]) => {
          const found = of?.fields[field];
          return found === undefined || of === undefined
            ? []
            : columnTexts(found, side).map((text) => `${slotText(of, side)} ${text}`);
        });
        const own = ownRead(rollup).flatMap(([field]) => {
          const found = file.fields[field];
          return found === undefined ? [] : columnTexts(found, side).map((text) => at(side, text));
        });
        if (![...read, ...own].includes(from)) return [];
        const texts = Object.values(file.fields).flatMap((field) => columnTexts(field, side));
        return texts.filter((text) => rollupColumn(text)?.name === name).map((text) => at(side, text));
      }),
    );
    return [...flows, ...shown];
  });

/** The way back to a column, or undefined where there is none. */
const wayBack = (files: readonly MappingFile[], start: string): readonly string[] | undefined => {
  const ways: (readonly string[])[] = leadsTo(files, start).map((next) => [next]);
  const seen = new Set<string>();
  for (let way = ways.shift(); way !== undefined; way = ways.shift()) {
    const last = way.at(-1) ?? '';
    if (last === start) return way;
    if (seen.has(last)) continue;
    seen.add(last);
    for (const next of leadsTo(files, last)) ways.push([...way, next]);
  }
  return undefined;
};

/** A roll-up that feeds what it reads would never come to rest. */
const circles: LintRule = ({ file, source, mappings }) =>
  SIDES.flatMap((side) =>
    Object.entries(file.fields).flatMap(([name, field]) => {
      const shown = columnTexts(field, side).find(
        (text) => file.rollups?.[side]?.[rollupColumn(text)?.name ?? ''] !== undefined,
      );
      if (shown === undefined) return [];
      const start = `${slotText(file, side)} ${shown}`;
      const way = wayBack([...mappings.values()], start);
      if (way === undefined) return [];
      const message = `${name}: the roll-up feeds what it reads: ${[start, ...way].join(' → ')}`;
      return [
        problemAt(
          source,
          ['fields', name, side],
          'rollup-in-circle',
          message,
          'Let it be written to a column that nothing on this way reads.',
        ),
      ];
    }),
  );

/** Rules about roll-ups. */
export const ROLLUP_RULES: readonly LintRule[] = [words, asks, sources, columns, circles];
