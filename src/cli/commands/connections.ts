import type { Command } from 'commander';
import type { z } from 'zod';
import { ERRORS, type ErrorCode, SyncError } from '../../domain/errors.ts';
import type { Connection, Probe } from '../../server/replies.ts';
import type { Io } from '../io.ts';
import { common, queued, type Session, sessionOf } from '../session.ts';
import { table } from '../text.ts';
import { connectionNewCommand } from './connection-new.ts';
import { connectionTable } from './status.ts';

interface Said {
  readonly who?: string;
  readonly warnings?: readonly string[];
  readonly records?: readonly string[];
  readonly description?: {
    readonly record: string;
    readonly fields: readonly {
      readonly path: string;
      readonly type: string;
      readonly max?: number;
      readonly readOnly?: boolean;
      readonly required?: boolean;
    }[];
  };
}

/** A failed probe is a problem of this command as well: it ends with its code. */
const probe = async (session: Session, name: string, record?: string): Promise<void> => {
  const { reply, text } =
    record === undefined
      ? await session.client.call<z.infer<typeof Probe>>('POST /connections/:name/check', { params: { name } })
      : await session.client.call<z.infer<typeof Probe>>('POST /connections/:name/describe', {
          params: { name },
          body: { record },
        });
  if (!reply.ok) {
    const code = reply.code !== undefined && reply.code in ERRORS ? (reply.code as ErrorCode) : 'INTERNAL';
    throw new SyncError(code, reply.message ?? 'the connection gave no reason', { connection: name });
  }
  if (session.json) session.raw(text);
  else session.say(saidText(name, reply.result as Said));
};

const saidText = (name: string, said: Said): string => {
  if (said.description === undefined)
    return `${name} answers${said.who === undefined ? '' : `; we are ${said.who} there`}.\n${(said.records ?? []).length === 0 ? '' : `Records: ${said.records?.join(', ')}\n`}${(said.warnings ?? []).map((warning) => `Warning: ${warning}\n`).join('')}`;
  const rows = said.description.fields.map((field) => [
    field.path,
    field.type,
    field.max === undefined ? '' : String(field.max),
    [field.required === true ? 'required' : '', field.readOnly === true ? 'read only' : ''].filter(Boolean).join(', '),
  ]);
  return table(['field', 'type', 'max', 'notes'], rows);
};

/** `tally connection …`. */
export const connectionCommands = (program: Command, io: Io): void => {
  const group = program.command('connection').description('connections: new, check, describe, pause, resume');
  connectionNewCommand(group, io);
  common(group.command('list'))
    .description('all connections and how they are')
    .action((_: unknown, command: Command) =>
      sessionOf(io, command).show<{ connections: readonly z.infer<typeof Connection>[] }>(
        'GET /connections',
        {},
        ({ connections }) => connectionTable(connections, io.now()),
      ),
    );
  common(group.command('check'))
    .argument('<name>')
    .description('log in at the system now and say as whom')
    .action((name: string, _: unknown, command: Command) => probe(sessionOf(io, command), name));
  common(group.command('describe'))
    .argument('<name>')
    .argument('<record>', 'record type, as the connection names it')
    .description('what the system says of one record type')
    .action((name: string, record: string, _: unknown, command: Command) =>
      probe(sessionOf(io, command), name, record),
    );
  common(group.command('pause'))
    .argument('<name>')
    .description('stop using it; nothing is lost, everything waits')
    .option('--reason <text>', 'for the journal', 'paused by hand')
    .action((name: string, { reason }: { reason: string }, command: Command) =>
      sessionOf(io, command).show(
        'POST /connections/:name/pause',
        { params: { name }, body: { reason } },
        () => `${name} is paused.\n`,
      ),
    );
  common(group.command('resume'))
    .argument('<name>')
    .description('use it again; what waited is due now')
    .action((name: string, _: unknown, command: Command) =>
      sessionOf(io, command).show('POST /connections/:name/resume', { params: { name } }, queued),
    );
};
