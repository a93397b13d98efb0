/** What the lines of a mapping may say together. */
import { SIDES, type Side } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import { feedbackOf, flowsTo, type LintRule, problemAt, problemAtKey, type Subject } from './lint-kit.ts';
import { overlap } from './path.ts';
import { filterText } from './planner-rules.ts';
import { type Problem, suggestion } from './problem.ts';
import { mayHang, patternOf } from './rule.ts';
import { showValue } from './show.ts';

/** Something that is written at a side, and where the file says so. */
interface Writer {
  readonly text: string;
  readonly who: string;
  readonly place: readonly PropertyKey[];
}

/** Everything that fields, collections and constants write at a side. */
export const writersOf = ({ file }: Pick<Subject, 'file'>, side: Side): readonly Writer[] => [
  ...Object.entries(file.fields).flatMap(([name, field]) =>
    flowsTo(field.flow, side)
      ? columnTexts(field, side).map((text): Writer => ({ text, who: name, place: ['fields', name, side] }))
      : [],
  ),
  ...Object.entries(file.lines ?? {}).flatMap(([name, lines]) =>
    Object.values(lines.fields).some((field) => flowsTo(field.flow, side))
      ? [{ text: lines[side], who: name, place: ['lines', name, side] }]
      : [],
  ),
  ...(file.constants ?? []).flatMap((constant, i): Writer[] => {
    const text = constant[side];
    return text === undefined ? [] : [{ text, who: 'a constant', place: ['constants', i, side] }];
  }),
];

/** No path is written by two lines of the file. */
export const writtenTwice: LintRule = (subject) =>
  SIDES.flatMap((side) => {
    const writers = writersOf(subject, side);
    return writers.flatMap((writer, i) => {
      const other = writers.slice(0, i).find(({ text }) => overlap(text, writer.text));
      if (other === undefined) return [];
      return [
        problemAt(
          subject.source,
          writer.place,
          'target-written-twice',
          `${writer.who}: ${other.who} writes "${other.text}" in the ${side.toUpperCase()} too`,
          'Let one line write it.',
        ),
      ];
    });
  });

const identity: LintRule = ({ file, source }) =>
  file.identity.match_on.flatMap((names, i) =>
    names.flatMap((name, j) =>
      Object.hasOwn(file.fields, name)
        ? []
        : [
            problemAt(
              source,
              ['identity', 'match_on', i, j],
              'identity-not-mapped',
              `records are matched on "${name}", which is no field here`,
              suggestion(name, Object.keys(file.fields)),
            ),
          ],
    ),
  );

const constants: LintRule = ({ file, source }) =>
  (file.constants ?? []).flatMap((constant, i) =>
    (constant.crm === undefined) === (constant.erp === undefined)
      ? [
          problemAt(
            source,
            ['constants', i],
            'constant-side',
            'a constant stands at exactly one side',
            'Say `crm:` or `erp:`.',
          ),
        ]
      : [],
  );

const feedback: LintRule = (subject) =>
  SIDES.flatMap((side) => {
    const taken = [
      ...writersOf(subject, side),
      ...Object.entries(subject.file.fields).flatMap(([name, field]) =>
        columnTexts(field, side).map((text) => ({ text, who: name })),
      ),
    ];
    const facts = feedbackOf(subject.file, side);
    return facts.flatMap(([fact, path], i) => {
      const place = ['feedback', side, fact];
      const found =
        taken.find(({ text }) => overlap(text, path)) ??
        facts
          .slice(0, i)
          .map(([who, text]) => ({ who, text }))
          .find(({ text }) => overlap(text, path));
      return found === undefined
        ? []
        : [
            problemAt(
              subject.source,
              place,
              'feedback-also-mapped',
              `"${path}" is also used by ${found.who}`,
              'Give feedback a column of its own.',
            ),
          ];
    });
  });

/** Would a record that we create at a side pass its own filter? */
const createdOutside: LintRule = ({ file, source, lookups }) =>
  SIDES.flatMap((side) => {
    if (file.identity.on_none[`to_${side}`] !== 'create') return [];
    return Object.entries(file.include?.[side] ?? {}).flatMap(([path, values]): Problem[] => {
      const allowed = new Set(values.map(filterText));
      const report = (why: string): Problem[] => [
        problemAtKey(
          source,
          ['include', side, path],
          'created-outside-include',
          `a record created in the ${side.toUpperCase()} may fall outside \`include\`: ${why}`,
          `Add a constant or a required field that writes "${path}" with one of these values.`,
        ),
      ];
      const constant = (file.constants ?? []).find((each) => each[side] === path);
      if (constant !== undefined)
        return allowed.has(filterText(constant.value)) ? [] : report(`the constant is ${showValue(constant.value)}`);
      const writer = Object.entries(file.fields).find(
        ([, field]) => flowsTo(field.flow, side) && columnTexts(field, side).includes(path),
      );
      if (writer === undefined) return report('nothing writes it');
      const [name, field] = writer;
      if (field.required !== true && field.required !== `to_${side}` && field.default?.[`to_${side}`] === undefined)
        return report(`${name} may be empty`);
      const written = field.lookup === undefined ? undefined : lookups.get(field.lookup)?.lookup.writes[side];
      const outside = written?.find((value) => !allowed.has(filterText(value)));
      return outside === undefined ? [] : report(`${name} may write ${showValue(outside)}`);
    });
  });

const rules: LintRule = ({ file, source }) =>
  (file.validate ?? []).flatMap((rule, i) => {
    const problems: Problem[] = [];
    if (!Object.hasOwn(file.fields, rule.field)) {
      problems.push(
        problemAt(
          source,
          ['validate', i, 'field'],
          'unknown-field',
          `there is no field "${rule.field}"`,
          suggestion(rule.field, Object.keys(file.fields)),
        ),
      );
    }
    if (typeof rule.is === 'object' && 'matches' in rule.is) {
      const place = ['validate', i, 'is', 'matches'];
      if (patternOf(rule.is.matches) === undefined)
        problems.push(
          problemAt(
            source,
            place,
            'bad-pattern',
            'this is not a pattern',
            'Write a regular expression, like `^DE\\d{9}$`.',
          ),
        );
      else if (mayHang(rule.is.matches))
        problems.push(
          problemAt(
            source,
            place,
            'bad-pattern',
            'a repetition inside a repetition may take hours on some texts',
            'Repeat one of the two only.',
          ),
        );
    }
    return problems;
  });

const sameSlot: LintRule = ({ file, source }) => {
  const { crm, erp } = file.between;
  if (crm.connection !== erp.connection || crm.record !== erp.record || crm.scope !== erp.scope) return [];
  return [
    problemAt(
      source,
      ['between', 'erp'],
      'same-slot',
      'both sides are the same records',
      'Name two different connections, records or scopes.',
    ),
  ];
};

const noFields: LintRule = ({ file, source }) =>
  Object.keys(file.fields).length > 0
    ? []
    : [problemAtKey(source, ['fields'], 'missing-key', 'a mapping needs at least one field', 'Add one.')];

/** Rules about a mapping as a whole. */
export const WHOLE_RULES: readonly LintRule[] = [
  noFields,
  sameSlot,
  identity,
  writtenTwice,
  constants,
  feedback,
  createdOutside,
  rules,
];
