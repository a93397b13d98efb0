import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { csvOf } from '../../src/cli/feed-csv.ts';
import { openFeed } from '../../src/cli/feed-folder.ts';
import { parquetOf } from '../../src/cli/feed-parquet.ts';
import { type FeedRow, rowOf } from '../../src/cli/feed-rows.ts';

const row = (more: Partial<FeedRow> = {}): FeedRow => ({
  ...rowOf({
    ...{ number: 7, at: '2026-03-01T10:00:00.000Z', mapping: 'customer', entity: 'customer', operation: 'changed' },
    ...{ link: 'l1', crm: 'A-1', erp: null, fields: ['name'], values: { name: 'Müller, "M"\r\n& Co', limit: '0.10' } },
  }),
  ...more,
});

test('CSV quotes what must be quoted, and nothing is an empty cell', () => {
  expect(csvOf([row()], { raw: false })).toBe(
    [
      'number,at,mapping,entity,operation,link,crm_id,erp_id,fields,values',
      '7,2026-03-01T10:00:00.000Z,customer,customer,changed,l1,A-1,,"[""name""]","{""name"":""Müller, \\""M\\""\\r\\n& Co"",""limit"":""0.10""}"',
      '',
    ].join('\r\n'),
  );
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('a spreadsheet does not work out %j', (id) => {
  const cell = (raw: boolean) =>
    csvOf([row({ crm_id: id })], { raw })
      .split('l1,')[1]
      ?.replace(/^"/, '')[0];
  expect(cell(false)).toBe("'");
  expect(cell(true)).toBe(id[0]);
});

test('Parquet reads back as it was told, with numbers and instants of their own type', async () => {
  const rows = [row({ number: Number.MAX_SAFE_INTEGER }), row({ at: null, crm_id: null, values: null })];
  const { buffer } = new Uint8Array(parquetOf(rows));
  const [first, second] = await parquetReadObjects({ file: buffer });
  const { at, number } = row();
  expect(first).toEqual({ ...rows[0], number: BigInt(Number.MAX_SAFE_INTEGER), at: new Date(at ?? '') });
  expect(second).toEqual({ ...rows[1], number: BigInt(number) });
});

const inFolder = (work: (folder: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), 'feed-'));
  try {
    work(join(folder, 'made'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};
const file = { ending: 'csv', bytes: Buffer.from('x') };

test('a folder knows how far it goes, also if a run ended between its file and its cursor, or the files were taken away', () =>
  inFolder((folder) => {
    expect(openFeed(folder, undefined).keep(1, 20, file)).toBe('changes-000000000001-000000000020.csv');
    expect(openFeed(folder, undefined).after).toBe(20);
    writeFileSync(join(folder, 'changes-000000000021-000000000030.parquet'), 'x');
    expect(openFeed(folder, undefined).after).toBe(30);
    for (const name of readdirSync(folder)) if (name.startsWith('changes-')) rmSync(join(folder, name));
    expect(openFeed(folder, undefined).after).toBe(20);
    expect(readdirSync(folder)).toEqual(['cursor.json']);
  }));

test('a cursor that cannot be read, and one of another feed, are refused and nothing is told twice', () =>
  inFolder((folder) => {
    openFeed(folder, 'customer').keep(1, 5);
    expect(() => openFeed(folder, undefined)).toThrow(/holds changes of customer, not of all/);
    writeFileSync(join(folder, 'cursor.json'), '{"after":');
    expect(() => openFeed(folder, 'customer')).toThrow(/restore it, or begin in an empty folder/);
  }));
