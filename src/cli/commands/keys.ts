import { type Command, Option } from 'commander';
import type { z } from 'zod';
import { demanded, readSettings } from '../../config/settings.ts';
import { openLedger } from '../../ledger/open.ts';
import { ROLES, type Role } from '../../ledger/queries/keys.ts';
import { createKey, LONGEST_DAYS } from '../../ledger/steps/keys.ts';
import { assertKey, PERMISSIONS, type Permission } from '../../server/access.ts';
import type { Key, MadeKey } from '../../server/replies-admin.ts';
import { parsed } from '../../server/route.ts';
import { NewKey } from '../../server/schemas.ts';
import type { Io } from '../io.ts';
import { common, type Session, sessionOf } from '../session.ts';
import { ago, table } from '../text.ts';
import { whole } from '../whole.ts';

interface CreateOptions {
  readonly role: Role;
  readonly days: number;
  readonly scope: readonly Permission[];
  readonly mapping?: readonly string[];
  readonly level?: readonly string[];
  readonly connection?: readonly string[];
  readonly inLedger?: true;
}

const create = async (
  session: Session,
  name: string,
  { role, days, scope, mapping, level, connection, inLedger }: CreateOptions,
): Promise<void> => {
  const body = {
    ...{ name, role, days, scopes: scope, mappings: mapping ?? null },
    ...{ levels: level ?? null, connections: connection ?? null },
  };
  const text = (key: string): string => `${key}\nIt is not shown again. Use it as TALLY_API_KEY.\n`;
  if (inLedger !== true) return session.show<z.infer<typeof MadeKey>>('POST /keys', { body }, ({ key }) => text(key));
  const wanted = parsed(NewKey, body, 'key') as z.infer<typeof NewKey>;
  assertKey(wanted);
  const db = await openLedger(demanded(readSettings(session.io.env), 'DATABASE_URL'), 1);
  try {
    const made = await createKey(db, 'command line', wanted);
    session.print(made, text(made.key));
  } finally {
    await db.close();
  }
};

/** `tally key …`. */
export const keyCommands = (program: Command, io: Io): void => {
  const group = program.command('key').description('keys of the API: create, list, revoke');
  common(group.command('create'))
    .argument('<name>', 'whose it is; the journal knows its holder by this')
    .description('make a key; it is shown this once')
    .addOption(new Option('--role <role>', 'what its holder is').choices(ROLES).makeOptionMandatory())
    .option('--days <days>', 'until it expires', whole(1, LONGEST_DAYS), LONGEST_DAYS)
    .addOption(
      new Option('--scope <permission...>', 'for a service key: what it may do').choices(PERMISSIONS).default([]),
    )
    .option('--mapping <name...>', 'its own mappings; all if left out')
    .option('--level <name...>', 'of an approver: the levels that are theirs; all if left out')
    .option('--connection <name...>', 'of a system: the connections whose writes it pulls')
    .option('--in-ledger', 'make it in the ledger itself (DATABASE_URL), where nobody has a key yet')
    .action((name: string, options: CreateOptions, command: Command) => create(sessionOf(io, command), name, options));
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
