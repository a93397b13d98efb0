import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { z } from 'zod';
import type { Feed } from '../../server/replies-feed.ts';
import { csvOf } from '../feed-csv.ts';
import { openFeed } from '../feed-folder.ts';
import { type FeedRow, rowOf } from '../feed-rows.ts';
import type { Io } from '../io.ts';
import { common, sessionOf } from '../session.ts';
import { number } from '../text.ts';

interface Options {
  readonly format: 'csv' | 'parquet';
  readonly mapping?: string;
  readonly raw?: boolean;
}

// Asked for at once, and rows of one file at most: a file is made in memory.
const PAGE = 500;
const IN_A_FILE = 20_000;

/** What writes Parquet is loaded by those who want it: no other command waits for it. */
const bytesOf = async (rows: readonly FeedRow[], format: Options['format'], raw: boolean): Promise<Uint8Array> => {
  if (format === 'csv') return Buffer.from(csvOf(rows, { raw }));
  const { parquetOf } = await import('../feed-parquet.ts');
  return parquetOf(rows);
};

/** `tally feed`. */
export const feedCommand = (program: Command, io: Io): void => {
  common(program.command('feed'))
    .argument('<folder>', 'where the files stand; each run goes on where the last one ended')
    .description('changes that were taken into agreement, as files for a warehouse')
    .addOption(new Option('--format <format>', 'of the files').choices(['csv', 'parquet']).default('csv'))
    .option('--mapping <name>', 'only of this mapping')
    .option('--raw', 'in CSV: leave cells as they are that a spreadsheet would take for a formula')
    .action(async (path: string, { format, mapping, raw = false }: Options, command: Command) => {
      const session = sessionOf(io, command);
      const folder = openFeed(resolve(path), mapping);
      const files: string[] = [];
      let { after } = folder;
      let rows: FeedRow[] = [];
      let [from, told] = [after + 1, 0];
      for (let more = true; more; ) {
        const { reply } = await session.client.call<z.infer<typeof Feed>>('GET /feed', {
          query: { after, limit: PAGE, mapping },
        });
        rows.push(...reply.changes.map(rowOf));
        ({ next: after, more } = reply);
        if (more && rows.length < IN_A_FILE) continue;
        if (after < from) break;
        const bytes = await bytesOf(rows, format, raw);
        const name = folder.keep(from, after, rows.length === 0 ? undefined : { ending: format, bytes });
        if (name !== undefined) files.push(name);
        told += rows.length;
        [rows, from] = [[], after + 1];
      }
      const said =
        told === 0 ? 'Nothing new.\n' : `${number(told)} change${told === 1 ? '' : 's'}: ${files.join(', ')}\n`;
      session.print({ changes: told, files, after }, said);
    });
};
