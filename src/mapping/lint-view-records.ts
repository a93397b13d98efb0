/** A view against what lies beside the connector: is there such a record type, and has it these columns? */
import { problemAt } from './lint-kit.ts';
import { fieldAt, plain } from './lint-records.ts';
import { type Problem, suggestion } from './problem.ts';
import { BELONGINGS } from './view.ts';
import type { ViewSubject } from './view-subject.ts';

/** Every column that a view names itself, and where. */
const named = ({ file }: ViewSubject): readonly { readonly text: string; readonly place: readonly string[] }[] => [
  ...Object.entries(file.fields).flatMap(([name, field]) =>
    field === 'mapped' ? [] : [{ text: field.at, place: ['fields', name, 'at'] }],
  ),
  ...BELONGINGS.flatMap((what) => {
    const given = file.rows?.[what];
    if (typeof given === 'string') return [{ text: given, place: ['rows', what] }];
    return given === undefined || 'field' in given ? [] : [{ text: given.at, place: ['rows', what, 'at'] }];
  }),
];

/** Everything about the record type. A record that no file describes may hold anything. */
export const recordProblems = (subject: ViewSubject): readonly Problem[] => {
  const { file, source, recordOf } = subject;
  const { connection, record } = file.reads;
  const { names, described, problem } = recordOf?.(connection, record) ?? {};
  if (names !== undefined && !names.includes(record)) {
    const message = `the connector of ${connection} has no record "${record}"`;
    return [problemAt(source, ['reads', 'record'], 'unknown-record', message, suggestion(record, names))];
  }
  if (described === undefined) return problem === undefined ? [] : [problem];
  const known = described.fields.map(({ path }) => plain(path));
  return named(subject).flatMap(({ text, place }) =>
    fieldAt(described, text) === undefined
      ? [problemAt(source, place, 'unknown-path', `${record} has no "${text}"`, suggestion(plain(text), known))]
      : [],
  );
};
