import { type Command, InvalidArgumentError, Option } from 'commander';
import type { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { isUuid } from '../../ledger/queries/values.ts';
import { safeText } from '../../mapping/show.ts';
import type { BulkActed, ParkedItem, ParkedList } from '../../server/replies.ts';
import { agreed } from '../agreed.ts';
import type { Io } from '../io.ts';
import { common, linkOf, queued, type Session, sessionOf } from '../session.ts';
import { ago, counts, members, number, table, value } from '../text.ts';
import { whole } from '../whole.ts';

type Item = z.infer<typeof ParkedItem>;
type List = z.infer<typeof ParkedList>;

const listText = ({ groups, items, next }: List, now: number): string => {
  if (items.length === 0) return 'Nothing is parked.\n';
  const causes = table(
    ['records', 'mapping', 'field', 'code', 'cause'],
    groups.map((group) => [
      number(group.records),
      group.mapping,
      group.field || '(record)',
      group.code,
      group.cause === group.code ? '' : group.cause,
    ]),
  );
  const rows = items.map((item) => [
    item.id,
    item.field || '(record)',
    item.code,
    item.field === '' ? item.message : `crm ${value(item.crm as Json)} · erp ${value(item.erp as Json)}`,
    ago(item.since, now),
    members(item.members),
  ]);
  const list = table(['parked id', 'field', 'code', 'what', 'since', 'record'], rows);
  return `${causes}\n${list}${next === null ? '' : '… and more: narrow it down with --code or --mapping, or raise --limit.\n'}`;
};

const itemText = (item: Item): string =>
  [
    `${item.code}  ${item.mapping}${item.field === '' ? '' : ` · ${item.field}`}  ${members(item.members)}`,
    `  ${item.message}`,
    `  crm ${value(item.crm as Json)}   erp ${value(item.erp as Json)}   last agreed ${value(item.base as Json)}`,
    ...item.candidates.map(({ slot, id }) => `  may be: ${slot} ${id}`),
    ...(item.decision === null ? [] : [`  decided by ${item.decision.by}, being worked on`]),
    `  → ${item.fix}`,
    '',
  ]
    .map(safeText)
    .join('\n');

const parkedCommand = (program: Command, io: Io): void => {
  common(program.command('parked'))
    .argument('[id]', 'one parked item, in full')
    .description('what waits for a person, by cause and one by one')
    .option('--mapping <name>', 'only of this mapping')
    .option('--code <code>', 'only with this code')
    .option('--limit <count>', 'how many to list', whole(1, 200), 50)
    .action(
      async (id: string | undefined, options: { mapping?: string; code?: string; limit: number }, command: Command) => {
        const session = sessionOf(io, command);
        if (id !== undefined) return session.show<Item>('GET /parked/:id', { params: { id } }, itemText);
        const { mapping, code, limit } = options;
        await session.show<List>('GET /parked', { query: { mapping, code, limit } }, (reply) =>
          listText(reply, io.now()),
        );
      },
    );
};

/** One parked item by its own id; else everything parked of the record that the text finds. */
const retryOne = async (session: Session, text: string): Promise<void> => {
  if (isUuid(text)) {
    const found = await session.client.call('GET /parked/:id', { params: { id: text } }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof SyncError && error.code === 'NOT_FOUND') return false;
        throw error;
      },
    );
    if (found) return session.show('POST /parked/:id/retry', { params: { id: text } }, queued);
  }
  await session.show('POST /records/:id/retry', { params: { id: await linkOf(session, text) } }, queued);
};

interface Many {
  readonly mapping?: string;
  readonly code?: string;
  readonly all?: true;
  readonly dryRun?: true;
  readonly yes?: true;
}

const wouldText = ({ records, codes = {} }: z.infer<typeof BulkActed>): string =>
  records === 0
    ? 'Nothing of that is parked.\n'
    : `Would be tried again: ${number(records)} record${records === 1 ? '' : 's'} (${counts(codes)}).\n`;

/** Many at once: first how many, then, with a yes, do it. */
const retryMany = async (session: Session, { mapping, code, dryRun, yes }: Many): Promise<void> => {
  const filter = { mapping, code };
  if (dryRun === true) return session.show('POST /parked/retry', { body: { ...filter, dry_run: true } }, wouldText);
  const { reply } = await session.client.call<z.infer<typeof BulkActed>>('POST /parked/retry', {
    body: { ...filter, dry_run: true },
  });
  if (!session.json) session.say(wouldText(reply));
  if (reply.records > 0 && !(await agreed(session, 'Try them again?', yes === true))) return;
  if (reply.records === 0 && !session.json) return;
  await session.show('POST /parked/retry', { body: filter }, queued);
};

const retryCommand = (program: Command, io: Io): void => {
  common(program.command('retry'))
    .argument('[what]', 'a parked id, or a record by any of its ids or its name')
    .description('try parked records again')
    .option('--mapping <name>', 'all that is parked of this mapping')
    .option('--code <code>', 'all that is parked with this code')
    .option('--all', 'all that is parked')
    .option('--dry-run', 'of many: only say how many')
    .option('--yes', 'of many: without asking')
    .action(async (what: string | undefined, options: Many, command: Command) => {
      const session = sessionOf(io, command);
      const { mapping, code, all } = options;
      const many = mapping !== undefined || code !== undefined || all === true;
      if (many === (what !== undefined))
        return command.error('name one record, or say which with --mapping, --code or --all');
      return what === undefined ? retryMany(session, options) : retryOne(session, what);
    });
};

interface Ruling {
  readonly take?: 'crm' | 'erp';
  readonly create?: true;
  readonly link?: { readonly slot: string; readonly id: string };
  readonly field?: string;
}

/** The parked item that is meant: by its own id, or by its record and, where several are parked, its field. */
const itemOf = async (session: Session, text: string, field: string | undefined): Promise<Item> => {
  const find = async (id: string): Promise<Item> =>
    (await session.client.call<Item>('GET /parked/:id', { params: { id } })).reply;
  if (field === undefined && isUuid(text)) return find(text);
  const link = await linkOf(session, text);
  const { reply } = await session.client.call<{ parked: readonly Item[] }>('GET /records/:id', {
    params: { id: link },
  });
  const wanted = reply.parked.filter((item) => field === undefined || item.field === field);
  const [only, ...others] = wanted;
  if (only === undefined)
    throw new SyncError(
      'NOT_FOUND',
      field === undefined ? `nothing of "${text}" is parked` : `${field} of "${text}" is not parked`,
    );
  if (others.length > 0)
    throw new SyncError(
      'BAD_REQUEST',
      `${wanted.length} things of "${text}" are parked; say which with --field, or by the parked id`,
      { problems: wanted.map((item) => `${item.id}  ${item.field || '(record)'}  ${item.code}`) },
    );
  return find(only.id);
};

const place = (text: string): { slot: string; id: string } => {
  const [slot = '', ...rest] = text.split('=');
  const id = rest.join('=');
  if (slot === '' || id === '')
    throw new InvalidArgumentError('Write it as connection/Record=id, for instance erp/Partner=100045.');
  return { slot, id };
};

const resolveCommand = (program: Command, io: Io): void => {
  common(program.command('resolve'))
    .argument('<what>', 'a parked id, or a record by any of its ids or its name')
    .description('settle what is parked: which value stands, which records belong together')
    .addOption(
      new Option('--take <side>', 'the value of this side stands')
        .choices(['crm', 'erp'])
        .conflicts(['create', 'link']),
    )
    .addOption(new Option('--create', 'the record is new: create it at the other side').conflicts('link'))
    .addOption(new Option('--link <place>', 'the record is the same as connection/Record=id').argParser(place))
    .option('--field <name>', 'which field, where several of a record are parked')
    .action(async (what: string, options: Ruling, command: Command) => {
      const session = sessionOf(io, command);
      if (options.take === undefined && options.create === undefined && options.link === undefined)
        return command.error('say how: --take crm, --take erp, --create or --link connection/Record=id');
      const item = await itemOf(session, what, options.field);
      if (!session.json) session.say(itemText(item));
      const body =
        options.take !== undefined
          ? { take: options.take, seen: { crm: item.crm, erp: item.erp } }
          : options.link !== undefined
            ? { action: 'link', with: options.link }
            : { action: 'create' };
      await session.show('POST /parked/:id/resolve', { params: { id: item.id }, body }, queued);
    });
};

/** `tally parked`, `tally retry`, `tally resolve`. */
export const parkedCommands = (program: Command, io: Io): void => {
  parkedCommand(program, io);
  retryCommand(program, io);
  resolveCommand(program, io);
};
