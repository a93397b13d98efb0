import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { z } from 'zod';
import { recordProblems } from '../../config/described.ts';
import { readConfigFiles } from '../../config/files.ts';
import { mainFile, mappingPath, namedConnections } from '../../config/parse.ts';
import { SyncError } from '../../domain/errors.ts';
import { runCases } from '../../mapping/cases.ts';
import { type CompileOptions, compileMappings } from '../../mapping/compile.ts';
import { type Problem, problemLine, suggestion } from '../../mapping/problem.ts';
import { safeText } from '../../mapping/show.ts';
import type { Explained, Mapping } from '../../server/replies.ts';
import type { Io } from '../io.ts';
import { common, linkOf, type Session, sessionOf } from '../session.ts';
import { table } from '../text.ts';
import { whole } from '../whole.ts';
import { entityFiles } from './entities.ts';
import { explainedText } from './records.ts';

type Files = Readonly<Record<string, string>>;

/** What stands beside the configuration: the mapping files, the connections that it names, where there is one, and all that their connectors say. */
interface Beside {
  readonly files: Files;
  readonly options: Pick<CompileOptions, 'connections' | 'inForce'>;
  readonly configuration: Files;
}

const mappingFiles = async (io: Io, asked?: string): Promise<Beside> => {
  const main = resolve(io.env['TALLY_CONFIG'] || 'tallystick.yaml');
  const folder = dirname(main);
  const names: string[] = [];
  for (const place of ['mappings', 'mappings/lookups'])
    for (const name of await readdir(join(folder, place)).catch(() => []))
      if (name.endsWith('.yaml')) names.push(`${place}/${name}`);
  if (names.length === 0)
    throw new SyncError(
      'CONFIG_INVALID',
      `there is no mapping in ${join(folder, 'mappings')}; set TALLY_CONFIG to the configuration file beside it`,
    );
  const texts = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const);
  const configuration = existsSync(main) ? await readConfigFiles(main) : {};
  const connections = namedConnections(configuration[mainFile(configuration)] ?? '');
  return {
    files: { ...Object.fromEntries(await Promise.all(texts)), ...(await entityFiles(join(folder, 'entities'))) },
    configuration,
    options:
      connections === undefined
        ? {}
        : { connections, inForce: [...inForceIn(names, configuration), ...(asked === undefined ? [] : [asked])] },
  };
};

/** The mappings that a configuration reads, of those in the folder. */
const inForceIn = (names: readonly string[], configuration: Files): readonly string[] =>
  names.filter((name) => Object.hasOwn(configuration, name)).map((name) => basename(name, '.yaml'));

/** Problems of one mapping and of the lookups and entities, or all. */
const ofMapping = (problems: readonly Problem[], name: string | undefined): readonly Problem[] =>
  problems.filter(
    ({ file }) =>
      name === undefined ||
      file.includes('/lookups/') ||
      file.startsWith('entities/') ||
      file === `mappings/${name}.yaml` ||
      file === `mappings/${name}.test.yaml`,
  );

const assertThere = (files: Files, name: string | undefined): void => {
  if (name === undefined || files[`mappings/${name}.yaml`] !== undefined) return;
  const known = Object.keys(files).flatMap((path) => /^mappings\/([^/]+?)(?<!\.test)\.yaml$/.exec(path)?.[1] ?? []);
  throw new SyncError('NOT_FOUND', `there is no mappings/${name}.yaml. ${suggestion(name, known)}`);
};

const refuse = (problems: readonly Problem[]): void => {
  if (problems.length === 0) return;
  throw new SyncError(
    'CONFIG_INVALID',
    `${problems.length} problem${problems.length === 1 ? '' : 's'} in mapping files`,
    { problems: problems.map(problemLine) },
  );
};

const named = <T>(all: ReadonlyMap<string, T>, name: string | undefined): readonly T[] =>
  [...all].flatMap(([each, mapping]) => (name === undefined || each === name ? [mapping] : []));

const check = async (session: Session, name: string | undefined): Promise<void> => {
  const { files, options, configuration } = await mappingFiles(session.io, name);
  assertThere(files, name);
  const { mappings, problems } = compileMappings(files, options);
  // One that neither the configuration nor the person names may be meant for other systems behind the same names of connections.
  const inForce = named(mappings, name).filter(
    (each) => name !== undefined || Object.hasOwn(configuration, mappingPath(each.name)),
  );
  refuse([...ofMapping(problems, name), ...recordProblems(configuration, inForce)]);
  const checked = name === undefined ? [...mappings.keys()] : [name];
  const apart = checked.filter((each) => !inForce.some((held) => held.name === each));
  const note =
    apart.length === 0 || Object.keys(configuration).length === 0
      ? ''
      : `Not named in the configuration, so not compared with the records of its systems: ${apart.join(', ')}.\n`;
  session.print({ ok: true, mappings: checked }, `${checked.join(', ')}: no problem found.\n${note}`);
};

const test = async (session: Session, name: string | undefined): Promise<void> => {
  const { files, options } = await mappingFiles(session.io, name);
  assertThere(files, name);
  const { results, problems } = runCases(files, options);
  refuse(ofMapping(problems, name));
  const mine = results.filter(({ mapping }) => name === undefined || mapping === name);
  const failed = mine.filter(({ differences }) => differences.length > 0);
  const cases = mine.map((each) => ({
    mapping: each.mapping,
    case: each.name,
    file: each.file,
    line: each.line,
    differences: each.differences,
  }));
  const lines = mine.map(
    (each) =>
      `${each.differences.length === 0 ? 'ok    ' : 'FAILED'}  ${each.mapping}: ${safeText(each.name)}\n${each.differences.map((difference) => `          ${safeText(difference)}\n`).join('')}`,
  );
  session.print({ ok: failed.length === 0, cases }, lines.join(''));
  if (failed.length > 0)
    throw new SyncError('CONFIG_INVALID', `${failed.length} of ${mine.length} cases failed`, {
      problems: failed.map((each) => `${each.file}:${each.line}:${each.column} ${each.name}`),
    });
};

type ExplainedReply = z.infer<typeof Explained>;

const explainSide = async (session: Session, name: string, text: string): Promise<void> => {
  const id = await linkOf(session, text);
  const { reply } = await session.client.call<{ explained: readonly ExplainedReply[] }>('GET /records/:id/explain', {
    params: { id },
  });
  const mine = reply.explained.filter(({ mapping }) => mapping === name);
  if (mine.length === 0) throw new SyncError('NOT_FOUND', `"${text}" does not belong to ${name}`);
  session.print({ explained: mine }, mine.map(explainedText).join('\n'));
};

const offlineCommands = (group: Command, io: Io): void => {
  common(group.command('check'))
    .argument('[name]', 'all if left out')
    .description('what is wrong in the files, with place and remedy')
    .action((name: string | undefined, _: unknown, command: Command) => check(sessionOf(io, command), name));
  common(group.command('test'))
    .argument('[name]', 'all if left out')
    .description('run the cases that stand beside the mapping')
    .action((name: string | undefined, _: unknown, command: Command) => test(sessionOf(io, command), name));
};

const onlineCommands = (group: Command, io: Io): void => {
  common(group.command('list'))
    .description('mappings in force')
    .action((_: unknown, command: Command) =>
      sessionOf(io, command).show<{ mappings: readonly z.infer<typeof Mapping>[] }>(
        'GET /mappings',
        {},
        ({ mappings }) =>
          table(
            ['mapping', 'revision', 'crm', 'erp'],
            mappings.map((each) => [each.name, String(each.revision), each.crm, each.erp]),
          ),
      ),
    );
  common(group.command('explain'))
    .argument('<name>')
    .description('what a sync would do with one record now, field by field, and why')
    .option('--crm <id>', 'the record, by its id in the CRM')
    .option('--erp <id>', 'the record, by its id in the ERP')
    .action((name: string, { crm, erp }: { crm?: string; erp?: string }, command: Command) => {
      const text = crm ?? erp;
      if (text === undefined || (crm !== undefined && erp !== undefined))
        return command.error('name one record: --crm or --erp with its id');
      return explainSide(sessionOf(io, command), name, text);
    });
  common(group.command('preview'))
    .argument('<name>')
    .description('what a sync would do now, for a few records')
    .option('--limit <count>', 'how many records', whole(1, 200), 20)
    .action((name: string, { limit }: { limit: number }, command: Command) =>
      sessionOf(io, command).show<{ records: readonly ExplainedReply[] }>(
        'GET /mappings/:name/preview',
        { params: { name }, query: { limit } },
        ({ records }) => (records.length === 0 ? 'There is no record.\n' : records.map(explainedText).join('\n')),
      ),
    );
};

/** `tally mapping …`; `check` and `test` need nothing but the files. */
export const mappingCommands = (program: Command, io: Io): void => {
  const group = program.command('mapping').description('mappings: check, test, explain, preview');
  offlineCommands(group, io);
  onlineCommands(group, io);
};
