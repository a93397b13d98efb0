/** Files that are wrong: each has a class, a code and a sentence, is kept in the archive, and harms no other. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import { aSource, readOn, recordsIn, shown, sourceType } from './files-kit.ts';

const HEAD = 'No,Name,Limit\r\n';
const GOOD = `${HEAD}1,Acme,5\r\n`;
const CSV = sourceType();
const XLSX = sourceType({ format: { kind: 'xlsx' } });
const XML = sourceType({ format: { kind: 'xml', row: 'all/one' }, columns: { number: { from: 'no' }, name: {} } });

const workbook = (): Buffer => readFileSync(join(import.meta.dirname, 'files-fixtures', 'partners-openpyxl-1904.xlsx'));

/** One bit in the middle of its sheet is another one. */
const flipped = (bytes: Buffer): Buffer => {
  const at = bytes.indexOf('xl/worksheets/sheet1.xml') + 100;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
  return bytes;
};

/** A ZIP archive of one part, which may lie about its size. */
const zip = (name: string, content: Buffer, size = content.length): Buffer => {
  const packed = deflateRawSync(content);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50);
  local.writeUInt16LE(8, 8);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(crc32(content), 16);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(size, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
};

const WHOLE: readonly (readonly [what: string, type: Json, content: string | Buffer, sentence: string])[] = [
  ['an empty file', CSV, '', 'the file is empty'],
  ['a file that is cut off in a row', CSV, `${GOOD}2,Bo`, 'row 3: the file ends in the middle of it: 2 cells of 3'],
  [
    'a file that is cut off at the end of a cell, where line ends are required',
    sourceType({ format: { kind: 'csv', ends_with_newline: true } }),
    `${GOOD}2,Bolt,1`,
    'the file ends without a line end, so it may be half a file',
  ],
  [
    'a quote that is never closed',
    CSV,
    `${GOOD}2,"Bolt,6\r\n3,Cog,7\r\n`,
    'row 3: a quote is opened and never closed, so nothing behind it can be told apart',
  ],
  ['a missing column', CSV, 'No,Limit\r\n1,5\r\n', 'the header has no column "Name"; it has "No", "Limit"'],
  ['a missing header', CSV, '1,Acme,5\r\n', 'the header has no column "No", "Name", "Limit"; it has "1", "Acme", "5"'],
  ['a column twice', CSV, 'No,Name,Limit,Name\r\n1,A,5,B\r\n', 'the header has two columns "Name"'],
  [
    'windows-1252 where UTF-8 is due',
    CSV,
    Buffer.from(`${GOOD}2,M\u00fcller,5\r\n`, 'latin1'),
    'row 3 has bytes that are no utf-8; correct the file or its encoding',
  ],
  [
    'UTF-8 where windows-1252 is due',
    sourceType({ format: { kind: 'csv', encoding: 'windows-1252' } }),
    `${GOOD}2,Müller,5\r\n`,
    'the file is in utf-8, but windows-1252 is configured',
  ],
  [
    'UTF-16 where UTF-8 is due',
    CSV,
    Buffer.from(`\ufeff${GOOD}`, 'utf16le'),
    'the file begins with the mark of utf-16le, but utf-8 is configured',
  ],
  [
    'UTF-16 without a mark',
    CSV,
    Buffer.from(GOOD, 'utf16le'),
    'the file has zero bytes, as UTF-16 or a binary file has them, but utf-8 is configured',
  ],
  [
    'half a workbook',
    XLSX,
    workbook().subarray(0, 3000),
    'the workbook is cut off, or is none: its directory is missing',
  ],
  ['a workbook with a flipped bit', XLSX, flipped(workbook()), 'broken'],
  [
    'a text file named like a workbook',
    XLSX,
    GOOD.repeat(5),
    'the workbook is cut off, or is none: its directory is missing',
  ],
  [
    'a zip that is no workbook',
    XLSX,
    zip('hello.txt', Buffer.from('hello')),
    'the file is no workbook: it has no xl/workbook.xml',
  ],
  [
    'a zip bomb',
    XLSX,
    zip('xl/workbook.xml', Buffer.alloc(300_000_000)),
    'the part xl/workbook.xml unpacks to 300000000 bytes, more than is allowed',
  ],
  [
    'a zip bomb that packs well and stays below the limit',
    XLSX,
    zip('xl/workbook.xml', Buffer.alloc(100_000_000)),
    'the part xl/workbook.xml unpacks to 100000000 bytes, more than is allowed',
  ],
  [
    'a zip bomb that lies about its size',
    XLSX,
    zip('xl/workbook.xml', Buffer.alloc(100_000_000), 1000),
    'the part xl/workbook.xml of the workbook is broken, or larger than it says',
  ],
  [
    'XML that is cut off',
    XML,
    '<all><one><no>1</no></one><one><no>2',
    'line 1 ends while "no" is open; the file is cut off',
  ],
  [
    'XML with a document type',
    XML,
    '<!DOCTYPE all [<!ENTITY x SYSTEM "file:///etc/passwd">]><all><one><no>&x;</no></one></all>',
    'line 1 has a document type; deliver the file without one',
  ],
  [
    'XML with an entity of its own',
    XML,
    '<all><one><no>&x;</no></one></all>',
    'line 1 has "&x", which stands for no character here',
  ],
  ['XML that is 100,000 deep', XML, '<a>'.repeat(100_000), 'line 1 is more than 40 elements deep'],
  ['tags that cross', XML, '<all><one></all></one>', 'line 1 closes "all" where "one" is open'],
  [
    'the last of the lines of JSON cut off',
    sourceType({ format: { kind: 'json_lines' }, columns: { number: {} } }),
    '{"number":"1"}\n{"numb',
    'row 2: the file ends in the middle of it: the last line is no whole JSON object',
  ],
];

test.each(WHOLE)(
  '%s is refused as a whole, with its sentence; it is kept, and the next file is read',
  async (_what, type, content, sentence) => {
    const { connector, drop, rows, all } = aSource(type);
    drop('all-1', content);
    const first = await readOn(connector, '');
    expect(first.changes).toMatchObject([
      { op: 'undecodable', id: 'file all-1', problem: expect.stringContaining(sentence) },
    ]);
    const second = await readOn(connector, first.next);
    expect(second.changes).toEqual([]);
    expect(rows('all-1')).toHaveLength(1);
    expect(rows('all-1')[0]).toMatch(/^\d*,,file refused,,(validation|too-large),(UNDECODABLE|REPLY_TOO_LARGE),/);
    expect(all().some((path) => /^archive\/Partner\.0000000001\.refused\.[0-9a-f]{12}\/all-1$/.test(path))).toBe(true);
    // Whatever came in it is not known, so nobody is said to be missing.
    expect(await connector.read('Partner', { ids: ['1'] }, aCall())).toMatchObject([
      { error: { class: 'unsupported' } },
    ]);
  },
);

test('a refused full file takes nothing away from what an earlier one said', async () => {
  const { connector, drop } = aSource();
  drop('all-1.csv', GOOD);
  const first = await readOn(connector, '');
  drop('all-2.csv', `${HEAD}2,"Bolt,6\r\n`);
  const second = await readOn(connector, first.next);
  expect(shown(second.changes)).toEqual(['undecodable file all-2.csv']);
  expect(await connector.read('Partner', { ids: ['1'] }, aCall())).toMatchObject([{ found: [{ id: '1' }] }]);
});

test('a file beyond the limits is refused with the limit named, before it is read', async () => {
  const { connector, drop } = aSource(CSV, { limits: { file_bytes: 100, rows: 5 } });
  drop('all-1.csv', HEAD + '1,Acme,5\r\n'.repeat(50));
  drop('all-2.csv', `${HEAD}${'1,A,\n'.repeat(8)}`);
  const { changes } = await readOn(connector, '');
  expect(changes).toMatchObject([
    { problem: expect.stringContaining('has more than 100 bytes; raise limits.file_bytes or deliver it in parts') },
    { problem: expect.stringContaining('the file has more than 5 rows; raise limits.rows or deliver it in parts') },
  ]);
});

test('a deliberately broken table has a report row by row, and the good rows go on', async () => {
  const { connector, drop, rows } = aSource();
  drop(
    'all.csv',
    [
      'No,Name,Limit',
      '1,Good,5',
      '2,Ragged',
      '3,Too,many,cells',
      ',No id,5',
      '4,A name that is far too long,x',
      '5,Twice,1',
      '5,Twice again,2',
      '6,"Quoted" tail,1',
      '7,Bell\u0007,1',
      '8,=1+1,1',
      '9,Good too,',
      '',
    ].join('\r\n'),
  );
  const { changes, next } = await readOn(connector, '');
  expect(recordsIn(changes).map(({ id }) => id)).toEqual(['1', '8', '9']);
  await readOn(connector, next);
  expect(rows('all.csv')).toEqual([
    '2,1,taken,,,,',
    '3,,refused,,validation,UNDECODABLE,has 2 cells where the first row has 3',
    '4,,refused,,validation,UNDECODABLE,has 4 cells where the first row has 3',
    '5,,refused,No,validation,NO_IDENTITY,is empty',
    '6,4,refused,Name,validation,TOO_LONG,"has 27 characters, at most 20 are allowed"',
    '6,4,refused,Limit,validation,BAD_VALUE,is not a number',
    '7,5,refused,,duplicate,UNDECODABLE,"rows 7, 8 have the same id"',
    '8,5,refused,,duplicate,UNDECODABLE,"rows 7, 8 have the same id"',
    '9,,refused,,validation,UNDECODABLE,cell 2 has text behind its closing quote',
    '10,7,refused,Name,validation,INVALID_TEXT,has the character U+0007',
    '11,8,taken,,,,',
    '12,9,taken,,,,',
  ]);
  // Rows without an id may be anybody's: nobody counts as missing.
  expect(await connector.read('Partner', { ids: ['77', '4'] }, aCall())).toMatchObject([
    { error: { class: 'unsupported' } },
    {
      error: {
        class: 'validation',
        message:
          'row 6, column "Name": has 27 characters, at most 20 are allowed; row 6, column "Limit": is not a number',
      },
    },
  ]);
});

test('with `repeated: last` the last row about an id counts', async () => {
  const { connector, drop } = aSource(
    sourceType({ in: { delta: ['some*'], ready: { by: 'rename' }, repeated: 'last' } }),
  );
  drop('some.csv', `${HEAD}1,First,1\r\n2,Other,\r\n1,Second,2\r\n`);
  expect(recordsIn((await readOn(connector, '')).changes).map(({ body }) => body['name'])).toEqual(['Other', 'Second']);
});

test('an id that would run in a spreadsheet does nothing in the result file', async () => {
  const { connector, drop, rows } = aSource();
  drop('all.csv', `${HEAD}=cmd|' /C calc'!A0,Acme,5\r\n`);
  const { next } = await readOn(connector, '');
  await readOn(connector, next);
  expect(rows('all.csv')[0]).toMatch(/^2,'=cmd/);
});
