/** A connector.yaml for a system that writes files, from one of them. */
import { SyncError } from '../../src/domain/errors.ts';
import { parseJson } from '../../src/domain/json.ts';
import { readCsv } from '../files/csv.ts';
import { decodeText, type Encoding } from '../files/encoding.ts';
import type { Draft } from './draft.ts';

/** What a person knows of the files. */
export interface FilesAnswers {
  readonly system: string;
  readonly record: string;
  /** Name of the sample, by which others are known. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The field that tells records apart, where the person says it. */
  readonly id?: string | undefined;
  /** Each file holds all records, so that whoever is missing in it is gone. */
  readonly whole: boolean;
  /** How the place is signed in to: a folder asks for nothing. */
  readonly sftp: boolean;
}

const MOST = { rows: 100_000, rowLength: 1_048_576 };
const DELIMITERS = [',', ';', '\t', '|'] as const;

const refuse = (why: string): SyncError => new SyncError('BAD_REQUEST', `--sample: ${why}`);

/** UTF-8 where it is, by its mark or its bytes; what is neither is most likely what spreadsheets on Windows write. */
const encodingOf = (bytes: Buffer): Encoding => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
};

/** The sign that cuts the first rows into the same number of cells, more than one. */
const delimiterOf = (text: string): string => {
  const widths = DELIMITERS.map((delimiter) => {
    const counts = readCsv(text, { delimiter, quote: '"' }, MOST)
      .rows.slice(0, 20)
      .map(({ cells }) => cells.length);
    return { delimiter, width: Math.min(...counts), even: new Set(counts).size === 1 };
  });
  const [best] = widths.toSorted(
    (a, b) => Number(b.even && b.width > 1) - Number(a.even && a.width > 1) || b.width - a.width,
  );
  if (best === undefined || best.width < 2)
    throw refuse('its rows have one cell; give CSV with a header, or JSON lines');
  return best.delimiter;
};

interface Shape {
  readonly format: Readonly<Record<string, string>>;
  readonly why: string;
  readonly names: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const csvShape = (bytes: Buffer): Shape => {
  const encoding = encodingOf(bytes);
  const text = decodeText(bytes, encoding);
  const delimiter = delimiterOf(text);
  const [header, ...rows] = readCsv(text, { delimiter, quote: '"' }, MOST).rows.map(({ cells }) =>
    cells.map((cell) => cell ?? ''),
  );
  if (header === undefined || rows.length === 0) throw refuse('it has no row below its header');
  if (new Set(header).size < header.length || header.includes(''))
    throw refuse('its first row is no header: a name is empty or there twice');
  return {
    format: {
      kind: 'csv',
      ...(delimiter === ',' ? {} : { delimiter }),
      ...(encoding === 'utf-8' ? {} : { encoding }),
    },
    why: `${delimiter === '\t' ? 'a tab' : `"${delimiter}"`} between cells, ${encoding}${encoding === 'windows-1252' ? ' because it is not UTF-8' : ''}`,
    names: header,
    rows,
  };
};

const jsonShape = (bytes: Buffer): Shape => {
  const lines = decodeText(bytes, 'utf-8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const rows = lines.map((line, i) => {
    try {
      return parseJson(line) as Readonly<Record<string, unknown>>;
    } catch {
      throw refuse(`line ${i + 1} is not JSON`);
    }
  });
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return {
    format: { kind: 'json_lines' },
    why: 'one JSON object a line',
    names,
    rows: rows.map((row) => names.map((name) => String(row[name] ?? ''))),
  };
};

const shapeOf = ({ name, bytes }: FilesAnswers): Shape => {
  if (/\.(csv|txt|tsv)$/i.test(name)) return csvShape(bytes);
  if (/\.(jsonl|ndjson)$/i.test(name)) return jsonShape(bytes);
  throw refuse(
    `${name} is neither .csv, .txt or .tsv nor .jsonl; workbooks, XML and fixed width are written by hand, see docs/files.md`,
  );
};

/** `Customer No.` is `customer_no`: a name that a path can have. */
const fieldOf = (header: string, at: number): string =>
  header
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '') || `column_${at + 1}`;

/** `partners_2026-11-01.csv` is one of `partners_*.csv`. */
const patternOf = (name: string): string => {
  const [, stem = name, ending = ''] = /^(.*?)(\.[A-Za-z]+)?$/.exec(name) ?? [];
  return `${stem.replace(/\d[\d._-]*/g, '*')}${ending}`;
};

const SIGNS = /(^|_)(id|no|nr|number|code|key|uuid|partner|account|customer|kunde|nummer)$/;

const idAmong = (
  { names, rows }: Shape,
  fields: readonly string[],
  given: string | undefined,
): { readonly field: string; readonly why: string } => {
  const good = (at: number): boolean => {
    const values = rows.map((row) => row[at] ?? '');
    return !values.includes('') && new Set(values).size === values.length;
  };
  if (given !== undefined) {
    const at = fields.indexOf(given) === -1 ? names.indexOf(given) : fields.indexOf(given);
    if (at === -1)
      throw new SyncError('BAD_REQUEST', `--id: there is no column "${given}"; use one of ${fields.join(', ')}`);
    if (!good(at))
      throw new SyncError('BAD_REQUEST', `--id: "${given}" is empty or there twice in some row; say another one`);
    return { field: fields[at] ?? given, why: 'as you say' };
  }
  const candidates = fields.filter((_, at) => good(at));
  const field = candidates.find((each) => SIGNS.test(each));
  if (field === undefined)
    throw new SyncError(
      'BAD_REQUEST',
      'no column is named like an id, filled in every row and never twice; say it with --id',
    );
  return { field, why: `its name; filled in each of ${rows.length} rows, never twice` };
};

const SIGN_IN = {
  settings: {
    user: { describe: 'User at the SFTP server' },
    private_key: { describe: 'Private key of that user', secret: true },
    host_key: { describe: 'Fingerprint of the server’s key, SHA256:…, as ssh-keygen -lf shows it' },
  },
  sign_in: { user: '{settings.user}', private_key: '{settings.private_key}', host_key: '{settings.host_key}' },
};

/** The settings that the place asks for. */
export const filesSettings = (sftp: boolean): readonly string[] => (sftp ? Object.keys(SIGN_IN.settings) : []);

/** Makes the file. Every column is text: a mapping’s codecs say what it means. */
export const draftFiles = (answers: FilesAnswers): Draft => {
  const shape = shapeOf(answers);
  const fields = shape.names.map((name, at) => (shape.format['kind'] === 'json_lines' ? name : fieldOf(name, at)));
  if (new Set(fields).size < fields.length)
    throw refuse('two of its columns have the same name in small letters; rename one');
  const id = idAmong(shape, fields, answers.id);
  const pattern = patternOf(answers.name);
  const type = shape.format['kind'] === 'json_lines' ? { type: 'any' } : {};
  const columns = Object.fromEntries(
    fields.map((field, at) => [
      field,
      { ...(field === shape.names[at] ? {} : { from: shape.names[at] ?? field }), ...type },
    ]),
  );
  return {
    preset: {
      engine: 'files',
      system: answers.system,
      ...(answers.sftp ? SIGN_IN : {}),
      records: {
        [answers.record]: {
          format: shape.format,
          columns,
          id: id.field,
          in: {
            folder: 'in',
            [answers.whole ? 'full' : 'delta']: [pattern],
            ready: { by: 'stable', for_ms: 2000 },
            order: 'name',
          },
        },
      },
    },
    record: answers.record,
    fields: fields.map((path) => ({
      path,
      type: shape.format['kind'] === 'json_lines' ? 'unknown' : 'text',
      readOnly: true,
    })),
    understood: [
      { what: 'format', path: shape.format['kind'], why: shape.why },
      { what: 'rows', path: `${shape.rows.length}`, why: `${fields.length} columns, named by the first row` },
      { what: 'id', path: id.field, why: id.why },
      {
        what: 'files',
        path: `in/${pattern}`,
        why: answers.whole ? 'each holds all records, as you say' : 'each holds what changed',
      },
    ],
    missing: [
      ...(answers.whole
        ? []
        : [
            'files are taken to hold what changed: nobody is ever said to be missing. Say --whole if each holds all records.',
          ]),
      'a file counts as whole after standing still for 2 s: let the system write a companion or rename, and see `ready` in docs/files.md.',
      'all columns are text: numbers, dates and flags are read by the codecs of a mapping, or by `type` in docs/files.md.',
      'nothing is written: a record type with `out` hands files over, see docs/files.md.',
    ],
  };
};
