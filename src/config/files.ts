/** Reads the files of a configuration from disk, as they would be stored in a revision. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SyncError } from '../domain/errors.ts';
import { isObject, type Json } from '../domain/json.ts';
import { readYaml } from '../mapping/yaml.ts';
import { connectorFolder, mappingPath, viewPath } from './parse.ts';

/** Where the presets that come with the product lie. */
const PRODUCT = fileURLToPath(new URL('../..', import.meta.url));

/** Told each file and folder that is asked for, also what is not there. */
type Asked = (place: string) => void;

/** By relative path: the configuration, its mappings and views, all lookups and entities, and each connector's preset with its record schemas. Broken YAML is read too; parsing says what is wrong with it. */
export const readConfigFiles = async (
  path: string,
  asked: Asked = () => undefined,
): Promise<Readonly<Record<string, string>>> => {
  const folder = dirname(resolve(path));
  const main = await textOf(resolve(path), asked);
  if (main === undefined)
    throw new SyncError('CONFIG_INVALID', `there is no ${path}; write one, or set TALLY_CONFIG to where it is`, {
      file: path,
    });
  const named = namedIn(main);
  const wanted = [
    ...named.mappings.map(mappingPath),
    ...named.views.map(viewPath),
    ...(await listed(join(folder, 'mappings', 'lookups'), '.yaml', asked)).map((name) => `mappings/lookups/${name}`),
    ...(await listed(join(folder, 'entities'), '.yaml', asked)).map((name) => `entities/${name}`),
  ];
  const own = await Promise.all(wanted.map(async (name) => [name, await textOf(join(folder, name), asked)] as const));
  const presets = await Promise.all(
    [...new Set(named.connectors)].map((connector) => presetFiles(folder, connector, asked)),
  );
  const files = [[basename(path), main] as const, ...own, ...presets.flat()];
  return Object.fromEntries(files.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
};

/** What may stand beside a preset: its record schemas, and a stored WSDL with what it imports. */
const BESIDE = [
  ['schema', '.json'],
  ['wsdl', '.wsdl'],
  ['wsdl', '.xsd'],
  ['wsdl', '.json'],
] as const;

/** A preset and the files beside it: beside the configuration, else those that come with the product. */
const presetFiles = async (
  folder: string,
  connector: string,
  asked: Asked,
): Promise<readonly (readonly [string, string | undefined])[]> => {
  const place = connectorFolder(connector);
  for (const base of [folder, PRODUCT]) {
    const preset = await textOf(join(base, place, 'connector.yaml'), asked);
    if (preset === undefined) continue;
    const beside = (
      await Promise.all(
        BESIDE.map(async ([folder, ending]) =>
          (await listed(join(base, place, folder), ending, asked)).map((name) => `${folder}/${name}`),
        ),
      )
    ).flat();
    const texts = await Promise.all(
      beside.map(async (name) => [`${place}/${name}`, await textOf(join(base, place, name), asked)] as const),
    );
    return [[`${place}/connector.yaml`, preset], ...texts];
  }
  return [];
};

const ABSENT = new Set(['ENOENT', 'ENOTDIR']);
const absent = (error: unknown): boolean => ABSENT.has((error as { code?: string }).code ?? '');

const textOf = async (path: string, asked: Asked): Promise<string | undefined> => {
  asked(path);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (absent(error)) return undefined;
    throw new SyncError('CONFIG_INVALID', `${path} cannot be read; correct its permissions`, { file: path }, error);
  }
};

const listed = async (folder: string, ending: string, asked: Asked): Promise<readonly string[]> => {
  asked(folder);
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(ending) && !name.endsWith('.test.yaml')).sort();
  } catch (error) {
    if (absent(error)) return [];
    throw error;
  }
};

const PLAIN = /^[A-Za-z0-9_./-]+$/;
const words = (value: Json | undefined): readonly string[] =>
  Array.isArray(value)
    ? value.filter((item): item is string => typeof item === 'string' && PLAIN.test(item) && !item.includes('..'))
    : [];

interface Named {
  readonly mappings: readonly string[];
  readonly views: readonly string[];
  readonly connectors: readonly string[];
}

/** Names of mappings, views and connectors as far as they can be made out; the schema judges them later. */
const namedIn = (main: string): Named => {
  const value = readYaml('', main).source?.value;
  if (value === undefined || !isObject(value)) return { mappings: [], views: [], connectors: [] };
  const connections = value.connections;
  const all = connections !== undefined && isObject(connections) ? Object.values(connections) : [];
  return {
    mappings: words(value.mappings),
    views: words(value.views),
    connectors: words(all.map((one) => (isObject(one) ? (one.connector ?? null) : null))),
  };
};
