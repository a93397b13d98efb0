import type { Command } from 'commander';
import type { z } from 'zod';
import { showValue } from '../../mapping/show.ts';
import type { WhereUsed } from '../../server/replies.ts';
import type { Io } from '../io.ts';
import { common, linkOf, sessionOf } from '../session.ts';
import { table } from '../text.ts';

type Reply = z.infer<typeof WhereUsed>;

const told = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${showValue(value as never)}`)
    .join(', ');

/** A use per line, the nearest first. */
export const usesText = ({ uses, more }: Reply): string => {
  if (uses.length === 0) return 'It is part of nothing.\n';
  const rows = uses.map((use) => [
    String(use.level),
    use.partLabel,
    use.label,
    `${use.mapping} ${use.field}`,
    [told(use.line), told(use.said)].filter((text) => text !== '').join('; in '),
  ]);
  const rest = more ? 'There are more; ask for fewer levels, or for a day.\n' : '';
  return `${table(['level', 'part', 'is used by', 'through', 'as'], rows)}${rest}`;
};

/** `tally where-used`. */
export const whereUsedCommand = (program: Command, io: Io): void => {
  common(program.command('where-used'))
    .argument('<record>', 'any of its ids, or its name')
    .description('what a record is part of, level by level: bills of materials, who reports to whom')
    .option('--levels <n>', 'how many levels up', '50')
    .option('--on <day>', 'only what is in force on that day, YYYY-MM-DD')
    .action(
      async (text: string, { levels, on }: { readonly levels: string; readonly on?: string }, command: Command) => {
        const session = sessionOf(io, command);
        const id = await linkOf(session, text);
        const query = { levels, ...(on === undefined ? {} : { on }) };
        await session.show<Reply>('GET /records/:id/where-used', { params: { id }, query }, usesText);
      },
    );
};
