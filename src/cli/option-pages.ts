/** Pages that list options: what `tallystick.yaml`, the environment and the codecs of a mapping may say. */
import { homedir } from 'node:os';
import { z } from 'zod';
import { EngineSchema, TlsSchema } from '../config/engine.ts';
import { ConfigurationSchema, ConnectionSchema, PeopleSchema } from '../config/schema.ts';
import { SettingsSchema } from '../config/settings.ts';
import { ExactNumber, type Json } from '../domain/json.ts';
import { CODECS } from '../mapping/codecs.ts';

interface Shape {
  readonly anyOf?: readonly Shape[];
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: Shape;
  readonly additionalProperties?: Shape;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly default?: unknown;
  readonly secret?: boolean;
}
interface ObjectShape {
  readonly properties: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
}

const shapeOf = (schema: z.ZodType): ObjectShape =>
  z.toJSONSchema(schema, { unrepresentable: 'any', reused: 'inline' }) as unknown as ObjectShape;

/** Bounds that were meant; those that only say "fits a number" are left out. */
const rangeOf = ({ minimum, exclusiveMinimum, maximum }: Shape): string => {
  const bounds = [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`to ${maximum}`]),
  ];
  return bounds.length === 0 ? '' : ` ${bounds.join(' ')}`;
};

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
};

const kindOf = (shape: Shape): string => {
  if (shape.anyOf !== undefined) return shape.anyOf.map(kindOf).join(' or ');
  if (shape.enum !== undefined) return shape.enum.map((word) => `\`${word}\``).join(', ');
  if (shape.type === 'array') return `list of ${kindOf(shape.items ?? {})}s`;
  if (shape.type === 'object') return 'names with values';
  return `${NAMES[shape.type ?? ''] ?? 'value'}${rangeOf(shape)}`;
};

// A default below the home folder of whoever made the page would make another page on each machine.
const shown = (value: unknown): string =>
  `\`${(typeof value === 'string' ? value : JSON.stringify(value)).replace(homedir(), '~')}\``;

const cell = (text: string): string => text.replaceAll('|', '\\|');

const optionTable = (schema: z.ZodType): readonly string[] => {
  const { properties, required = [] } = shapeOf(schema);
  const rows = Object.entries(properties).map(([name, shape]) => {
    const fallback =
      shape.default !== undefined ? shown(shape.default) : required.includes(name) ? 'must be given' : 'none';
    const what = `${shape.description ?? ''}${shape.secret === true ? '. **Secret**: never shown or logged' : ''}`;
    return `| \`${name}\` | ${cell(kindOf(shape))} | ${fallback} | ${cell(what)} |`;
  });
  return ['| option | kind | default | meaning |', '| --- | --- | --- | --- |', ...rows];
};

/** The page of every option of `tallystick.yaml` and of the environment. */
export const configurationPage = (): string =>
  [
    '# Configuration',
    '',
    'Made from `src/config/schema.ts`, `src/config/engine.ts` and `src/config/settings.ts` by `npm run docs`.',
    '',
    '## The file `tallystick.yaml`',
    '',
    'It names the systems and what is kept in agreement. A word that is not listed here is refused, with its place.',
    '',
    ...optionTable(ConfigurationSchema),
    '',
    '## Who asks through views',
    '',
    'The names in `people`. What a view is: [views](views.md).',
    '',
    ...optionTable(PeopleSchema),
    '',
    '## One connection',
    '',
    'Each entry of `connections`. Its name has small letters, digits and hyphens and is the one that mappings use.',
    '',
    ...optionTable(ConnectionSchema),
    '',
    'A value that begins with `env:` is read from that environment variable, one that begins with `file:` from that file,',
    'when a worker opens the connection. What a connector marks as secret must be such a reference outside',
    '`TALLY_MODE=local`. Which names `settings` needs stands in the connector’s own `connector.yaml`, under `settings`.',
    '',
    '## The file `temporal.yaml`',
    '',
    'It stands beside `tallystick.yaml` and says where the engine is.',
    '',
    ...optionTable(EngineSchema),
    '',
    'The names in `tls`; files are looked for beside `temporal.yaml`:',
    '',
    ...optionTable(TlsSchema),
    '',
    '## The environment',
    '',
    'Read once when a process starts. A variable that is empty counts as not set.',
    '',
    ...optionTable(SettingsSchema),
    '',
  ].join('\n');

const literal = (value: Json): string => {
  if (value === null) return 'empty';
  return `\`${value instanceof ExactNumber ? value.text : JSON.stringify(value)}\``;
};

/** The page of every codec, with the examples that are run as tests. */
export const codecsPage = (): string => {
  const rows = Object.entries(CODECS).map(([name, { summary, law, examples, oneWay }]) => {
    const read = examples.map(([native, value]) => `${literal(native)} → ${literal(value)}`).join('<br>');
    const ways = oneWay === undefined ? 'both' : oneWay({}, 2) === oneWay({}, 1) ? 'one' : 'see left';
    return `| \`${name}\` | ${cell(summary)} | ${cell(read)} | ${ways} | ${cell(law)} |`;
  });
  return [
    '# Codecs',
    '',
    'Made from `src/mapping/codecs.ts` by `npm run docs`. A codec is what a field says after `as:`. It reads what a system',
    'holds into one common form and writes it again. The examples are tests; *empty* is how nothing is understood.',
    '',
    '| codec | what it does | reads | flows | law |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
};
