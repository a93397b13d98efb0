/** What `process:` and `totals:` may refer to. */
import { flowsTo, type LintRule, problemAt, type Subject } from './lint-kit.ts';
import { type Problem, suggestion } from './problem.ts';
import { type MarginFile, spanMs } from './schema-process.ts';

type Place = readonly PropertyKey[];

/** Steps that every process has, besides the states of its table. */
const STEPS = ['gate', 'approval', 'crossing'];

const unknown = ({ source }: Subject, place: Place, word: string, known: readonly string[], what: string): Problem =>
  problemAt(source, place, 'process-unknown', `"${word}" is no ${what} here`, suggestion(word, known));

const fieldAt = (subject: Subject, place: Place, name: string): readonly Problem[] =>
  Object.hasOwn(subject.file.fields, name)
    ? []
    : [unknown(subject, place, name, Object.keys(subject.file.fields), 'field')];

const linesAt = (subject: Subject, place: Place, name: string): readonly Problem[] => {
  const lists = subject.file.lines ?? {};
  return Object.hasOwn(lists, name) ? [] : [unknown(subject, place, name, Object.keys(lists), 'collection')];
};

const lineFieldAt = (subject: Subject, place: Place, of: string, name: string): readonly Problem[] => {
  const fields = subject.file.lines?.[of]?.fields;
  if (fields === undefined || Object.hasOwn(fields, name)) return [];
  return [unknown(subject, place, name, Object.keys(fields), `field of ${of}`)];
};

const anyAt = (subject: Subject, place: Place, name: string): readonly Problem[] => {
  const known = [...Object.keys(subject.file.fields), ...Object.keys(subject.file.lines ?? {})];
  return known.includes(name) ? [] : [unknown(subject, place, name, known, 'field or collection')];
};

type Check = NonNullable<NonNullable<Subject['file']['process']>['gate']>[number];
type Limit = Extract<Check, { within: string }>['limit'];

const limitAt = (subject: Subject, place: Place, limit: Limit): readonly Problem[] => {
  if (!('link' in limit)) return fieldAt(subject, [...place, 'field'], limit.field);
  const own = fieldAt(subject, [...place, 'link'], limit.link);
  if (own.length > 0) return own;
  const { link } = subject.file.fields[limit.link] ?? {};
  if (link === undefined) {
    const message = `"${limit.link}" leads to no record`;
    return [problemAt(subject.source, [...place, 'link'], 'process-no-link', message, 'Name a field with `link:`.')];
  }
  const fields = subject.mappings.get(link)?.fields;
  // What is wrong with that file is said of that file.
  if (fields === undefined || Object.hasOwn(fields, limit.field)) return [];
  return [unknown(subject, [...place, 'field'], limit.field, Object.keys(fields), `field of ${link}`)];
};

type Deviation = { readonly deviation: string; readonly of: string; readonly from: string };

const deviationAt = (subject: Subject, place: Place, { deviation, of, from }: Deviation): readonly Problem[] => [
  ...linesAt(subject, [...place, 'of'], of),
  ...lineFieldAt(subject, [...place, 'deviation'], of, deviation),
  ...lineFieldAt(subject, [...place, 'from'], of, from),
];

/** Which fields of its lines a margin needs, which of the record that they lead to, and that both can be compared. */
const marginAt = (subject: Subject, place: Place, { margin, of, per, cost }: MarginFile): readonly Problem[] => {
  const fields = subject.file.lines?.[of]?.fields;
  if (fields === undefined) return linesAt(subject, [...place, 'of'], of);
  const own = [
    ...lineFieldAt(subject, [...place, 'margin'], of, margin),
    ...(per === undefined ? [] : lineFieldAt(subject, [...place, 'per'], of, per)),
    ...lineFieldAt(subject, [...place, 'cost', 'link'], of, cost.link),
    ...Object.keys(cost.alike ?? {}).flatMap((name) =>
      Object.hasOwn(fields, name) ? [] : fieldAt(subject, [...place, 'cost', 'alike', name], name),
    ),
  ];
  const link = fields[cost.link]?.link;
  if (own.length > 0) return own;
  if (link === undefined) {
    const message = `"${cost.link}" of ${of} leads to no record`;
    const remedy = `Name a field of ${of} with \`link:\`.`;
    return [problemAt(subject.source, [...place, 'cost', 'link'], 'process-no-link', message, remedy)];
  }
  const there = subject.mappings.get(link)?.fields;
  // What is wrong with that file is said of that file.
  if (there === undefined) return [];
  const named: readonly (readonly [Place, string])[] = [
    [['field'], cost.field],
    ...Object.entries(cost.alike ?? {}).map(([name, other]) => [['alike', name], other] as const),
  ];
  return named.flatMap(([at, name]) =>
    Object.hasOwn(there, name)
      ? []
      : [unknown(subject, [...place, 'cost', ...at], name, Object.keys(there), `field of ${link}`)],
  );
};

const checkAt = (subject: Subject, place: Place, check: Check): readonly Problem[] => {
  if ('complete' in check) return check.complete.flatMap((name, i) => anyAt(subject, [...place, 'complete', i], name));
  if ('within' in check)
    return [
      ...fieldAt(subject, [...place, 'within'], check.within),
      ...limitAt(subject, [...place, 'limit'], check.limit),
    ];
  if ('deviation' in check) return deviationAt(subject, place, check);
  if ('margin' in check) return marginAt(subject, place, check);
  return check.of === undefined
    ? fieldAt(subject, [...place, 'known'], check.known)
    : [
        ...linesAt(subject, [...place, 'of'], check.of),
        ...lineFieldAt(subject, [...place, 'known'], check.of, check.known),
      ];
};

const approvalAt = (subject: Subject): readonly Problem[] => {
  const { covers = [], levels = [] } = subject.file.process?.approval ?? {};
  const at = ['process', 'approval'] as const;
  return [
    ...covers.flatMap((name, i) => anyAt(subject, [...at, 'covers', i], name)),
    ...levels.flatMap(({ when = [] }, i) =>
      when.flatMap((each, j) => {
        const place = [...at, 'levels', i, 'when', j];
        if ('above' in each) return fieldAt(subject, [...place, 'above'], each.above);
        return 'margin' in each ? marginAt(subject, place, each) : deviationAt(subject, place, each);
      }),
    ),
    ...levels.flatMap(({ level }, i) => {
      if (levels.findIndex((each) => each.level === level) === i) return [];
      const message = `there are two levels named "${level}"`;
      return [problemAt(subject.source, [...at, 'levels', i, 'level'], 'name-taken', message, 'Rename one of them.')];
    }),
  ];
};

const targetsAt = (subject: Subject): readonly Problem[] => {
  const { targets = {}, states = [] } = subject.file.process ?? {};
  const known = [...STEPS, ...states.map(({ state }) => state)];
  return Object.entries(targets).flatMap(([step, text]) => {
    const place = ['process', 'targets', step];
    if (!known.includes(step)) return [unknown(subject, place, step, known, 'step')];
    if (spanMs(text) > 0) return [];
    return [problemAt(subject.source, place, 'bad-value', 'a step takes some time', 'Say how long it may take.')];
  });
};

/** A life that begins in the CRM crosses to the ERP. */
const crosses = ({ file, source }: Subject): readonly Problem[] => {
  if (file.process === undefined || file.identity.on_none.to_erp === 'create') return [];
  const message = 'records with a process are created in the ERP, and `on_none` says otherwise';
  return [problemAt(source, ['identity', 'on_none', 'to_erp'], 'process-never-crosses', message, 'Say `create`.')];
};

/** What the CRM proposes must flow: a cancellation that nothing carries would reach nobody. */
const carried = ({ file, source }: Subject): readonly Problem[] =>
  Object.keys(file.process?.cancelled ?? {}).flatMap((path) => {
    const told = Object.values(file.fields).some(
      ({ crm, flow }) => flowsTo(flow, 'erp') && (typeof crm === 'string' ? [crm] : crm).includes(path),
    );
    if (told) return [];
    const message = `people cancel by "${path}", and no field carries that to the ERP`;
    return [
      problemAt(
        source,
        ['process', 'cancelled', path],
        'process-untold',
        message,
        'Map it with `crm -> erp` or `<->`.',
      ),
    ];
  });

/** Rules about the life of a document. */
export const PROCESS_RULES: readonly LintRule[] = [
  (subject) =>
    (subject.file.process?.gate ?? []).flatMap((check, i) => checkAt(subject, ['process', 'gate', i], check)),
  approvalAt,
  targetsAt,
  crosses,
  carried,
  (subject) =>
    (subject.file.totals ?? []).flatMap(({ field, lines, of }, i) => [
      ...fieldAt(subject, ['totals', i, 'field'], field),
      ...linesAt(subject, ['totals', i, 'lines'], lines),
      ...lineFieldAt(subject, ['totals', i, 'of'], lines, of),
    ]),
];
