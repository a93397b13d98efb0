/** One page per mapping, for those who know the business: both columns, which way, who wins, what is refused. */

import type { Fields } from '../domain/entities/entity.ts';
import { isObject, type JsonObject } from '../domain/json.ts';
import { SIDES, type Side } from '../domain/record.ts';
import { columnTexts } from '../mapping/field.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { FieldFile, LinesFile, LookupFile, MappingFile } from '../mapping/schema.ts';
import { titleOf } from './entity-pages.ts';
import { lifeOf } from './mapping-life.ts';
import { rollupsOf } from './mapping-rollups.ts';
import { code, NAMES, row, shown, where, words } from './page-words.ts';

const ARROWS: Readonly<Record<FieldFile['flow'], string>> = {
  'crm <-> erp': '↔',
  'crm -> erp': '→',
  'crm <- erp': '←',
};
const CONFLICTS: Readonly<Record<NonNullable<FieldFile['conflict']>, string>> = {
  'crm wins': 'the CRM wins',
  'erp wins': 'the ERP wins',
  'newest wins': 'the newer wins',
  park: 'a person decides',
};
const DRIFTS: Readonly<Record<NonNullable<FieldFile['drift']>, string>> = {
  restore: 'put back',
  keep: 'left',
  report: 'left, and shown',
};

const options = (given: JsonObject): string =>
  Object.entries(given)
    .map(([name, value]) => {
      const said = isObject(value)
        ? Object.entries(value)
            .map(([word, means]) => `${shown(word)} = ${shown(means)}`)
            .join(', ')
        : shown(value);
      return `${name in NAMES ? NAMES[name as Side] : name}: ${said}`;
    })
    .join('; ');

const translation = (field: FieldFile): string => {
  if (field.lookup !== undefined) return `table [${field.lookup}](#${field.lookup})`;
  const given = (field.with ?? {}) as JsonObject;
  return Object.keys(given).length === 0 ? (field.as ?? '') : `${field.as} (${options(given)})`;
};

const limits = (field: FieldFile): string => {
  const { required = false } = field;
  const needed =
    required === true
      ? ['needed']
      : required === false
        ? []
        : [`needed in the ${NAMES[required === 'to_erp' ? 'erp' : 'crm']}`];
  const lengths = SIDES.flatMap((side) =>
    field.max?.[side] === undefined ? [] : [`${NAMES[side]} at most ${field.max[side]} characters`],
  );
  const defaults = SIDES.flatMap((side) => {
    const value = field.default?.[`to_${side}`];
    return value === undefined ? [] : [`${shown(value)} in a new ${NAMES[side]} record if empty`];
  });
  return [
    ...needed,
    ...lengths,
    ...(field.too_long === 'cut' ? ['longer ones are cut'] : []),
    ...(field.create_only === true ? ['only when created'] : []),
    ...(field.empty === 'clear' ? ['emptying one side empties the other'] : []),
    ...defaults,
  ].join('; ');
};

const differing = (field: FieldFile): string => {
  if (field.flow === 'crm <-> erp') return CONFLICTS[field.conflict ?? 'park'];
  return field.create_only === true ? 'left' : DRIFTS[field.drift ?? 'restore'];
};

const columns = (field: FieldFile, side: Side): string => columnTexts(field, side).map(code).join(' and ');

const fieldRows = (fields: MappingFile['fields'], canonical: Fields): readonly string[] => [
  '| field | CRM | | ERP | meaning | translated as | when they differ | limits |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ...Object.entries(fields).map(([name, field]) =>
    row([
      code(name),
      columns(field, 'crm'),
      ARROWS[field.flow],
      columns(field, 'erp'),
      canonical[name]?.summary ?? '',
      translation(field),
      differing(field),
      limits(field),
    ]),
  ),
];

const TAKEN = { delete: 'is taken away there too', keep: 'stays there', park: 'is a question for a person' } as const;

const listed = (name: string, list: LinesFile, canonical: Fields): readonly string[] => [
  `## ${titleOf(name)}`,
  '',
  `The list ${code(list.crm)} in the CRM and ${code(list.erp)} in the ERP, element by element, told apart by ${code(list.key)}.`,
  `What is taken away in the CRM ${TAKEN[list.on_missing?.to_erp ?? 'park']}; what is taken away in the ERP ${TAKEN[list.on_missing?.to_crm ?? 'park']}.`,
  ...(list.whole === true ? ['While one element cannot cross, nothing of the record does.'] : []),
  '',
  ...fieldRows(list.fields, canonical),
  '',
];

const MISSING = { create: 'created', park: 'set aside for a person', ignore: 'left alone' } as const;
const GONE = { report: 'written down', block: 'set aside for a person', delete: 'deleted too' } as const;

const sides = ({ between, include }: MappingFile): readonly string[] =>
  SIDES.map((side) => {
    const { connection, record, scope } = between[side];
    const only = where(include?.[side] ?? {});
    return `- **${NAMES[side]}**: ${code(record)} of the connection ${code(connection)}${scope === undefined ? '' : ` in ${code(scope)}`}${only === '' ? '' : `, only those where ${only}`}.`;
  });

const left = ({ identity: { retired, merged_into: merged } }: MappingFile): readonly string[] =>
  SIDES.flatMap((side) => {
    const marks = where(retired?.[side] ?? {});
    const into = merged?.[side];
    return [
      ...(marks === '' ? [] : [`- In the ${NAMES[side]} a record counts as deleted when ${marks}.`]),
      ...(into === undefined
        ? []
        : [`- One that was merged into another in the ${NAMES[side]} names that one in ${code(into)}.`]),
    ];
  });

const days = ({ effective }: MappingFile): readonly string[] =>
  SIDES.flatMap((side) => {
    const { from, until, after = {}, zone } = effective?.[side] ?? {};
    const then = Object.entries(after).map(([path, value]) => `${code(path)} is ${shown(value)}`);
    return [
      ...(from === undefined
        ? []
        : [
            `- What the ${NAMES[side]} says holds from the day in ${[from].flat().map(code).join(' or ')} on (the later one, in ${zone}); until then it waits.`,
          ]),
      ...(until === undefined
        ? []
        : [`- From the day after ${code(until)} on the ${NAMES[side]}’s record counts as if ${then.join(' and ')}.`]),
    ];
  });

const identity = ({
  identity: { match_on: rules, on_none: missing, on_delete: gone },
}: MappingFile): readonly string[] => [
  `- Two records are one when they agree on ${rules.map((names) => names.map(code).join(' and ')).join(', else on ')}. Several candidates: a person decides.`,
  `- One that is missing in the ERP is ${MISSING[missing.to_erp]}; one that is missing in the CRM is ${MISSING[missing.to_crm]}.`,
  `- When the CRM’s is deleted, the ERP’s is ${GONE[gone.to_erp]}; when the ERP’s is deleted, the CRM’s is ${GONE[gone.to_crm]}.`,
];

const fixed = ({ constants = [], validate = [], feedback }: MappingFile): readonly string[] => {
  const lines = [
    ...constants.flatMap((constant) =>
      SIDES.flatMap((side) =>
        constant[side] === undefined
          ? []
          : [
              `- In the ${NAMES[side]} ${code(constant[side])} is ${shown(constant.value)}${constant.create_only === true ? ' when the record is created' : ''}.`,
            ],
      ),
    ),
    ...validate.map(
      ({ field, to, say }) => `- Before anything is written to the ${NAMES[to]}, ${code(field)} is checked: “${say}”.`,
    ),
    ...SIDES.flatMap((side) => {
      const told = Object.entries(feedback?.[side] ?? {}).map(([fact, path]) => `${fact} in ${code(String(path))}`);
      return told.length === 0 ? [] : [`- People in the ${NAMES[side]} see how a record stands: ${told.join(', ')}.`];
    }),
  ];
  return lines.length === 0 ? [] : ['## Besides', '', ...lines, ''];
};

const table = ({ lookup, summary, rows, unmatched }: LookupFile): readonly string[] => {
  const cells = (value: unknown): string => words(Array.isArray(value) ? value : [value]);
  const rules = (['to_erp', 'to_crm'] as const).map((way) => {
    const rule = unmatched?.[way] ?? 'park';
    if (rule === 'park') return 'sets the field aside';
    return rule === 'keep' ? 'passes as it is' : `becomes ${cells(rule.use)}`;
  });
  const [toErp, toCrm] = rules;
  const missing = toErp === toCrm ? toErp : `${toErp} on its way to the ERP and ${toCrm} on its way to the CRM`;
  return [
    `### ${lookup}`,
    '',
    `${summary} A value without a row ${missing}.`,
    '',
    '| CRM | | ERP |',
    '| --- | --- | --- |',
    ...rows.map(({ crm, erp, flow }) => row([cells(crm), flow === undefined ? '↔' : ARROWS[flow], cells(erp)])),
    '',
  ];
};

/** The page of one mapping. `lookups` are the tables by name. */
export const mappingPage = (mapping: CompiledMapping, lookups: ReadonlyMap<string, LookupFile>): string => {
  const { definition, entity } = mapping;
  const { contacts } = definition;
  const asked = [
    ...(contacts?.business === undefined ? [] : [`about the business ${contacts.business}`]),
    ...(contacts?.technical === undefined ? [] : [`about the technology ${contacts.technical}`]),
  ];
  const used = [
    ...new Set(
      [definition, ...Object.values(definition.lines ?? {})].flatMap(({ fields }) =>
        Object.values(fields).flatMap(({ lookup }) => (lookup === undefined ? [] : [lookup])),
      ),
    ),
  ];
  const tables = used.map((name) => lookups.get(name)).filter((each) => each !== undefined);
  return [
    `# The mapping ${definition.mapping}`,
    '',
    `Made from \`mappings/${definition.mapping}.yaml\` (revision ${definition.revision}) by \`npm run docs\`. What the words mean: [mappings](../mappings.md).`,
    '',
    definition.summary,
    ...(asked.length === 0 ? [] : ['', `Whom to ask: ${asked.join(', ')}.`]),
    '',
    ...sides(definition),
    ...(definition.entity === undefined
      ? []
      : [`- What both hold: the entity [${definition.entity}](../entities/${definition.entity}.md).`]),
    ...identity(definition),
    ...left(definition),
    ...days(definition),
    '',
    '## Fields',
    '',
    ...fieldRows(definition.fields, entity?.fields ?? {}),
    '',
    ...Object.entries(definition.lines ?? {}).flatMap(([name, list]) =>
      listed(name, list, entity?.lines?.[name]?.fields ?? {}),
    ),
    ...rollupsOf(definition),
    ...lifeOf(definition),
    ...fixed(definition),
    ...(tables.length === 0 ? [] : ['## Tables', '', ...tables.flatMap(table)]),
  ].join('\n');
};
