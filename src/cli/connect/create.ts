/** From the interview to the files: shown, tried, agreed to, written. */
import { resolve } from 'node:path';
import { ConnectionSchema } from '../../config/schema.ts';
import { createSecrets } from '../../config/secrets.ts';
import { readSettings } from '../../config/settings.ts';
import { SyncError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { agreed } from '../agreed.ts';
import type { Io } from '../io.ts';
import type { Session } from '../session.ts';
import { answer, type Flags } from './answers.ts';
import { interviewFiles } from './files.ts';
import type { Interviewed, Place } from './interviewed.ts';
import { interviewRest } from './rest.ts';
import { understoodText } from './show.ts';
import { interviewSoap } from './soap.ts';
import { assertSound, type Trial, type TrialRead } from './trial.ts';
import { addEntry, assertFree, entryText, filesOf, writeFolder } from './write.ts';

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

/** Makes a connector and its connection. */
export const createConnection = async (session: Session, name: string, flags: Flags): Promise<void> => {
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
