import type { Command } from 'commander';
import type { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Decided, Order, OrderList, OrderView } from '../../server/replies-orders.ts';
import type { Io } from '../io.ts';
import { common, type Session, sessionOf } from '../session.ts';
import { ago, members, span, table, value } from '../text.ts';
import { whole } from '../whole.ts';

type One = z.infer<typeof Order>;
type View = z.infer<typeof OrderView>;

const waits = ({ waitsFor, due }: One, now: number): string => {
  if (waitsFor === '') return '';
  if (due === null) return waitsFor;
  const rest = Date.parse(due) - now;
  return `${waitsFor}, ${rest < 0 ? `overdue for ${span(-rest)}` : `${span(rest)} left`}`;
};

const listText = ({ orders, next }: z.infer<typeof OrderList>, now: number): string =>
  orders.length === 0
    ? 'There is none.\n'
    : `${table(
        ['order', 'step', 'since', 'waits for', 'record'],
        orders.map((order) => [
          order.crm,
          `${order.step}${order.late ? ' (late)' : ''}`,
          ago(order.since, now),
          waits(order, now),
          members(order.members),
        ]),
      )}${next === null ? '' : '… and more: narrow it down with --step or --mapping, or raise --limit.\n'}`;

/** The difference between two clocks, as people read a stop-watch. */
const after = (at: string | null, start: string | null): string =>
  at === null || start === null ? '' : `+${span(Math.max(0, Date.parse(at) - Date.parse(start)))}`;

const timeline = ({ events, writes, raisedAt }: View): string => {
  const lines = [
    ...events.map(({ at, event, step, by, said }) => ({
      at,
      what: `${event === 'step' ? step : `${event} (${step})`}${by === 'tallystick' ? '' : ` by ${by}`}`,
      said,
    })),
    ...writes.map(({ slot, op, sentAt, statedAt, endedAt, outcome }) => ({
      at: endedAt ?? sentAt ?? statedAt,
      what: `${op} at ${slot}`,
      said: outcome ?? (sentAt === null ? 'stated' : 'on its way'),
    })),
  ].toSorted((a, b) => ((a.at ?? '') < (b.at ?? '') ? -1 : 1));
  return table(
    ['clock', 'after', 'what', ''],
    lines.map(({ at, what, said }) => [at ?? '', after(at, raisedAt), what, said]),
  );
};

const viewText = (order: View, now: number): string =>
  [
    `${order.mapping} ${members(order.members)}\n`,
    `${order.step}${order.late ? ' (late)' : ''}, for ${ago(order.since, now).replace(/ ago$/, '')}${order.waitsFor === '' ? '' : `; waits for ${waits(order, now)}`}\n`,
    ...(order.said === '' ? [] : [`${order.said}\n`]),
    ...Object.entries(order.shown).map(([name, shown]) => `  ${name}: ${value(shown as Json)}\n`),
    '\n',
    timeline(order),
    ...(order.steps.length === 0 ? [] : ['\n']),
    ...order.steps.map(
      ({ step, tookMs, targetMs, late }) =>
        `  ${step}: ${span(tookMs)}${targetMs === null ? '' : ` of ${span(targetMs)}${late ? ', late' : ''}`}\n`,
    ),
    ...(order.related.length === 0 ? [] : ['\n']),
    ...order.related.map((each) => `  ${each.mapping}: ${members(each.members)}\n`),
  ].join('');

interface Said {
  readonly reason?: string;
  readonly content?: string;
}

/** The word is about what stands now, unless the caller says what was seen. */
const decide = async (
  session: Session,
  route: 'POST /orders/:id/approve' | 'POST /orders/:id/refuse',
  id: string,
  { reason, content }: Said,
): Promise<void> => {
  const seen = content ?? (await session.client.call<View>('GET /orders/:id', { params: { id } })).reply.content;
  if (seen === '') throw new SyncError('ALREADY_DECIDED', `nobody is asked about "${id}"`);
  const body = { content: seen, ...(reason === undefined ? {} : { reason }) };
  await session.show<z.infer<typeof Decided>>(
    route,
    { params: { id }, body },
    ({ decision, level }) => `${decision} for ${level}.\n`,
  );
};

/** `tally order …`. */
export const orderCommands = (program: Command, io: Io): void => {
  const group = program.command('order').description('orders and their life: list, show, approve, refuse');
  common(group.command('list'))
    .description('where orders are and whom they wait for, the newest first')
    .option('--mapping <name>', 'only of this mapping')
    .option('--step <step>', 'only at this step: gate, approval, crossing, or a state')
    .option('--all', 'also those whose life has ended')
    .option('--limit <count>', 'how many to list', whole(1, 200), 50)
    .action(
      (options: { mapping?: string; step?: string; all?: true; limit: number }, command: Command): Promise<void> => {
        const { mapping, step, all, limit } = options;
        const query = { mapping, step, limit, state: all === true ? 'all' : 'open' };
        return sessionOf(io, command).show<z.infer<typeof OrderList>>('GET /orders', { query }, (reply) =>
          listText(reply, io.now()),
        );
      },
    );
  common(group.command('show'))
    .argument('<order>', 'our id of it, or either side’s')
    .description('one order: its timeline with clocks, what belongs to it, whom it waits for')
    .action((id: string, _: unknown, command: Command) =>
      sessionOf(io, command).show<View>('GET /orders/:id', { params: { id } }, (order) => viewText(order, io.now())),
    );
  for (const [name, route, description] of [
    ['approve', 'POST /orders/:id/approve', 'approve an order as it stands now'],
    ['refuse', 'POST /orders/:id/refuse', 'refuse an order as it stands now; the CRM shows the reason'],
  ] as const)
    common(group.command(name))
      .argument('<order>', 'our id of it, or either side’s')
      .description(description)
      .option('--reason <text>', 'why; it stands in the timeline')
      .option('--content <hash>', 'what was seen: refused if it is another by now')
      .action((id: string, said: Said, command: Command) => decide(sessionOf(io, command), route, id, said));
};
