import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { type Entity, type EntityField, EntityFile, type Fields } from '../../domain/entities/entity.ts';
import { ENTITIES } from '../../domain/entities/index.ts';
import { TYPE_NAMES, type TypeName } from '../../domain/entities/types.ts';
import { SyncError } from '../../domain/errors.ts';
import { type Entities, readEntities } from '../../mapping/entities.ts';
import { problemLine, suggestion } from '../../mapping/problem.ts';
import { limitsOf, titleOf, unitOf } from '../entity-pages.ts';
import type { Io } from '../io.ts';
import { common, type Session, sessionOf } from '../session.ts';
import { table } from '../text.ts';

const folderOf = (io: Io): string => join(dirname(resolve(io.env['TALLY_CONFIG'] || 'tallystick.yaml')), 'entities');

/** Entity files beside the configuration, by their path there. */
export const entityFiles = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.yaml')).sort();
  const texts = names.map(async (name) => [`entities/${name}`, await readFile(join(folder, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
};

const refuse = ({ problems }: Entities): void => {
  if (problems.length === 0) return;
  const many = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  throw new SyncError('CONFIG_INVALID', `${many} in entity files`, { problems: problems.map(problemLine) });
};

const list = async (session: Session): Promise<void> => {
  const found = readEntities(await entityFiles(folderOf(session.io)));
  refuse(found);
  const all = [...found.entities.values()].map(({ entity, summary, fields }) => ({
    name: entity,
    own: !ENTITIES.has(entity),
    fields: Object.keys(fields).length,
    summary,
  }));
  session.print(
    { entities: all },
    table(
      ['entity', 'fields', 'whose', 'what it is'],
      all.map(({ name, fields, own, summary }) => [name, String(fields), own ? 'yours' : 'product', summary]),
    ),
  );
};

// A page links and sets in code; a terminal shows the words alone.
const plain = (text: string): string => text.replaceAll('`', '');

const fieldTable = (fields: Fields): string =>
  table(
    ['field', 'type', 'unit', 'limits', 'meaning'],
    Object.entries(fields).map(([name, field]) => [
      name,
      field.to === undefined ? field.type : `${field.type} to ${field.to}`,
      plain(unitOf(field)),
      plain(limitsOf(field)),
      field.summary,
    ]),
  );

const show = async (session: Session, name: string): Promise<void> => {
  const { entities, names, ...rest } = readEntities(await entityFiles(folderOf(session.io)));
  const entity = entities.get(name);
  if (entity === undefined) {
    refuse({ entities, names, problems: rest.problems.filter(({ file }) => file === `entities/${name}.yaml`) });
    throw new SyncError('NOT_FOUND', `there is no entity "${name}". ${suggestion(name, [...entities.keys()])}`);
  }
  const lists = Object.entries(entity.lines ?? {}).map(
    ([title, line]) => `\n${titleOf(title)}: ${line.summary}\n\n${fieldTable(line.fields)}`,
  );
  session.print(entity, `${entity.summary}\n\n${fieldTable(entity.fields)}${lists.join('')}`);
};

/** `budget:money` as a field, with the field of its currency or unit beside it. */
const fieldOf = (given: string): Record<string, Partial<EntityField>> => {
  const at = given.lastIndexOf(':');
  const name = given.slice(0, at).trim();
  const type = given.slice(at + 1).trim() as TypeName;
  if (at < 1 || !TYPE_NAMES.includes(type))
    throw new SyncError(
      'BAD_REQUEST',
      `--field ${given}: write a name, a colon and a type. ${suggestion(type, TYPE_NAMES)}`,
    );
  const summary = `${titleOf(name)}: say here what it means.`;
  if (type === 'money' || type === 'price')
    return {
      [name]: { type, summary, in: 'currency' },
      currency: { type: 'currency', summary: 'The currency of its amounts.' },
    };
  if (type === 'quantity')
    return {
      [name]: { type, summary, in: 'unit' },
      unit: { type: 'unit', summary: 'What its quantities are counted in.' },
    };
  if (type === 'choice') return { [name]: { type, summary, one_of: ['open', 'closed'] } };
  return { [name]: { type, summary } };
};

const BEGINNING: Readonly<Record<string, Partial<EntityField>>> = {
  number: { type: 'code', summary: 'The number by which people name it.', required: true },
  name: { type: 'text', summary: 'What it is called.' },
};

const HEAD = `# yaml-language-server: $schema=../mappings/schema/entity.schema.json
#
# An entity of your own: correct the sentences, say which columns each field was read from (\`sources\`), and name it in a
# mapping with \`entity:\`. Every word: docs/entities/README.md. \`tally mapping check\` reads this file too.
`;

interface Wanted {
  readonly summary?: string;
  readonly field: readonly string[];
}

const create = async (session: Session, name: string, { summary, field }: Wanted): Promise<void> => {
  const unnamable = EntityFile.shape.entity.safeParse(name).error?.issues[0];
  if (unnamable !== undefined) throw new SyncError('BAD_REQUEST', `"${name}": ${unnamable.message}`);
  const folder = folderOf(session.io);
  const path = join(folder, `${name}.yaml`);
  const declared = {
    entity: name,
    summary: summary ?? `${titleOf(name)}: say here in one sentence what it is.`,
    fields: Object.assign({}, BEGINNING, ...field.map(fieldOf)) as Entity['fields'],
  };
  const text = `${HEAD}${stringify(declared, { lineWidth: 120 })}`;
  const before = await entityFiles(folder);
  const file = `entities/${name}.yaml`;
  if (before[file] !== undefined)
    throw new SyncError('BAD_REQUEST', `${path} is there already and is left as it is; choose another name`);
  const { problems } = readEntities({ ...before, [file]: text });
  const [first] = problems.filter((problem) => problem.file === file);
  if (first !== undefined) throw new SyncError('BAD_REQUEST', `${first.message}. ${first.remedy}`);
  await mkdir(folder, { recursive: true });
  await writeFile(path, text, { flag: 'wx' });
  session.print(
    { entity: name, file: path },
    `Written: ${path}\nCorrect it there, then say \`entity: ${name}\` in a mapping.\n`,
  );
};

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `tally entity …`; all of it needs nothing but the files. */
export const entityCommands = (program: Command, io: Io): void => {
  const group = program.command('entity').description('what the fields of business records mean: list, show, new');
  common(group.command('list'))
    .description('entities of the product and your own')
    .action((_: unknown, command: Command) => list(sessionOf(io, command)));
  common(group.command('show'))
    .argument('<name>')
    .description('its fields: type, unit, limits, meaning')
    .action((name: string, _: unknown, command: Command) => show(sessionOf(io, command), name));
  common(group.command('new'))
    .argument('<name>')
    .description('begin an entity of your own: entities/<name>.yaml beside the configuration')
    .option('--summary <sentence>', 'what it is')
    .option('--field <name:type>', 'a field besides number and name; may be given several times', gathered, [])
    .action((name: string, wanted: Wanted, command: Command) => create(sessionOf(io, command), name, wanted));
};
