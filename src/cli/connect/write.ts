/** Puts a new connector beside the configuration. Nothing that is there is ever overwritten. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Draft } from '../../../connectors/draft/draft.ts';
import { SyncError } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import { readYaml } from '../../mapping/yaml.ts';

const yaml = (value: unknown): string => stringify(value, { lineWidth: 120, aliasDuplicateObjects: false });

/** What is proposed, behind marks: without them it continues the record, which is the last thing in the file. */
const proposedText = ({ proposal, record }: Draft): string => {
  if (proposal === undefined) return '';
  const { blocks, promises } = proposal;
  const promised = Object.entries(promises).map(([name, value]) => `${name}: ${String(value)}`);
  const lines = [
    `Proposed for ${record} from names alone, and not in force. Look at each; what is right begins to be used when its "#~" is taken away.`,
    ...(promised.length === 0 ? [] : [`Then \`capabilities\` may say ${promised.join(' and ')}.`]),
  ];
  const marked = yaml(blocks)
    .trimEnd()
    .split('\n')
    .map((line) => `#~    ${line}\n`);
  return `${lines.map((line) => `# ${line}\n`).join('')}${marked.join('')}`;
};

/** The files of a connector by their path in its folder. `source` says where the fields come from. */
export const filesOf = (draft: Draft, source: string): Readonly<Record<string, string>> => ({
  'connector.yaml': `# ${String(draft.preset['system'])}. Begun by \`tally connection new\`; every option: docs/connectors.md.\n${draft.missing
    .map((each) => `# - ${each}\n`)
    .join('')}${yaml(draft.preset)}${proposedText(draft)}`,
  [`schema/${draft.record}.json`]: `${JSON.stringify({ record: draft.record, source, fields: draft.fields }, null, 2)}\n`,
});

/** The entry of tallystick.yaml. */
export const entryText = (name: string, entry: JsonObject): string =>
  yaml({ [name]: entry })
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

const refuseTaken = (what: string): never => {
  throw new SyncError('BAD_REQUEST', `${what} is there already and is left as it is; choose another name`);
};

/** The connections of a configuration file; undefined where there is no file, or it cannot be read. */
const connectionsOf = (text: string): JsonObject | undefined => {
  const value = readYaml('', text).source?.value;
  const connections = value !== undefined && isObject(value) ? value['connections'] : undefined;
  return connections !== undefined && isObject(connections) ? connections : undefined;
};

/** Nothing of that name may be there. */
export const assertFree = async (main: string, name: string): Promise<void> => {
  const folder = join(dirname(main), 'connectors', name);
  if (existsSync(folder)) refuseTaken(folder);
  const connections = connectionsOf(await readFile(main, 'utf8').catch(() => ''));
  if (connections !== undefined && Object.hasOwn(connections, name)) refuseTaken(`the connection "${name}" of ${main}`);
};

/** Writes the folder; it must not be there. */
export const writeFolder = async (
  main: string,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<string> => {
  const folder = join(dirname(main), 'connectors', name);
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') refuseTaken(folder);
    throw new SyncError('CONFIG_INVALID', `${folder} cannot be made (${error.code}); correct its permissions`);
  });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: 'wx' });
  }
  return folder;
};

/** Puts the entry below `connections:`, comments and all else as they are. False where it must be done by hand. */
export const addEntry = async (main: string, name: string, entry: JsonObject): Promise<boolean> => {
  const text = await readFile(main, 'utf8').catch(() => undefined);
  const before = text === undefined ? undefined : readYaml(basename(main), text).source?.value;
  if (text === undefined || before === undefined || !isObject(before)) return false;
  const after = text.replace(/^connections:[ \t]*(#.*)?$/m, (line) => `${line}\n${entryText(name, entry)}\n`);
  const read: Json | undefined = readYaml(basename(main), after).source?.value;
  const wanted = { ...before, connections: { ...connectionsOf(text), [name]: entry } };
  if (!sameJson(read, wanted)) return false;
  await writeFile(main, after);
  return true;
};
