/** Pages about entities: one each, made from the declarations, and one that lists them and their types. */
import type { Entity, EntityField, Fields } from '../domain/entities/entity.ts';
import { ENTITIES } from '../domain/entities/index.ts';
import { type TypeName, typeOf, VALUE_TYPES } from '../domain/entities/types.ts';
import { UNITS } from '../domain/units.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');

/** A name as a title: `price-list-entry` → Price list entry. */
export const titleOf = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`.replaceAll('-', ' ');

/** What a number counts: the field of its currency or unit, or the unit that never changes. */
export const unitOf = ({ in: beside, unit, over }: EntityField): string => {
  const said = [
    ...(beside === undefined ? [] : [`in \`${beside}\``]),
    ...(unit === undefined ? [] : [`${UNITS.get(unit) ?? unit} (${unit})`]),
    ...(over === undefined ? [] : [`over \`${over}\``]),
  ];
  return said.join(', ');
};

/** What its value may be, beyond its type. */
export const limitsOf = (field: EntityField): string =>
  [
    ...(field.required === true ? ['needed'] : []),
    ...(field.max === undefined ? [] : [`at most ${field.max} characters`]),
    ...(field.one_of === undefined ? [] : [`one of ${field.one_of.map((word) => `\`${word}\``).join(', ')}`]),
    ...(field.personal === true ? ['personal'] : []),
    ...(field.necessary === undefined ? [] : [`necessary: ${field.necessary}`]),
  ].join('; ');

const typed = (field: EntityField): string =>
  field.to === undefined
    ? field.type
    : `${field.type} to ${ENTITIES.has(field.to) ? `[${field.to}](${field.to}.md)` : field.to}`;

const rows = (fields: Fields): readonly string[] => [
  '| field | type | unit | meaning | limits | read from |',
  '| --- | --- | --- | --- | --- | --- |',
  ...Object.entries(fields).map(
    ([name, field]) =>
      `| ${[`\`${name}\``, typed(field), unitOf(field), field.summary, limitsOf(field), field.sources.join('<br>')].map(cell).join(' | ')} |`,
  ),
];

/** The page of one entity. */
export const entityPage = (entity: Entity): string =>
  [
    `# ${titleOf(entity.entity)}`,
    '',
    'Made from `src/domain/entities` by `npm run docs`. What a type means, and how a mapping uses it: [entities](README.md).',
    '',
    entity.summary,
    '',
    ...rows(entity.fields),
    '',
    ...Object.entries(entity.lines ?? {}).flatMap(([name, line]) => [
      `## ${titleOf(name)}`,
      '',
      line.summary,
      '',
      ...rows(line.fields),
      '',
    ]),
  ].join('\n');

const typeRows = (): readonly string[] =>
  (Object.keys(VALUE_TYPES) as TypeName[]).map((name) => {
    const { summary, codec, also, lookup, examples } = typeOf(name);
    const codecs = [
      ...(codec === undefined ? [] : [`\`${codec}\``]),
      ...also.map((each) => `(\`${each}\`)`),
      ...(lookup ? ['or a table'] : []),
    ].join(' ');
    return `| ${name} | ${cell(summary)} | ${codecs} | ${examples.map((each) => `\`${String(each)}\``).join(', ')} |`;
  });

/** The page that lists entities and types. */
export const entitiesPage = (): string =>
  [
    '# Entities',
    '',
    'Made from `src/domain/entities` by `npm run docs`. An entity says once what the fields of one kind of business record mean, of which type they are,',
    'in which unit, and in which standards and systems they were read (columns of Salesforce, HubSpot, Odoo, ERPNext and Tryton as our presets name them). A mapping that says `entity: customer` takes the type of each field that has a name',
    'from there; it may have fields of its own beside them.',
    '',
    '| entity | fields | what it is |',
    '| --- | --- | --- |',
    ...[...ENTITIES.values()].map(
      ({ entity, fields, summary }) =>
        `| [${entity}](${entity}.md) | ${Object.keys(fields).length} | ${cell(summary)} |`,
    ),
    '',
    '## Types',
    '',
    'A mapping’s field of such a type is translated by the first codec here unless it says one of those in brackets or a lookup table; any other is refused',
    'by the check (`entity-type`). Where none stands, the words must be translated by a table.',
    '',
    '| type | what it is | codec | examples |',
    '| --- | --- | --- | --- |',
    ...typeRows(),
    '',
    'A number is always decimal text: `0.1` stays `0.1`. Money and prices stand beside their currency, quantities beside their unit; an amount has no more decimals',
    'than its currency (none in JPY, three in KWD). What a system holds as numerator and denominator stays two fields: nothing is divided.',
    '',
    '## An entity of your own',
    '',
    '```sh',
    'npm run tally -- entity list',
    'npm run tally -- entity show customer',
    'npm run tally -- entity new project --summary "Work that we do for a customer." --field budget:money',
    '```',
    '',
    'The last writes `entities/project.yaml` beside the configuration; correct it there. It says the same words as ours:',
    '',
    '| word | of | what it says |',
    '| --- | --- | --- |',
    '| `entity`, `summary` | the file | its name, the same as the file’s, and one sentence |',
    '| `fields` | the file, a list | its fields by name |',
    '| `lines` | the file | lists within the record, each with a `summary` and `fields` |',
    '| `type`, `summary` | a field | one of the types above, and what it means |',
    '| `sources` | a field | standards and columns it was read from |',
    '| `required`, `max`, `one_of` | a field | needed; longest text; the words of a choice |',
    '| `in`, `unit` | a field | the field of its currency or unit, or a unit that never changes |',
    '| `over` | a field | for a numerator: the field of the type `divisor` beside it |',
    '| `to` | a field | the entity that a reference leads to |',
    '| `personal`, `necessary` | a field | it says something about a person; why a number that identifies one must cross |',
    '| `examples` | a field | values that must be right |',
    '',
    'Files in `entities/` belong to the configuration: `tally mapping check` reads them, `tally config plan` shows what changed, and they are stored with it.',
    'Editors complete the words by `mappings/schema/entity.schema.json`.',
    '',
    '## People',
    '',
    'Of staff and contacts only what the work needs is declared: no birth, no pay, no number that a state or a bank gave them. The check refuses a field, or a',
    'column, that identifies a person so or is a private matter like pay and home (`identity-number`) unless the entity’s field says under `necessary:` why it must cross. It goes by names in English;',
    'what `employee_id_2` holds it cannot know.',
    '',
  ].join('\n');
