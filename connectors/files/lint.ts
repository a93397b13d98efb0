/** What a schema cannot say about a preset: names that must be fields, and parts that only work together. */
import { parsePath } from '../../src/mapping/path.ts';
import { templateProblem } from '../engine/template.ts';
import { isZone } from '../rest/time.ts';
import type { Column } from './column.ts';
import { isWritable } from './encoding.ts';
import type { FilesPreset, Format, Outbound, RecordType } from './schema.ts';
import { isDateFormat } from './values.ts';

type Say = (problem: string) => void;

const checkColumn = (column: Column, format: Format, place: string, say: Say): void => {
  if (column.type === 'date' && !isDateFormat(column.format))
    say(`"${place}.format": "${column.format}" must have year, month and day once each, as in dd.MM.yyyy`);
  if (!isZone(column.zone)) say(`"${place}.zone": "${column.zone}" is not a time zone; write one as in Europe/Berlin`);
  if (column.group !== '' && column.group === column.decimal)
    say(`"${place}.group": is the decimal sign too; leave one out`);
  const placed = format.kind === 'fixed' || ((format.kind === 'csv' || format.kind === 'xlsx') && !format.header);
  if (placed && column.at === undefined)
    say(`"${place}.at": is missing; this format has no header, so say where the column stands`);
  if (format.kind === 'fixed' && column.width === undefined)
    say(`"${place}.width": is missing; say how many characters it has`);
  if (column.type === 'any' && format.kind !== 'json_lines')
    say(`"${place}.type": only JSON lines have values of any kind; say which one it is`);
};

const checkFields = (type: RecordType, place: string, say: Say): void => {
  const fields = Object.keys(type.columns);
  const known = (field: string | undefined, at: string): void => {
    if (field !== undefined && !fields.includes(field))
      say(`"${place}.${at}": "${field}" is not among its columns; use one of ${fields.join(', ')}`);
  };
  for (const field of fields) {
    const path = parsePath(field);
    if (path === undefined || path.some(({ where }) => where !== undefined))
      say(`"${place}.columns.${field}": is not a field name; write one as in name or billing.city`);
  }
  known(type.id, 'id');
  known(type.version, 'version');
  known(type.modified_at, 'modified_at');
  known(type.deleted?.column, 'deleted.column');
  if (type.modified_at !== undefined && type.columns[type.modified_at]?.type === 'text')
    say(`"${place}.modified_at": "${type.modified_at}" must be of type instant`);
};

const checkRecord = (type: RecordType, place: string, say: Say): void => {
  checkFields(type, place, say);
  for (const [field, column] of Object.entries(type.columns))
    checkColumn(column, type.format, `${place}.columns.${field}`, say);
  if (type.in !== undefined && type.out !== undefined)
    say(
      `"${place}": says both \`in\` and \`out\`; make two record types of it, since an export may be older than what we wrote`,
    );
  if (type.out !== undefined) checkOut(type, type.out, `${place}.out`, say);
  if (type.in === undefined && type.out === undefined)
    say(`"${place}": says neither \`in\` nor \`out\`, so it is neither read nor written`);
  if (type.in !== undefined && type.in.full.length + type.in.delta.length === 0)
    say(`"${place}.in": names no files; give patterns under \`full\` or \`delta\``);
};

const checkOut = (type: RecordType, out: Outbound, place: string, say: Say): void => {
  const { format } = type;
  const fields = Object.keys(type.columns);
  const known = (field: string, at: string): void => {
    if (!fields.includes(field))
      say(`"${place}.${at}": "${field}" is not among its columns; use one of ${fields.join(', ')}`);
  };
  known(out.key, 'key');
  if (out.operation !== undefined) known(out.operation.column, 'operation.column');
  if (out.key === type.id)
    say(`"${place}.key": is the id too; a later change has another key, so give it a column of its own`);
  if (!out.name.includes('{no}'))
    say(`"${place}.name": must have {no}, or the second file would have the name of the first`);
  if (format.kind === 'xlsx')
    say(`"${place}": workbooks are read and not written; CSV with \`bom: true\` opens in spreadsheets`);
  if ('encoding' in format && !isWritable(format.encoding))
    say(`"${place}": ${format.encoding} is read and not written; use utf-8 or an encoding of one byte`);
  for (const name of ['key', 'status', 'id', 'code', 'message'] as const) {
    const column = out.acknowledged?.[name];
    if (column !== undefined && out.acknowledged !== undefined)
      checkColumn(column, out.acknowledged.format, `${place}.acknowledged.${name}`, say);
  }
};

/** Everything wrong with a preset that its schema accepts, each with its place and what to do. */
export const presetProblems = (preset: FilesPreset): readonly string[] => {
  const problems: string[] = [];
  const say: Say = (problem) => problems.push(problem);
  const settings = Object.keys(preset.settings).map((name) => `settings.${name}`);
  for (const [name, text] of Object.entries(preset.sign_in ?? {})) {
    const problem = templateProblem(text ?? '', settings);
    if (problem !== undefined) say(`"sign_in.${name}": ${problem}`);
  }
  for (const [name, type] of Object.entries(preset.records)) checkRecord(type, `records.${name}`, say);
  return problems;
};
