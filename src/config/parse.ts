/** From a stored revision to what processes use. Pure: the same revision gives the same configuration everywhere. */
import type { z } from 'zod';
import { isObject, type Json } from '../domain/json.ts';
import type { Problem } from '../mapping/problem.ts';
import { readYaml } from '../mapping/yaml.ts';
import { checkedYaml, invalidFiles } from './place.ts';
import type { ConfigRevision, Configuration, ConnectionSettings, People } from './port.ts';
import { ConfigurationSchema, type ConnectionSchema, type PeopleSchema } from './schema.ts';

/** The path, inside a revision, of a connector's preset. */
export const presetPath = (connector: string): string => `${connectorFolder(connector)}/connector.yaml`;

/** The folder of a connector: a bare name stands under connectors/. */
export const connectorFolder = (connector: string): string => {
  const path = connector.replace(/^\.\//, '');
  return path === connector && !path.includes('/') ? `connectors/${path}` : path;
};

/** The path, inside a revision, of a mapping. */
export const mappingPath = (mapping: string): string => `mappings/${mapping}.yaml`;

/** The path, inside a revision, of a view. */
export const viewPath = (view: string): string => `views/${view}.yaml`;

/** The configuration file of a revision: the one YAML file that lies in no folder. */
export const mainFile = (files: ConfigRevision['files']): string =>
  Object.keys(files).find((path) => !path.includes('/')) ?? 'tallystick.yaml';

/** Names of the connections that a configuration file gives, whatever else is wrong in it; undefined when it gives none. */
export const namedConnections = (main: string): readonly string[] | undefined => {
  const value = readYaml('', main).source?.value;
  if (value === undefined || !isObject(value) || value.connections === undefined) return undefined;
  return isObject(value.connections) ? Object.keys(value.connections) : undefined;
};

/** The files that the mapping compiler is given. */
export const mappingFiles = (files: ConfigRevision['files']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(files).filter(([path]) => path.startsWith('mappings/') || path.startsWith('entities/')),
  );

/** Everything a revision says, or CONFIG_INVALID with every problem's file, line, column and remedy. */
export const parseConfiguration = (revision: ConfigRevision): Configuration => {
  const main = mainFile(revision.files);
  const { value, source, problems } = checkedYaml(ConfigurationSchema, main, revision.files[main] ?? '');
  if (value === undefined || source === undefined) throw invalidFiles(problems);
  const connections = Object.entries(value.connections).map(([name, given]) => connectionOf(name, given));
  const found: Problem[] = [...problems];
  const presets: Record<string, Json> = {};
  for (const { name, connector } of connections) {
    const path = presetPath(connector);
    const text = revision.files[path];
    if (text === undefined) {
      found.push({
        file: main,
        ...source.at(['connections', name, 'connector']),
        rule: 'unknown-connector',
        message: `there is no ${path}`,
        remedy: 'Correct the name, or add that file.',
      });
      continue;
    }
    const preset = readYaml(path, text);
    found.push(...preset.problems);
    if (preset.source !== undefined) presets[connector] = preset.source.value;
  }
  for (const [i, mapping] of value.mappings.entries())
    if (revision.files[mappingPath(mapping)] === undefined)
      found.push({
        file: main,
        ...source.at(['mappings', i]),
        rule: 'unknown-mapping',
        message: `there is no ${mappingPath(mapping)}`,
        remedy: 'Correct the name, or add that file.',
      });
  for (const [i, view] of value.views.entries())
    if (revision.files[viewPath(view)] === undefined)
      found.push({
        file: main,
        ...source.at(['views', i]),
        rule: 'unknown-view',
        message: `there is no ${viewPath(view)}`,
        remedy: 'Correct the name, or add that file.',
      });
  if (found.length > 0) throw invalidFiles(found);
  const { mappings, views, people } = value;
  return {
    revision: revision.number,
    connections,
    presets,
    mappings,
    views,
    ...(people === undefined ? {} : { people: given(people) }),
  };
};

const given = ({ mapping, ...fields }: z.infer<typeof PeopleSchema>): People => ({
  mapping,
  ...(Object.fromEntries(Object.entries(fields).filter(([, field]) => field !== undefined)) as Omit<People, 'mapping'>),
});

/** Settings that their connector calls secret and that stand in the file itself instead of where a reference leads. */
export const bareSecrets = ({ files }: Pick<ConfigRevision, 'files'>): readonly string[] => {
  const { connections, presets } = parseConfiguration({ number: 0, author: '', files });
  return connections.flatMap(({ name, connector, settings }) => {
    const preset = presets[connector];
    const declared = isObject(preset) && isObject(preset.settings) ? preset.settings : {};
    return Object.entries(settings).flatMap(([setting, value]) => {
      const declaration = Object.hasOwn(declared, setting) ? declared[setting] : undefined;
      const secret = isObject(declaration) && declaration.secret === true;
      return !secret || /^(env|file):/.test(value)
        ? []
        : [
            `connections.${name}.settings.${setting}: a secret must not stand in the file; write env:NAME or file:/path`,
          ];
    });
  });
};

/** A connection as processes use it, from its checked entry. */
export const connectionOf = (name: string, given: z.infer<typeof ConnectionSchema>): ConnectionSettings => ({
  name,
  connector: given.connector,
  url: given.url,
  allow: given.allow,
  settings: given.settings,
  concurrency: given.concurrency,
  settleMs: given.settle_ms,
  lagMs: given.lag_ms,
  callMs: given.call_ms,
  pollMs: given.poll_ms,
  sweepMs: given.sweep_ms,
  skewMs: given.skew_ms,
  ...(given.per_second === undefined ? {} : { perSecond: given.per_second }),
  ...(given.capabilities === undefined ? {} : { capabilities: given.capabilities }),
});
