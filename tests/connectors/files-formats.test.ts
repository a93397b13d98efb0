import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Column } from '../../connectors/files/column.ts';
import { csvCell, readCsv } from '../../connectors/files/csv.ts';
import { decodeText, ENCODINGS, encodeText, isWritable, unwritable } from '../../connectors/files/encoding.ts';
import { readCell, writeCell } from '../../connectors/files/values.ts';
import type { Json } from '../../src/domain/json.ts';
import { aSource, readOn, recordsIn, sourceType } from './files-kit.ts';

const MOST = { rows: 10_000, rowLength: 100_000 };
const column = (over: Record<string, unknown>): Column => Column.parse(over);
const shownValue = (cell: Json, over: Record<string, unknown>): string => {
  const read = readCell(cell, column(over));
  return 'value' in read ? String(read.value) : `${read.code}: ${read.reason}`;
};

/** Bodies of what a file of one format says. */
const bodiesOf = async (type: Json, name: string, content: string | Buffer) => {
  const { connector, drop } = aSource(type);
  drop(name, content);
  return recordsIn((await readOn(connector, '')).changes).map(({ body }) => body);
};

test('cells come back as they were written, whatever stands in them', () => {
  const cell = fc.oneof(
    fc.constant(null),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('"', ';', '\r\n', '\n', ' x ', '""', ''),
  );
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { maxLength: 8 });
  fc.assert(
    fc.property(table, fc.constantFrom(',', ';', '\t', '|'), (rows, delimiter) => {
      const shape = { delimiter, quote: '"' };
      const text = rows.map((cells) => `${cells.map((each) => csvCell(each, shape)).join(delimiter)}\r\n`).join('');
      expect(readCsv(text, shape, MOST).rows.map(({ cells }) => cells)).toEqual(rows);
    }),
    { numRuns: 2_000 },
  );
});

test.each(ENCODINGS.filter(isWritable))('texts in %s come back as they were written', (encoding) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      if (unwritable(text, encoding) !== undefined || text.includes('\0') || text.startsWith('\ufeff')) return;
      const bytes = encodeText(text, encoding, false);
      // Pure luck, as in "Ã¼" alone: it is refused rather than read wrongly.
      let read: string;
      try {
        read = decodeText(bytes, encoding);
      } catch {
        return;
      }
      expect(read).toBe(text);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  ['1.234.567,50', '1234567.50'],
  ['-0,10', '-0.10'],
  ['+5', '5'],
  ['0012', '12'],
  ['12345678901234567,89', '12345678901234567.89'],
  ['1.2345', 'BAD_VALUE: is not grouped in threes by "."'],
  ['1,234.50', 'BAD_VALUE: is not grouped in threes by "."'],
  ['12 EUR', 'BAD_VALUE: is not a number'],
  ['', 'null'],
])('the number %j with a decimal comma is %s', (cell, value) => {
  expect(shownValue(cell, { type: 'decimal', decimal: ',', group: '.' })).toBe(value);
});

test.each([
  ['29.02.2024', 'dd.MM.yyyy', '2024-02-29'],
  ['29.02.2023', 'dd.MM.yyyy', 'BAD_VALUE: is no day of the calendar'],
  ['1/2/24', 'M/d/yy', '2024-01-02'],
  ['20240331', 'yyyyMMdd', '2024-03-31'],
  ['31.13.2024', 'dd.MM.yyyy', 'BAD_VALUE: is no day of the calendar'],
  ['tomorrow', 'dd.MM.yyyy', 'BAD_VALUE: is not a date written as dd.MM.yyyy'],
])('the date %j written as %s is %s', (cell, format, value) => {
  expect(shownValue(cell, { type: 'date', format })).toBe(value);
});

test('numbers and dates come back through a cell as they were', () => {
  const decimals = fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 9 }))
    .map(([whole, digit]) => `${whole}.${digit}5`);
  fc.assert(
    fc.property(decimals, fc.constantFrom('.', ','), fc.constantFrom('', '’'), (digits, decimal, group) => {
      const as = column({ type: 'decimal', decimal, group });
      const read = readCell(digits, column({ type: 'decimal' }));
      const written = 'value' in read ? writeCell(read.value, as) : read;
      expect('cell' in written ? readCell(written.cell, as) : written).toEqual(read);
    }),
  );
  const date = column({ type: 'date', format: 'd.M.yyyy' });
  fc.assert(
    fc.property(fc.date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (at) => {
      const iso = at.toISOString().slice(0, 10);
      const written = writeCell(iso, date);
      expect('cell' in written ? readCell(written.cell, date) : written).toEqual({ value: iso });
    }),
  );
});

test('nothing and an empty text stay apart, and blanks alone are nothing', () => {
  expect(['', '  ', null].map((cell) => readCell(cell, column({})))).toEqual([
    { value: '' },
    { value: null },
    { value: null },
  ]);
  expect(readCsv('a,,""\n', { delimiter: ',', quote: '"' }, MOST).rows[0]?.cells).toEqual(['a', null, '']);
});

test('a marked UTF-16 file with tabs is read, as spreadsheets export it', async () => {
  const type = sourceType({ format: { kind: 'csv', delimiter: '\t', encoding: 'utf-16le' } });
  const text = Buffer.from('\ufeffNo\tName\tLimit\r\n1\tŁódź\t5\r\n', 'utf16le');
  expect(await bodiesOf(type, 'all.csv', text)).toEqual([{ number: '1', name: 'Łódź', limit: 5 }]);
});

const WORKBOOK = {
  columns: {
    number: { from: 'No' },
    name: { from: 'Name' },
    limit: { from: 'Limit', type: 'decimal' },
    since: { from: 'Since', type: 'date' },
    blocked: { from: 'Blocked', type: 'flag' },
  },
};
const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'files-fixtures', name));

test('a workbook is read with its own digits and days; a formula counts by its saved value; broken cells are named', async () => {
  const { connector, drop, rows } = aSource(sourceType({ ...WORKBOOK, format: { kind: 'xlsx', sheet: 'Partners' } }));
  drop('all.xlsx', fixture('partners-xlsxwriter.xlsx'));
  const { changes, next } = await readOn(connector, '');
  const [first, second] = recordsIn(changes).map(({ body }) => body);
  expect(first).toEqual({
    number: '0012',
    name: 'Müller & Söhne',
    limit: 1234567.5,
    since: '2024-02-29',
    blocked: true,
  });
  expect({ ...second, limit: String(second?.['limit']) }).toEqual({
    number: '13',
    name: 'Sum Ltd',
    limit: '0.30000000000000004',
    since: '1900-01-01',
    blocked: false,
  });
  await readOn(connector, next);
  expect(rows('all.xlsx')).toEqual([
    '2,0012,taken,,,,',
    '3,13,taken,,,,',
    '4,14,refused,Limit,validation,BAD_VALUE,has the error #DIV/0! (cell C4)',
    '6,15,refused,Limit,validation,BAD_VALUE,is not a number',
  ]);
});

test.each(['UTC', 'America/New_York', 'Asia/Tokyo'])(
  'days of a workbook that counts from 1904 are the same in %s',
  async (zone) => {
    const before = process.env['TZ'];
    process.env['TZ'] = zone;
    try {
      const type = sourceType({ ...WORKBOOK, format: { kind: 'xlsx' } });
      expect(await bodiesOf(type, 'all.xlsx', fixture('partners-openpyxl-1904.xlsx'))).toMatchObject([
        { number: '7', limit: 12.25, since: '2024-10-27', blocked: null },
      ]);
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  },
);

test('lines of JSON are read with every digit, and a line that is none harms no other', async () => {
  const { connector, drop, rows } = aSource(
    sourceType({
      format: { kind: 'json_lines' },
      columns: { number: { from: 'no' }, limit: { from: 'money.limit', type: 'decimal' }, more: { type: 'any' } },
    }),
  );
  drop(
    'all.jsonl',
    '{"no":"1","money":{"limit":12345678901234567.50},"more":{"a":[1]}}\n{"no":\n[]\n{"no":"2","more":null}\n',
  );
  const { changes, next } = await readOn(connector, '');
  const [first] = recordsIn(changes);
  expect(String(first?.body['limit'])).toBe('12345678901234567.50');
  expect(first?.body['more']).toEqual({ a: [1] });
  await readOn(connector, next);
  expect(
    rows('all.jsonl').map((row) =>
      row
        .split(',')
        .filter((cell) => cell !== '')
        .join(' '),
    ),
  ).toEqual([
    '1 1 taken',
    '2 refused validation UNDECODABLE is not JSON',
    '3 refused validation UNDECODABLE is no JSON object',
    '4 2 taken',
  ]);
});

test('XML is read by element and attribute, with prefixes, entities and CDATA', async () => {
  const type = sourceType({
    format: { kind: 'xml', row: 'export/partners/partner' },
    columns: {
      number: { from: '@no' },
      name: { from: 'name' },
      city: { from: 'address/city' },
      limit: { from: 'limit', type: 'decimal' },
    },
  });
  const text = `<?xml version="1.0"?><x:export xmlns:x="urn:x"><!-- two --><x:partners>
    <x:partner no="1"><name>M&#252;ller &amp; S&#xf6;hne</name><address><city><![CDATA[<Ulm>]]></city></address><limit>1.50</limit></x:partner>
    <x:partner no="2"><name/></x:partner></x:partners></x:export>`;
  const [first, second] = await bodiesOf(type, 'all.xml', text);
  expect({ ...first, limit: String(first?.['limit']) }).toEqual({
    number: '1',
    name: 'Müller & Söhne',
    city: '<Ulm>',
    limit: '1.50',
  });
  expect(second).toEqual({ number: '2', name: '', city: null, limit: null });
});

test('lines of fixed width are read by place', async () => {
  const type = sourceType({
    format: { kind: 'fixed', encoding: 'windows-1252', skip: 1 },
    columns: {
      number: { at: 1, width: 4 },
      name: { at: 5, width: 10 },
      limit: { at: 15, width: 8, type: 'decimal', decimal: ',' },
    },
  });
  expect(
    await bodiesOf(type, 'all.txt', Buffer.from('HEADER\n0001Müller     12,50\n0002Æon            \n', 'latin1')),
  ).toEqual([
    { number: '0001', name: 'Müller', limit: expect.objectContaining({ text: '12.50' }) },
    { number: '0002', name: 'Æon', limit: null },
  ]);
});
