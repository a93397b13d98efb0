import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { ROLES } from '../../ledger/queries/keys.ts';
import { PERMISSIONS } from '../../server/access.ts';
import type { Key, MadeKey, Revision, RevisionView } from '../../server/replies.ts';
import type { Io } from '../io.ts';
import { common, sessionOf } from '../session.ts';
import { ago, table } from '../text.ts';
import { whole } from '../whole.ts';

const configCommands = (program: Command, io: Io): void => {
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
};

const keyCommands = (program: Command, io: Io): void => {
  const group = program.command('key').description('keys of the API: create, list, revoke');
  common(group.command('create'))
    .argument('<name>', 'whose it is; the journal knows its holder by this')
    .description('make a key; it is shown this once')
    .addOption(new Option('--role <role>', 'what its holder is').choices(ROLES).makeOptionMandatory())
    .option('--days <days>', 'until it expires', whole(1, 365), 365)
    .addOption(
      new Option('--scope <permission...>', 'for a service key: what it may do').choices(PERMISSIONS).default([]),
    )
    .option('--mapping <name...>', 'its own mappings; all if left out')
    .action(
      (name: string, options: { role: string; days: number; scope: string[]; mapping?: string[] }, command: Command) =>
        sessionOf(io, command).show<z.infer<typeof MadeKey>>(
          'POST /keys',
          {
            body: {
              name,
              role: options.role,
              days: options.days,
              scopes: options.scope,
              mappings: options.mapping ?? null,
            },
          },
          ({ key }) => `${key}\nIt is not shown again. Use it as TALLY_API_KEY.\n`,
        ),
    );
  common(group.command('list'))
    .description('all keys, without their secret')
    .action((_: unknown, command: Command) =>
      sessionOf(io, command).show<{ keys: readonly z.infer<typeof Key>[] }>('GET /keys', {}, ({ keys }) =>
        table(
          ['name', 'role', 'begins with', 'last used', 'expires', 'state', 'id'],
          keys.map((key) => [
            key.name,
            key.role,
            key.prefix,
            ago(key.lastUsedAt, io.now()),
            (key.expiresAt ?? '').slice(0, 10),
            key.revokedAt === null ? 'in use' : 'revoked',
            key.id,
          ]),
        ),
      ),
    );
  common(group.command('revoke'))
    .argument('<key>', 'its id or its name')
    .description('end a key for good')
    .action((id: string, _: unknown, command: Command) =>
      sessionOf(io, command).show('DELETE /keys/:id', { params: { id } }, () => `${id} is revoked.\n`),
    );
};

/** `tally config …` and `tally key …`. */
export const adminCommands = (program: Command, io: Io): void => {
  configCommands(program, io);
  keyCommands(program, io);
};
