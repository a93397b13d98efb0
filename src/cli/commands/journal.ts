import { type Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import type { Journal, Verified } from '../../server/replies-admin.ts';
import type { Io } from '../io.ts';
import { common, linkOf, type Session, sessionOf } from '../session.ts';
import { number, table } from '../text.ts';
import { whole } from '../whole.ts';

const journalText = ({ entries, next }: z.infer<typeof Journal>): string => {
  if (entries.length === 0) return 'The journal has nothing on it.\n';
  const rows = entries.map((entry) => [
    entry.number ?? '·',
    entry.at ?? '',
    entry.actor,
    entry.action,
    [entry.slot, entry.record].filter((part) => part !== null).join(' '),
    entry.fields.join(', '),
    [entry.code, entry.reason].filter((text) => text !== null && text !== '').join(': '),
  ]);
  return `${table(['no.', 'when', 'who', 'what', 'where', 'fields', 'why'], rows)}${next === null ? '' : '… and older entries: raise --limit.\n'}`;
};

const verifiedText = ({ entries, erased, unchained, head, broken }: z.infer<typeof Verified>): string => {
  const lines = [
    `${number(entries)} entries are as they were written${broken === null ? '' : ', up to the first that is not'}.`,
    ...(erased === 0 ? [] : [`Of ${number(erased)} the values were erased.`]),
    ...(unchained === 0 ? [] : [`${number(unchained)} new ones have no number yet.`]),
    ...(head === null || broken !== null
      ? []
      : [
          `Write this down where nobody who may write the database can, and give it next time: --checkpoint ${head.number}:${head.hash}`,
        ]),
  ];
  return `${lines.join('\n')}\n`;
};

type Checkpoint = NonNullable<z.infer<typeof Verified>['head']>;

const checkpoint = (text: string): Checkpoint => {
  const [, at, hash] = /^(\d{1,15}):([0-9a-fA-F]{64})$/.exec(text) ?? [];
  if (at === undefined || hash === undefined)
    throw new InvalidArgumentError('Write it as an earlier `tally journal verify` printed it: number:hash.');
  return { number: Number(at), hash };
};

/** What is broken is a problem of this command too: scripts see it by its exit code. */
const verify = async (session: Session, known: Checkpoint | undefined): Promise<void> => {
  const { reply, text } = await session.client.call<z.infer<typeof Verified>>('GET /journal/verify', {
    query: { ...known },
  });
  if (session.json) session.raw(text);
  else session.say(verifiedText(reply));
  if (reply.broken === null) return;
  const { number: at, journal, reason } = reply.broken;
  throw new SyncError('JOURNAL_BROKEN', `number ${at}${journal === null ? '' : ` (entry ${journal})`}: ${reason}`);
};

/** `tally journal` and `tally journal verify`. */
export const journalCommands = (program: Command, io: Io): void => {
  const group = common(program.command('journal'))
    .argument('[record]', 'any of its ids, or its name; all records if left out')
    .description('what was done, by whom and why, newest first')
    .option('--limit <count>', 'how many entries', whole(1, 200), 50)
    .action(async (text: string | undefined, { limit }: { limit: number }, command: Command) => {
      const session = sessionOf(io, command);
      const link = text === undefined ? undefined : await linkOf(session, text);
      await session.show('GET /journal', { query: { link, limit } }, journalText);
    });
  common(group.command('verify'))
    .description('compute the hash of every entry anew; exit code 1 if one is not as it was written')
    .option('--checkpoint <number:hash>', 'what an earlier run printed; also shows what was cut off since', checkpoint)
    .action(({ checkpoint: known }: { checkpoint?: Checkpoint }, command: Command) =>
      verify(sessionOf(io, command), known),
    );
};
