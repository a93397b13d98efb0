import type { Command } from 'commander';
import type { z } from 'zod';
import type { Json } from '../../domain/json.ts';
import type { LinkPlan } from '../../domain/plan.ts';
import { explain, explainTable } from '../../mapping/explain.ts';
import type { Explained, Found, RecordView } from '../../server/replies.ts';
import type { Io } from '../io.ts';
import { common, linkOf, queued, sessionOf } from '../session.ts';
import { ago, members, table, value } from '../text.ts';
import { whereUsedCommand } from './where-used.ts';

type ExplainedReply = z.infer<typeof Explained>;

const foundText = ({ records }: z.infer<typeof Found>): string =>
  records.length === 0
    ? 'Nothing is found.\n'
    : table(
        ['our id', 'record'],
        records.map((each) => [each.link, members(each.members)]),
      );

type View = z.infer<typeof RecordView>;

const membersText = ({ link, members: all }: View, now: number): string => {
  const rows = all.map((each) => [
    each.slot,
    each.id,
    each.state,
    ago(each.modifiedAt, now),
    ago(each.seenAt, now),
    each.label,
  ]);
  return `${link}\n${table(['side', 'id', 'state', 'modified', 'seen', 'name'], rows)}`;
};

const baselineText = ({ mapping, at, fields }: View['baselines'][number], now: number): string => {
  const shown = (each: unknown): string => value(each as Json);
  const rows = Object.entries(fields).map(([name, each]) => [
    name,
    shown(each.value),
    shown(each.crm),
    shown(each.erp),
  ]);
  return `\n${mapping}: last agreed ${ago(at, now)}\n${table(['field', 'value', 'crm', 'erp'], rows)}`;
};

const parkedText = ({ parked }: View): string => {
  const rows = parked.map((each) => [each.id, each.field || '(record)', each.code, each.message]);
  return rows.length === 0 ? '' : `\nParked\n${table(['parked id', 'field', 'code', 'message'], rows)}`;
};

const pendingText = ({ pending }: View, now: number): string => {
  const why = (parts: readonly (string | null)[]): string =>
    parts.filter((part) => part !== null && part !== '').join(' · ');
  const rows = pending.map((each) => [
    each.mapping,
    `${each.slot} ${each.id}`,
    each.state,
    ago(each.since, now),
    why([each.reason, each.detail, each.cause]),
  ]);
  return rows.length === 0 ? '' : `\nQueue\n${table(['mapping', 'record', 'state', 'since', 'why'], rows)}`;
};

const intentsText = ({ intents }: View, now: number): string => {
  const rows = intents.map((each) => [each.mapping, each.slot, each.op, each.state, ago(each.statedAt, now)]);
  return rows.length === 0 ? '' : `\nOn its way\n${table(['mapping', 'to', 'what', 'state', 'stated'], rows)}`;
};

const recordText = (record: View, now: number): string =>
  [
    membersText(record, now),
    ...record.baselines.map((each) => baselineText(each, now)),
    parkedText(record),
    pendingText(record, now),
    intentsText(record, now),
  ].join('');

const wouldWrite = (writes: readonly string[], hindered: boolean): string => {
  if (writes.length === 0) return 'Nothing would be written.';
  return `Would be written${hindered ? ', as far as nothing above stands in the way' : ''}: ${writes.join(', ')}.`;
};

/** One explanation as people read it. */
export const explainedText = (each: ExplainedReply): string => {
  const sides = Object.values(each.members).flatMap((member) => (member === undefined ? [] : [member]));
  const writes = Object.entries(each.writes).map(([side, write]) => `${write?.op} at the ${side}`);
  const plan = {
    fields: each.fields,
    parked: each.parked,
    writes: {},
    agreed: {},
    intended: {},
  } as unknown as LinkPlan;
  return `${each.mapping}  ${members(sides)}\n${each.notes.map((note) => `  ${note}\n`).join('')}${explainTable(explain(plan))}\n${wouldWrite(writes, each.notes.length > 0)}\n`;
};

const readingCommands = (program: Command, io: Io): void => {
  for (const name of ['record', 'find'])
    common(program.command(name))
      .argument('<text>', 'our id, either side’s id, our reference or the name')
      .description(
        name === 'record'
          ? 'one record: its members, what they last agreed on, what is parked and due'
          : 'records by an id or a name',
      )
      .action(async (text: string, _: unknown, command: Command) => {
        const session = sessionOf(io, command);
        if (name === 'find') return session.show('GET /records', { query: { find: text } }, foundText);
        const id = await linkOf(session, text);
        await session.show<z.infer<typeof RecordView>>('GET /records/:id', { params: { id } }, (reply) =>
          recordText(reply, io.now()),
        );
      });
  common(program.command('explain'))
    .argument('<record>', 'any of its ids, or its name')
    .description('what a sync would do with a record now, field by field, and why')
    .action(async (text: string, _: unknown, command: Command) => {
      const session = sessionOf(io, command);
      const id = await linkOf(session, text);
      await session.show<{ explained: readonly ExplainedReply[] }>(
        'GET /records/:id/explain',
        { params: { id } },
        ({ explained }) => explained.map(explainedText).join('\n'),
      );
    });
};

/** `tally record`, `find`, `explain`, `where-used` and `sync`. */
export const recordCommands = (program: Command, io: Io): void => {
  readingCommands(program, io);
  whereUsedCommand(program, io);
  common(program.command('sync'))
    .argument('[record]', 'any of its ids, or its name')
    .description('sync one record, or compare all of a mapping, now')
    .option('--mapping <name>', 'all records of this mapping')
    .action(async (text: string | undefined, { mapping }: { mapping?: string }, command: Command) => {
      const session = sessionOf(io, command);
      if ((text === undefined) === (mapping === undefined))
        return command.error('name a record, or a mapping with --mapping');
      if (mapping !== undefined)
        return session.show(
          'POST /mappings/:name/sync',
          { params: { name: mapping } },
          () => 'A full pass at both sides is under way.\n',
        );
      await session.show('POST /records/:id/sync', { params: { id: await linkOf(session, text ?? '') } }, queued);
    });
};
