import type { Command } from 'commander';
import type { z } from 'zod';
import { readConfigFiles } from '../../config/files.ts';
import type { ConfigRevision } from '../../config/port.ts';
import { readSettings } from '../../config/settings.ts';
import { SyncError } from '../../domain/errors.ts';
import type { ConfigPlan, Revision, RevisionView, StoredRevision } from '../../server/replies-admin.ts';
import { agreed } from '../agreed.ts';
import type { Io } from '../io.ts';
import { common, type Session, sessionOf } from '../session.ts';
import { table } from '../text.ts';
import { whole } from '../whole.ts';

type Files = ConfigRevision['files'];
type Plan = z.infer<typeof ConfigPlan>;

const planText = ({ revision, changes }: Plan): string => {
  const against = revision === 0 ? 'Nothing is stored yet' : `Compared with revision ${revision}`;
  if (changes.length === 0) return `${against}: nothing would change.\n`;
  const lines = changes.flatMap(({ what, name, change, details }) => [
    `  ${change.padEnd(7)}  ${what} ${name}`,
    ...details.map((detail) => `             ${detail}`),
  ]);
  return `${against}:\n\n${lines.join('\n')}\n`;
};

const plan = async (session: Session): Promise<{ readonly files: Files; readonly reply: Plan }> => {
  const files = await readConfigFiles(readSettings(session.io.env).TALLY_CONFIG);
  const { reply } = await session.client.call<Plan>('POST /config/plan', { body: { files } });
  return { files, reply };
};

const refused = (problems: readonly string[]): SyncError =>
  new SyncError(
    'CONFIG_INVALID',
    `${problems.length} problem${problems.length === 1 ? '' : 's'} in the configuration`,
    {
      problems,
    },
  );

const showPlan = async (session: Session): Promise<void> => {
  const { reply } = await plan(session);
  session.print(reply, reply.problems.length > 0 && reply.changes.length === 0 ? '' : planText(reply));
  if (reply.problems.length > 0) throw refused(reply.problems);
};

const apply = async (session: Session, yes: boolean): Promise<void> => {
  const { files, reply } = await plan(session);
  if (reply.problems.length > 0) throw refused(reply.problems);
  if (!session.json) session.say(planText(reply));
  if (!(await agreed(session, 'Store this as the newest revision?', yes))) return;
  await session.show<z.infer<typeof StoredRevision>>(
    'POST /config',
    { body: { files, on: reply.revision } },
    ({ number, state }) =>
      state === 'unchanged'
        ? `Revision ${number} says the same; nothing is stored.\n`
        : `Revision ${number} is stored. Every process takes it over within seconds; \`tally status\` shows how it goes.\n`,
  );
};

/** `tally config …`. */
export const configCommands = (program: Command, io: Io): void => {
  const group = program.command('config').description('stored configurations');
  common(group.command('list'))
    .description('all revisions, newest first')
    .action((_: unknown, command: Command) =>
      sessionOf(io, command).show<{ revisions: readonly z.infer<typeof Revision>[] }>(
        'GET /config',
        {},
        ({ revisions }) =>
          table(
            ['revision', 'when', 'author', 'files'],
            revisions.map((each) => [String(each.number), each.at ?? '', each.author, each.files.join(', ')]),
          ),
      ),
    );
  common(group.command('show'))
    .argument('[number]', 'which revision; the newest if left out', whole(1, 2_000_000_000))
    .description('one revision with its files')
    .action((number: number | undefined, _: unknown, command: Command) =>
      sessionOf(io, command).show<z.infer<typeof RevisionView>>(
        'GET /config/:number',
        { params: { number: number === undefined ? 'newest' : String(number) } },
        (reply) =>
          [
            `# revision ${reply.number}, by ${reply.author}, ${reply.at}\n`,
            ...reply.files.map((file) => `\n# ── ${file}\n${reply.texts[file] ?? ''}`),
          ].join(''),
      ),
    );
  common(group.command('plan'))
    .description('what the files here would change against what is stored, and what is wrong with them')
    .action((_: unknown, command: Command) => showPlan(sessionOf(io, command)));
  common(group.command('apply'))
    .description('store the files here as the newest revision')
    .option('--yes', 'without asking')
    .action(({ yes }: { yes?: true }, command: Command) => apply(sessionOf(io, command), yes === true));
};
