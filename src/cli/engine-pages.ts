/** Pages about engines: written by hand, with a table of every option between two marks, made from the engine's own schema. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ENGINES } from '../../connectors/index.ts';

interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly additionalProperties?: Shape | boolean;
  readonly oneOf?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly description?: string;
  readonly default?: unknown;
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true` or `false`',
};

const variantsOf = ({ oneOf, anyOf }: Shape): readonly Shape[] => oneOf ?? anyOf ?? [];
const valuesOf = ({ additionalProperties }: Shape): Shape | undefined =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined;
/** A shape with words of its own to explain. */
const isGroup = (shape: Shape): boolean =>
  shape.properties !== undefined ||
  variantsOf(shape).some(isGroup) ||
  (shape.items !== undefined && isGroup(shape.items)) ||
  (valuesOf(shape) !== undefined && isGroup(valuesOf(shape) ?? {}));

const kindOf = (shape: Shape): string => {
  if (shape.const !== undefined) return `\`${String(shape.const)}\``;
  if (shape.enum !== undefined) return shape.enum.map((word) => `\`${word}\``).join(', ');
  if (shape.items !== undefined)
    return isGroup(shape.items) ? 'list, each with what stands below' : `list of ${kindOf(shape.items)}`;
  if (isGroup(shape)) return valuesOf(shape) === undefined ? 'see below' : 'names, each with what stands below';
  const variants = variantsOf(shape);
  if (variants.length > 0) return [...new Set(variants.map(kindOf))].join(' or ');
  if (valuesOf(shape) !== undefined) return 'names with values';
  const { minimum, maximum } = shape;
  const range = [
    minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? '' : ` from ${minimum}`,
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`,
  ];
  return `${NAMES[shape.type ?? ''] ?? 'value'}${range.join('')}`;
};

const cell = (text: string): string => text.replaceAll('|', '\\|');
const fallbackOf = (shape: Shape, needed: boolean): string => {
  if (shape.default !== undefined && !isGroup(shape)) return `\`${cell(JSON.stringify(shape.default))}\``;
  return needed ? 'must be given' : '';
};

const rowsOf = ({ properties = {}, required = [] }: Shape): readonly string[] =>
  Object.entries(properties).map(
    ([name, shape]) =>
      `| \`${name}\` | ${cell(kindOf(shape))} | ${fallbackOf(shape, required.includes(name))} | ${cell(shape.description ?? '')} |`,
  );

const table = (shape: Shape): readonly string[] => [
  '| option | kind | default | meaning |',
  '| --- | --- | --- | --- |',
  ...rowsOf(shape),
];

/** The word that tells the variants of a union apart, where one has it: its name and its value. */
const chosenBy = ({ properties = {} }: Shape): string => {
  const [name, shape] = Object.entries(properties).find(([, each]) => each.const !== undefined) ?? [];
  return name === undefined ? '' : ` with \`${name}: ${String(shape?.const)}\``;
};

/** A table for each group of options, outermost first; a group that stands in two places is shown once. */
const sectionsOf = (shape: Shape, place: string, shown: Map<string, string>): readonly string[] => {
  const own = (each: Shape): string => JSON.stringify({ ...each, description: undefined, default: undefined });
  const variants = variantsOf(shape).filter(isGroup);
  if (variants.length > 0) return variants.flatMap((each) => sectionsOf(each, place, shown));
  const values = valuesOf(shape);
  if (values !== undefined) return sectionsOf(values, `${place}.<name>`, shown);
  if (shape.items !== undefined) return sectionsOf(shape.items, `${place}[]`, shown);
  if (shape.properties === undefined) return [];
  const known = shown.get(own(shape));
  const title = `${place === '' ? 'The file' : `\`${place}\``}${chosenBy(shape)}`;
  if (known !== undefined) return [`### ${title}`, '', `The same as ${known}.`, ''];
  shown.set(own(shape), title);
  const below = Object.entries(shape.properties).flatMap(([name, each]) =>
    isGroup(each) ? sectionsOf(each, place === '' ? name : `${place}.${name}`, shown) : [],
  );
  return [`### ${title}`, '', ...table(shape), '', ...below];
};

const START = '<!-- options: made by `npm run docs` -->';
const END = '<!-- end of options -->';

/** The page of an engine, with the options that it has now. */
export const enginePage = (engine: string, page: URL): string => {
  const text = readFileSync(page, 'utf8');
  const schema = ENGINES[engine]?.schema ?? z.never();
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Shape;
  const [before, after] = [text.slice(0, text.indexOf(START)), text.slice(text.indexOf(END))];
  return [`${before}${START}`, '', ...sectionsOf(shape, '', new Map()), after].join('\n');
};
