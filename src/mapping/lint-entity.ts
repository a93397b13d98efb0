/** What a mapping that names an entity must keep. */
import { aboutPeople, privateOf } from '../domain/entities/check.ts';
import { typeOf } from '../domain/entities/types.ts';
import { SIDES } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import { effectivePaths } from './lint-effective.ts';
import { type LintRule, perField, problemAt, problemAtKey } from './lint-kit.ts';
import { type Problem, suggestion } from './problem.ts';

const named: LintRule = ({ file, source, entityNames }) =>
  file.entity === undefined || entityNames.includes(file.entity)
    ? []
    : [
        problemAt(
          source,
          ['entity'],
          'unknown-entity',
          `there is no entity "${file.entity}"`,
          `${suggestion(file.entity, entityNames)} \`tally entity new ${file.entity}\` begins one.`,
        ),
      ];

/** A field that names a canonical one is translated as that one’s type allows. */
const translations = perField((name, field, { file, source, canonical }): readonly Problem[] => {
  const declared = Object.hasOwn(canonical, name) ? canonical[name] : undefined;
  if (declared === undefined) return [];
  const { codec, also, lookup } = typeOf(declared.type);
  const is = `${name}: in the entity "${file.entity}" it is of the type ${declared.type}`;
  const codecs = [...(codec === undefined ? [] : [codec]), ...also].map((each) => `\`${each}\``).join(', ');
  const otherwise = 'or give the field another name if it means something else';
  if (field.as !== undefined && field.as !== codec && !also.includes(field.as))
    return [
      problemAt(
        source,
        ['fields', name, 'as'],
        'entity-type',
        `${is}, which the codec "${field.as}" does not give`,
        `${codec === undefined ? `Say one of ${codecs}` : `Leave \`as:\` out, or say one of ${codecs}`}; ${otherwise}.`,
      ),
    ];
  if (field.lookup !== undefined && !lookup)
    return [
      problemAt(
        source,
        ['fields', name, 'lookup'],
        'entity-type',
        `${is}, which no table of words gives`,
        `Leave \`lookup:\` out; the codec is then \`${codec}\`. Or give the field another name if it means something else.`,
      ),
    ];
  return [];
});

const REMEDY = 'Leave it out; or map an entity of your own whose field says why under `necessary:`.';

/** What is private to a person crosses only where the entity says why. */
const people = perField((name, field, { file, source, entity, canonical }): readonly Problem[] => {
  if (entity === undefined || !aboutPeople(entity) || canonical[name]?.necessary !== undefined) return [];
  const column = SIDES.flatMap((side) => columnTexts(field, side)).find((text) => privateOf(text) !== undefined);
  const said = privateOf(name) ?? (column === undefined ? undefined : privateOf(column));
  if (said === undefined) return [];
  return [
    problemAtKey(
      source,
      ['fields', name],
      'identity-number',
      `${name}: ${column === undefined ? 'it' : `"${column}"`} ${said}, and "${file.entity}" does not say why it must cross`,
      REMEDY,
    ),
  ];
});

/** Nor does the ledger keep it: whatever else a mapping reads of a record is kept there. */
const keptOfPeople: LintRule = ({ file, source, entity }) =>
  entity === undefined || !aboutPeople(entity)
    ? []
    : SIDES.flatMap((side) =>
        [
          ...Object.keys(file.include?.[side] ?? {}).map((text) => ({ text, place: ['include', side, text] })),
          ...effectivePaths(file, side),
        ].flatMap(({ text, place }) => {
          const said = privateOf(text);
          const message = `"${text}" ${said}, and the ledger would keep it`;
          return said === undefined ? [] : [problemAt(source, place, 'identity-number', message, REMEDY)];
        }),
      );

/** Rules about single fields of a mapping that names an entity. */
export const ENTITY_FIELD_RULES: readonly LintRule[] = [translations, people];

/** Rules about a mapping and the entity it names. */
export const ENTITY_RULES: readonly LintRule[] = [named, keptOfPeople, ...ENTITY_FIELD_RULES];
