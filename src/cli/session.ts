import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SyncError } from '../domain/errors.ts';
import { ROLES, type Role } from '../ledger/queries/keys.ts';
import { safeText } from '../mapping/show.ts';
import type { RouteId } from '../server/access.ts';
import { type Client, createClient, type Request } from './client.ts';
import type { Io } from './io.ts';
import { members } from './text.ts';

/** What a command works with. */
export interface Session {
  readonly io: Io;
  readonly json: boolean;
  readonly home: string;
  readonly client: Client;
  /** Ask, and show the reply: as it came with --json, else as `human` says it. */
  show<T>(route: RouteId, request: Request, human: (reply: T) => string): Promise<void>;
  /** Text for a person: whatever stands in it, a terminal obeys nothing but the ends of our lines. */
  say(text: string): void;
  /** JSON as it came. What a terminal would obey is escaped as JSON does: it means the same. */
  raw(text: string): void;
  /** Show what was made here. */
  print(reply: unknown, human: string): void;
}

/** `--json` and `--as`, which every command takes. */
export const common = (command: Command): Command =>
  command
    .addOption(new Option('--json', 'answer as one JSON value'))
    .addOption(new Option('--as <role>', 'which of the keys of this machine to use').choices(ROLES));

/** The session of a command that was called with these options. */
export const sessionOf = (io: Io, command: Command): Session => {
  // A command with commands of its own takes these two for them.
  const { json = false, as } = command.optsWithGlobals<{ json?: boolean; as?: Role }>();
  const home = resolve(io.env['TALLY_HOME'] || '.tally');
  const client = createClient(io, home, as);
  const say = (text: string): void => io.out(text.split('\n').map(safeText).join('\n'));
  const raw = (text: string): void => io.out(`${safeText(text)}\n`);
  return {
    io,
    json,
    home,
    client,
    show: async <T>(route: RouteId, request: Request, human: (reply: T) => string) => {
      const { reply, text } = await client.call<T>(route, request);
      if (json) raw(text);
      else say(human(reply));
    },
    say,
    raw,
    print: (reply, human) => (json ? raw(JSON.stringify(reply)) : say(human)),
  };
};

interface Found {
  readonly records: readonly {
    readonly link: string;
    readonly members: readonly { readonly slot: string; readonly id: string; readonly label: string }[];
  }[];
}

/** Our id of the one record that a text finds; several are listed, none is refused. */
export const linkOf = async ({ client }: Session, text: string): Promise<string> => {
  const { reply } = await client.call<Found>('GET /records', { query: { find: text, limit: 20 } });
  const [first, ...others] = reply.records;
  if (first === undefined) throw new SyncError('NOT_FOUND', `no record is found by "${text}"`);
  if (others.length === 0) return first.link;
  throw new SyncError('BAD_REQUEST', `${reply.records.length} records are found by "${text}"; name one by an id`, {
    problems: reply.records.map((each) => `${each.link}  ${members(each.members)}`),
  });
};

/** What was asked is under way. */
export const queued = (reply: { readonly records: number }): string =>
  reply.records === 0 ? 'Queued.\n' : `Queued: ${reply.records} record${reply.records === 1 ? '' : 's'}.\n`;
