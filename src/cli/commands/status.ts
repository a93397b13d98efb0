import { type Command, InvalidArgumentError } from 'commander';
import type { z } from 'zod';
import type { Connection, MappingStatus, Status } from '../../server/replies.ts';
import type { Io } from '../io.ts';
import { common, type Session, sessionOf } from '../session.ts';
import { ago, counts, number, span, table } from '../text.ts';

type StatusReply = z.infer<typeof Status>;

const total = (of: Readonly<Record<string, number>>): string =>
  number(Object.values(of).reduce((sum, each) => sum + each, 0));
const state = (connection: z.infer<typeof Connection>, now: number): string => {
  if (connection.paused !== null) return `paused by ${connection.paused.by} (${connection.paused.code})`;
  if (connection.closedUntil !== null)
    return `closed for ${span(Math.max(0, Date.parse(connection.closedUntil) - now))} after ${connection.failures} failures`;
  return connection.failures > 0 ? `failing (${connection.failures})` : 'in use';
};

const mappingRow = (mapping: z.infer<typeof MappingStatus>, now: number): readonly string[] => [
  mapping.name,
  mapping.paused ?? (mapping.gate === 'open' ? 'open' : 'reading both sides first'),
  number(mapping.agreement),
  number(mapping.pending),
  total(mapping.waiting),
  number(mapping.doubt),
  total(mapping.parked),
  mapping.lagMs === null ? '-' : span(mapping.lagMs),
  `${ago(mapping.lastPass.crm, now)} / ${ago(mapping.lastPass.erp, now)}`,
];

const more = (mapping: z.infer<typeof MappingStatus>): string => {
  const lines = [
    ...(Object.keys(mapping.parked).length === 0 ? [] : [`${mapping.name}: parked ${counts(mapping.parked)}`]),
    ...(Object.keys(mapping.waiting).length === 0 ? [] : [`${mapping.name}: waiting ${counts(mapping.waiting)}`]),
  ];
  return lines.map((line) => `${line}\n`).join('');
};

/** The whole state on one screen. */
export const connectionTable = (connections: readonly z.infer<typeof Connection>[], now: number): string =>
  table(
    ['connection', 'state', 'last answer', 'read up to', 'trouble'],
    connections.map((each) => [
      each.name,
      state(each, now),
      ago(each.lastOk, now),
      [
        ...each.slots.map(
          (slot) =>
            `${slot.slot.split('/')[1]} ${ago(slot.feedReadUpTo, now)}${slot.passUnderWay ? ' (full pass under way)' : ''}`,
        ),
        ...(each.webhooks === null ? [] : [`webhook ${ago(each.webhooks.last, now)}`]),
      ].join(', '),
      each.paused?.reason ??
        (each.lastError === null || each.failures === 0 ? '' : `${each.lastError.code}: ${each.lastError.message}`),
    ]),
  );

const statusText = ({ mappings, connections, at }: StatusReply): string => {
  const now = Date.parse(at);
  const headings = [
    'mapping',
    'gate',
    'agree',
    'pending',
    'waiting',
    'in doubt',
    'parked',
    'lag',
    'last full pass (crm / erp)',
  ];
  const rows = mappings.map((mapping) => mappingRow(mapping, now));
  return `${table(headings, rows)}${mappings.map(more).join('')}\n${connectionTable(connections, now)}`;
};

const seconds = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0.2 && value <= 3_600)) throw new InvalidArgumentError('It must be from 0.2 to 3600 seconds.');
  return value;
};

const watch = async (session: Session, every: number): Promise<void> => {
  const { io } = session;
  while (!io.signal.aborted) {
    const { reply, text } = await session.client.call<StatusReply>('GET /status');
    if (session.json) session.raw(text);
    else io.out(screen(io, statusText(reply)));
    await io.wait(every * 1_000, io.signal);
  }
};
// Home and clear what is below, so that the screen does not flicker.
const screen = (io: Io, text: string): string => (io.live ? `\u001b[H\u001b[J${text}` : `${text}\n`);

/** `tally status`. */
export const statusCommand = (program: Command, io: Io): void => {
  common(program.command('status'))
    .description('how far everything is: what agrees, is due, waits, is in doubt or parked')
    .option('--watch [seconds]', 'look again and again, every so many seconds', seconds)
    .action(async (options: { watch?: number | true }, command: Command) => {
      const session = sessionOf(io, command);
      if (options.watch !== undefined) return watch(session, options.watch === true ? 1 : options.watch);
      await session.show('GET /status', {}, statusText);
    });
};
