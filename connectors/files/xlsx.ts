/** Workbooks: cells as text with the digits that stand in the file, dates as calendar dates, formulas by their saved value. */
import { breathing } from './breath.ts';
import { unusable } from './problem.ts';
import type { Limits, XlsxFormat } from './schema.ts';
import type { Cell, Table } from './table.ts';
import { readXml } from './xml.ts';
import { openZip } from './zip.ts';

const DEPTH = 40;
// Empty places in front of a cell take memory too: one cell in the last column of each row would be 16,384 times the file.
const MOST_SLOTS = 20_000_000;

const relations = (xml: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const event of readXml(xml, DEPTH))
    if ('open' in event && event.open === 'Relationship')
      found.set(event.attributes.get('Id') ?? '', event.attributes.get('Target') ?? '');
  return found;
};

interface Book {
  readonly sheets: readonly { readonly name: string; readonly relation: string }[];
  /** Days count from 1904 instead of 1900. */
  readonly late: boolean;
}

const bookOf = (xml: string): Book => {
  const sheets: { name: string; relation: string }[] = [];
  let late = false;
  for (const event of readXml(xml, DEPTH)) {
    if (!('open' in event)) continue;
    if (event.open === 'sheet') {
      const relation = [...event.attributes].find(([name]) => name.endsWith(':id'))?.[1] ?? '';
      sheets.push({ name: event.attributes.get('name') ?? '', relation });
    }
    if (event.open === 'workbookPr') late = ['1', 'true'].includes(event.attributes.get('date1904') ?? '');
  }
  return { sheets, late };
};

/** The shared texts, with the parts of a rich text put together and the reading aids of Japanese left out. */
const textsOf = (xml: string | undefined): readonly string[] => {
  const texts: string[] = [];
  let [inText, inAid] = [false, false];
  for (const event of readXml(xml ?? '<none/>', DEPTH)) {
    if ('open' in event) {
      if (event.open === 'si') texts.push('');
      if (event.open === 't') inText = true;
      if (event.open === 'rPh') inAid = true;
    } else if ('close' in event) {
      if (event.close === 't') inText = false;
      if (event.close === 'rPh') inAid = false;
    } else if (inText && !inAid) texts[texts.length - 1] += event.text;
  }
  return texts;
};

const DATE_FORMATS = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 30, 36, 45, 46, 47, 50, 57]);
const isDateCode = (code: string): boolean =>
  /[ymdhs]/i.test(code.replace(/"[^"]*"|\\.|\[[^\]]*\]|_.|\*./g, '')) && !/general/i.test(code);

/** Which cell styles show a date. */
const dateStyles = (xml: string | undefined): ReadonlySet<number> => {
  const codes = new Map<number, string>();
  const dates = new Set<number>();
  let inStyles = false;
  let style = 0;
  for (const event of readXml(xml ?? '<none/>', DEPTH)) {
    if ('close' in event && event.close === 'cellXfs') inStyles = false;
    if (!('open' in event)) continue;
    if (event.open === 'numFmt')
      codes.set(Number(event.attributes.get('numFmtId')), event.attributes.get('formatCode') ?? '');
    if (event.open === 'cellXfs') inStyles = true;
    if (event.open !== 'xf' || !inStyles) continue;
    const format = Number(event.attributes.get('numFmtId') ?? 0);
    const code = codes.get(format);
    if (code === undefined ? DATE_FORMATS.has(format) : isDateCode(code)) dates.add(style);
    style += 1;
  }
  return dates;
};

const DAY = 86_400_000;

/** The calendar day (and time of day, where there is one) of a day number. No clock and no zone is asked. */
const dateOf = (text: string, late: boolean): string | undefined => {
  const serial = Number(text);
  if (!Number.isFinite(serial) || serial < 0 || serial > 2_958_466) return undefined;
  // 1900 had no 29 February, but day 60 stands for it.
  const days = late ? serial + 1462 : serial < 60 ? serial + 1 : serial;
  const ms = Math.round((days * DAY) / 1000) * 1000 + Date.UTC(1899, 11, 30);
  const iso = new Date(ms).toISOString();
  return iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso.slice(0, 19);
};

const columnOf = (reference: string): number => {
  let column = 0;
  for (const letter of /^[A-Z]{1,3}/.exec(reference)?.[0] ?? '') column = column * 26 + letter.charCodeAt(0) - 64;
  return column;
};

interface Drawn {
  readonly type: string;
  readonly style: number;
  readonly at: number;
  value: string;
  inline: string;
}

interface Readers {
  readonly texts: readonly string[];
  readonly dates: ReadonlySet<number>;
  readonly late: boolean;
}

/** A cell's text, or what is wrong with it. */
const cellOf = (
  { type, style, value, inline }: Drawn,
  { texts, dates, late }: Readers,
): Cell | { readonly problem: string } => {
  if (type === 's') return texts[Number(value)] ?? { problem: 'refers to a text that the workbook does not have' };
  if (type === 'inlineStr') return inline;
  if (type === 'e') return { problem: `has the error ${value.slice(0, 20)}` };
  if (type === 'b') return value === '1' ? 'true' : 'false';
  if (type === 'str' || type === 'd') return value;
  if (value === '') return null;
  return dates.has(style) ? (dateOf(value, late) ?? { problem: 'has a number that is no date' }) : value;
};

const letters = (column: number): string =>
  column <= 26
    ? String.fromCharCode(64 + column)
    : letters(Math.floor((column - 1) / 26)) + letters(((column - 1) % 26) + 1);

const tableOf = async (xml: string, readers: Readers, limits: Limits): Promise<Table> => {
  const rows: { cells: Cell[]; row: number; faults: Map<number, string> }[] = [];
  let cell: Drawn | undefined;
  let within = '';
  let row = 0;
  let slots = 0;
  const breathe = breathing(20_000);
  for (const event of readXml(xml, DEPTH)) {
    const pause = breathe();
    if (pause !== undefined) await pause;
    if ('open' in event) {
      within = event.open;
      if (event.open === 'row') {
        row = Number(event.attributes.get('r') ?? row + 1);
        if (rows.length >= limits.rows)
          throw unusable(`the sheet has more than ${limits.rows} rows; raise limits.rows or deliver it in parts`);
        rows.push({ cells: [], row, faults: new Map() });
      }
      if (event.open === 'c') {
        const at = columnOf(event.attributes.get('r') ?? '') || (rows.at(-1)?.cells.length ?? 0) + 1;
        if (at > 16_384) throw unusable('has a cell beyond the last column of a sheet', row);
        cell = {
          type: event.attributes.get('t') ?? 'n',
          style: Number(event.attributes.get('s') ?? 0),
          at,
          value: '',
          inline: '',
        };
      }
    } else if ('text' in event) {
      if (cell !== undefined && within === 'v') cell.value += event.text;
      if (cell !== undefined && within === 't') cell.inline += event.text;
    } else {
      within = '';
      const current = rows.at(-1);
      if (event.close !== 'c' || cell === undefined || current === undefined) continue;
      const read = cellOf(cell, readers);
      slots += Math.max(0, cell.at - current.cells.length);
      if (slots > MOST_SLOTS)
        throw unusable('the sheet is far wider than it is filled; deliver its columns side by side', row);
      while (current.cells.length < cell.at - 1) current.cells.push(null);
      const broken = read !== null && typeof read === 'object';
      current.cells[cell.at - 1] = broken ? null : read;
      if (broken) current.faults.set(cell.at - 1, `${read.problem} (cell ${letters(cell.at)}${row})`);
      cell = undefined;
    }
  }
  return {
    rows: rows.filter(({ cells, faults }) => faults.size > 0 || cells.some((each) => each !== null && each !== '')),
    ended: true,
  };
};

/** The rows of a workbook's sheet. */
export const readXlsx = async (bytes: Buffer, { sheet }: XlsxFormat, limits: Limits): Promise<Table> => {
  const part = openZip(bytes, limits.unpacked_bytes);
  const workbook = part('xl/workbook.xml');
  const links = part('xl/_rels/workbook.xml.rels');
  if (workbook === undefined || links === undefined)
    throw unusable('the file is no workbook: it has no xl/workbook.xml');
  const { sheets, late } = bookOf(workbook);
  const chosen = sheet === undefined ? sheets[0] : sheets.find(({ name }) => name === sheet);
  if (chosen === undefined)
    throw unusable(
      `the workbook has no sheet "${sheet ?? ''}"; it has ${sheets.map(({ name }) => `"${name}"`).join(', ') || 'none'}`,
    );
  const target = relations(links).get(chosen.relation) ?? '';
  const xml = part(target.startsWith('/') ? target.slice(1) : `xl/${target}`);
  if (xml === undefined) throw unusable(`the workbook’s sheet "${chosen.name}" is missing`);
  const readers = { texts: textsOf(part('xl/sharedStrings.xml')), dates: dateStyles(part('xl/styles.xml')), late };
  return tableOf(xml, readers, limits);
};
