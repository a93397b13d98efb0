import type { Command } from 'commander';
import type { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { ViewList, ViewReply } from '../../server/replies-views.ts';
import type { Io } from '../io.ts';
import { common, sessionOf } from '../session.ts';
import { ago, table, value } from '../text.ts';

const listText = ({ views }: z.infer<typeof ViewList>): string =>
  views.length === 0
    ? 'There are no views.\n'
    : table(
        ['view', 'from', 'asked by', 'what it says'],
        views.map(({ name, source, asked_by: by, summary }) => [name, source, by, summary]),
      );

const replyText = (reply: z.infer<typeof ViewReply>, now: number): string => {
  const rows = Object.entries(reply.record).map(([name, shown]) => [
    name,
    reply.problems[name] === undefined ? value(shown as Json) : `(${reply.problems[name]})`,
  ]);
  const age = `${reply.source} ${reply.id}, as of ${ago(reply.as_of, now)}`;
  const why = reply.fresh ? '' : `An old copy: ${reply.code}. ${reply.fix}\n`;
  return `${age}\n${why}${table(['field', 'value'], rows)}`;
};

/** `tally view`. */
export const viewCommand = (program: Command, io: Io): void => {
  common(program.command('view'))
    .argument('[name]', 'the view; without one all are listed')
    .argument('[key]', 'what it is asked by; of several parts the first')
    .argument('[part...]', 'the other parts, as in quantity=10')
    .option('--person <id>', 'who asks, by the id of the asking system')
    .description('what the other system says of a record now')
    .action(
      async (
        name: string | undefined,
        key: string | undefined,
        parts: readonly string[],
        { person }: { person?: string },
        command: Command,
      ): Promise<void> => {
        const session = sessionOf(io, command);
        if (name === undefined) return session.show<z.infer<typeof ViewList>>('GET /views', {}, listText);
        if (key === undefined) return command.error('name what the view is asked by, too');
        const wrong = parts.find((each) => !/^[^=]+=/.test(each));
        if (wrong !== undefined)
          return command.error(`"${wrong}" is no part: write its name and value, as in quantity=10`);
        const others = Object.fromEntries(parts.map((each) => each.split(/=(.*)/s).slice(0, 2)));
        await session.show<z.infer<typeof ViewReply>>(
          'GET /views/:name/:key',
          { params: { name, key }, query: { ...others, as: person } },
          (reply) => replyText(reply, io.now()),
        );
      },
    );
};
