/** What `process:` and `totals:` may refer to. */
import { flowsTo, type LintRule, problemAt, type Subject } from './lint-kit.ts';
import { type Problem, suggestion } from './problem.ts';
import { spanMs } from './schema-process.ts';

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

const checkAt = (subject: Subject, place: Place, check: Check): readonly Problem[] => {
  if ('complete' in check) return check.complete.flatMap((name, i) => anyAt(subject, [...place, 'complete', i], name));
  if ('within' in check)
    return [
      ...fieldAt(subject, [...place, 'within'], check.within),
      ...limitAt(subject, [...place, 'limit'], check.limit),
    ];
  if ('deviation' in check) return deviationAt(subject, place, check);
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
        return 'above' in each ? fieldAt(subject, [...place, 'above'], each.above) : deviationAt(subject, place, each);
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
