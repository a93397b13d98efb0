/** Changes as Parquet, with the columns of the CSV in types of their own. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { FeedRow } from './feed-rows.ts';

/** The file's bytes. */
export const parquetOf = (rows: readonly FeedRow[]): Uint8Array => {
  const text = (name: Exclude<keyof FeedRow, 'number' | 'at'>, nullable = false) => ({
    name,
    data: rows.map((row) => row[name]),
    type: 'STRING' as const,
    nullable,
  });
  return new Uint8Array(
    parquetWriteBuffer({
      createdBy: 'tallystick',
      columnData: [
        { name: 'number', data: rows.map(({ number }) => BigInt(number)), type: 'INT64', nullable: false },
        { name: 'at', data: rows.map(({ at }) => (at === null ? null : new Date(at))), type: 'TIMESTAMP' },
        text('mapping'),
        text('entity'),
        text('operation'),
        text('link'),
        text('crm_id', true),
        text('erp_id', true),
        text('fields'),
        text('values', true),
      ],
    }),
  );
};
