import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { ConnectionSchema } from '../../config/schema.ts';
import { createSecrets } from '../../config/secrets.ts';
import { readSettings } from '../../config/settings.ts';
import { SyncError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { agreed } from '../agreed.ts';
import { answer, type Flags } from '../connect/answers.ts';
import { interviewFiles } from '../connect/files.ts';
import type { Interviewed, Place } from '../connect/interviewed.ts';
import { interviewRest } from '../connect/rest.ts';
import { understoodText } from '../connect/show.ts';
import { interviewSoap } from '../connect/soap.ts';
import { assertSound, type Trial, type TrialRead } from '../connect/trial.ts';
import { addEntry, assertFree, entryText, filesOf, writeFolder } from '../connect/write.ts';
import type { Io } from '../io.ts';
import { common, type Session, sessionOf } from '../session.ts';

const NAME = /^[a-z][a-z0-9-]{0,39}$/;

const placeOf = (io: Io, name: string): Place => {
  const settings = readSettings(io.env);
  // As for a plan: without another address it is this machine that is meant.
  const mode = io.env['TALLY_MODE'] || io.env['TALLY_API_URL'] ? settings.TALLY_MODE : 'local';
  return { name, mode, secret: createSecrets(io.env) };
};

const entryOf = (name: string, { address, settings, allow }: Interviewed): JsonObject => {
  const entry: JsonObject = {
    connector: name,
    url: address,
    ...(allow.length === 0 ? {} : { allow }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
  const checked = ConnectionSchema.safeParse(entry);
  if (checked.success) return entry;
  const [issue] = checked.error.issues;
  throw new SyncError(
    'BAD_REQUEST',
    `--${issue?.path[0] === 'url' ? 'address' : String(issue?.path[0])}: ${issue?.message}`,
  );
};

const readText = (read: TrialRead, from: string): string => {
  const rows = read.records.map(
    ({ id, version, modifiedAt }) =>
      `  ${id}${version === undefined ? '' : `, version ${version}`}${modifiedAt === undefined ? '' : `, changed ${modifiedAt}`}\n`,
  );
  const troubles = [...read.problems, ...read.warnings].map((problem) => `  Warning: ${problem}\n`);
  return `\nRead by the engine from ${from}${read.more ? ', and it found the way to the next page' : ''}:\n${rows.join('')}${troubles.join('')}`;
};

const listed = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${heading}\n${lines.map((line) => `  - ${line}\n`).join('')}`;

/** The kind of system shows in what it is reached by. */
const interviewed = async (io: Io, flags: Flags, place: Place): Promise<Interviewed> => {
  const address = await answer(io, flags.address, {
    flag: '--address',
    question: 'The address of the system, https://…, folder:/… or sftp://…:',
  });
  if (/^(folder|sftp):/.test(address)) return interviewFiles(io, flags, address, place);
  const wsdl = await answer(io, flags.wsdl, {
    flag: '--wsdl',
    question: 'For SOAP its WSDL, a file or a path below the address; for REST Enter:',
    fallback: '',
  });
  if (wsdl !== '') return interviewSoap(io, { ...flags, wsdl }, address, place);
  return interviewRest(io, flags, address, place);
};

const create = async (session: Session, name: string, flags: Flags): Promise<void> => {
  const { io } = session;
  if (!NAME.test(name))
    throw new SyncError(
      'BAD_REQUEST',
      `"${name}" is not a name; use small letters, digits and hyphens, beginning with a letter`,
    );
  const main = resolve(readSettings(io.env).TALLY_CONFIG);
  await assertFree(main, name);
  const place = placeOf(io, name);
  const found = await interviewed(io, flags, place);
  const { draft } = found;
  const entry = entryOf(name, found);
  const files = { ...filesOf(draft, found.source), ...found.beside };
  const trial: Trial = {
    ...place,
    entry,
    preset: draft.preset,
    record: draft.record,
    read: async (path) => files[path],
    signal: io.signal,
  };
  await assertSound(trial);
  const read = await found.tried(trial);
  if (!session.json) {
    session.say(`${found.shown}\n${understoodText(draft)}`);
    if (read !== undefined) session.say(readText(read, found.from));
    session.say(listed('Missing or not sure:', draft.missing));
    session.say(`\nThe connection:\n${entryText(name, entry)}\n`);
  }
  if (!(await agreed(session, `Write connectors/${name} and this connection?`, flags.yes === true))) return;
  const folder = await writeFolder(main, name, files);
  const added = await addEntry(main, name, entry);
  const { understood, missing } = draft;
  session.print(
    { folder, connection: { [name]: entry }, added, understood, missing, read },
    `\n${folder} is written${added ? `, and the connection stands in ${main}` : `. Put the connection above below \`connections:\` in ${main} yourself`}.\nNext: tally connection check ${name}, then a mapping (docs/mappings.md).\n`,
  );
};

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** `tally connection new`. */
export const connectionNewCommand = (group: Command, io: Io): void => {
  common(group.command('new'))
    .argument('<name>', 'of the connection and of its connector’s folder')
    .description('write a connector for a system of your own, from a few answers and one reply')
    .option('--address <url>', 'base address of the system')
    .option('--system <name>', 'its name, for people')
    .option('--record <name>', 'what one record is called, as in Person')
    .addOption(
      new Option('--auth <kind>', 'how it knows us').choices([
        'none',
        'basic',
        'bearer',
        'api_key',
        'oauth2_client_credentials',
      ]),
    )
    .option('--header <name>', 'header of an api_key')
    .option('--token-path <path>', 'where OAuth tokens are given')
    .option('--setting <name=reference>', 'where a credential stands: env:NAME or file:/path', gathered, [])
    .option('--list <request>', 'request that lists records, as in "/v1/persons?limit=100"')
    .option('--sample <file>', 'its reply, or one of its files; without it the system is asked')
    .option('--rows <path>', 'where the rows stand in the reply')
    .option('--id <path>', 'where a row has its id')
    .option('--version-at <path>', 'where a row has its version; "none" for none')
    .option('--changed <path>', 'where a row has the time of its last change; "none" for none')
    .option('--reference <path>', 'where a row keeps our key; "none" for none')
    .option('--zone <zone>', 'zone of times that state none', 'UTC')
    .option('--since <parameters>', 'how to ask for changes, as in "modified_since={since}&sort=modified"')
    .option('--one <request>', 'request for one record, as in "/v1/persons/{id}"')
    .option('--find-by-key <request>', 'request that finds a record by our key, as in "/v1/persons?external_id={key}"')
    .option('--create <request>', 'as in "POST /v1/persons"')
    .option('--update <request>', 'as in "PATCH /v1/persons/{id}"')
    .option('--delete <request>', 'as in "DELETE /v1/persons/{id}"')
    .option('--if-match', 'an update states the version it expects, in If-Match')
    .option(
      '--wsdl <place>',
      'for SOAP: its WSDL, a file here or a path below the address, as in "/soap/partners?wsdl"',
    )
    .option('--endpoint <path>', 'for SOAP: where messages are taken, below the address')
    .option('--whole', 'each file holds all records, so that whoever is missing in it is gone')
    .option('--yes', 'without asking')
    .action((name: string, flags: Flags, command: Command) => create(sessionOf(io, command), name, flags));
};
