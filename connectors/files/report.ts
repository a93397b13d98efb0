/** The result beside an archived file: what became of each row, for the people who made it. */
import { csvCell } from './csv.ts';
import type { Decoded } from './decoded.ts';
import type { Line } from './lines.ts';
import type { Problem } from './problem.ts';

const SHAPE = { delimiter: ',', quote: '"' };
const COLUMNS = ['row', 'id', 'outcome', 'column', 'class', 'code', 'reason'];

// A result is opened in a spreadsheet: nothing in it may run there.
const guarded = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

const written = (cells: readonly (string | undefined)[]): string =>
  cells.map((cell) => (cell === undefined || cell === '' ? '' : csvCell(guarded(cell), SHAPE))).join(',');

const rowOf = (row: number | undefined, id: string | undefined, outcome: string, problem?: Problem): string =>
  written([
    row === undefined ? '' : String(row),
    id,
    outcome,
    problem?.column,
    problem?.class,
    problem?.code,
    problem?.reason,
  ]);

const rowsOf = ({ row, id, deleted, problems }: Line): readonly string[] =>
  problems.length === 0
    ? [rowOf(row, id, deleted === true ? 'taken as deleted' : 'taken')]
    : problems.map((problem) => rowOf(row, id, 'refused', problem));

/** The text of a result file. */
export const resultOf = ({ kind, problem, lines }: Decoded): string => {
  const whole = kind === 'refused' ? [rowOf(problem?.row, undefined, 'file refused', problem)] : [];
  const again =
    kind === 'repeat'
      ? [
          rowOf(undefined, undefined, 'file repeated', {
            class: 'duplicate',
            code: 'UNDECODABLE',
            reason:
              'a file of this name with this content was processed before; nothing was done. Give it another name if it is meant to count again',
          }),
        ]
      : [];
  return [`\ufeff${COLUMNS.join(',')}`, ...whole, ...again, ...lines.flatMap(rowsOf), ''].join('\r\n');
};
