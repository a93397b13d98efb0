/** What a declaration must keep besides its words: units beside numbers, references that lead somewhere, no number of a person that nobody needs. */
import { isUnit } from '../units.ts';
import type { Entity, EntityField, Fields } from './entity.ts';
import { fieldSchema } from './entity.ts';
import { typeOf } from './types.ts';

/** One thing that is wrong, and where in the declaration. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
}

const IDENTIFIES =
  /\b(national id|identity (card|number|no)|id card|personal(ausweis| id)|passport|social (security|insurance)|ssn|driv(er|ing) ?'?s? licen[cs]e|iban|bank account|account number|card number|(date of )?birth|birth ?(day|date)|dob)\b/;

const PRIVATE =
  /\b(salary|wages?|pay (grade|slip|scale)|home (address|street|city|phone|postal code)|private (address|phone|mobile|email)|religion|confession|marital status|disability|health insurance)\b/;

/** `Birthdate`, `passport_no`, `bankAccount`: as words. */
const asWords = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .replace(/\bbirthdate\b|\bbirthday\b/g, 'birth date');

/** What a name says of a person that nobody else needs, in words; undefined where it says no such thing. */
export const privateOf = (name: string): string | undefined => {
  const words = asWords(name);
  if (IDENTIFIES.test(words)) return 'identifies a person';
  return PRIVATE.test(words) ? 'is a person’s private matter' : undefined;
};

/** Is it about people? Its records are not whole without something personal. */
export const aboutPeople = (entity: Entity): boolean =>
  Object.values(entity.fields).some((field) => field.personal === true && field.required === true);

type Report = (key: string, rule: string, message: string, remedy: string) => void;
interface Around {
  readonly own: Fields;
  /** The head’s fields, for a field of a list. */
  readonly above: Fields;
  readonly people: boolean;
  readonly known: ReadonlySet<string>;
}

const KINDS: Readonly<Record<string, string>> = { money: 'currency', price: 'currency', quantity: 'unit' };

const besides = (field: EntityField, { own, above }: Around, report: Report): void => {
  const needs = KINDS[field.type];
  const { in: beside, over } = field;
  if (needs === undefined && beside !== undefined)
    report('in', 'entity-unit', `a ${field.type} stands in no unit`, 'Remove `in:`.');
  if (needs !== undefined && beside === undefined && (needs === 'currency' || field.unit === undefined))
    report('type', 'entity-unit', `a ${field.type} needs its ${needs}`, `Say \`in:\` and the field of its ${needs}.`);
  if (needs !== undefined && beside !== undefined && (own[beside] ?? above[beside])?.type !== needs)
    report('in', 'entity-unit', `"${beside}" is no field of the type ${needs}`, `Name the field of its ${needs}.`);
  if (over !== undefined && own[over]?.type !== 'divisor')
    report('over', 'entity-unit', `"${over}" is no field of the type divisor`, 'Declare it with `type: divisor`.');
  if (field.unit !== undefined && !isUnit(field.unit))
    report('unit', 'entity-unit', `"${field.unit}" is no unit code of UN/ECE Rec 20`, 'Say one, like `DAY` or `KGM`.');
};

const words = (field: EntityField, { known }: Around, report: Report): void => {
  if ((field.type === 'choice') !== (field.one_of !== undefined))
    report(
      field.type === 'choice' ? 'type' : 'one_of',
      'entity-words',
      field.type === 'choice' ? 'a choice must say its words' : `a ${field.type} has no words to choose from`,
      field.type === 'choice' ? 'Add `one_of:`.' : 'Remove `one_of:`, or say `type: choice`.',
    );
  if (field.to !== undefined && (field.type !== 'reference' || !known.has(field.to)))
    report(
      'to',
      'unknown-entity',
      field.type === 'reference' ? `there is no entity "${field.to}"` : `a ${field.type} leads nowhere`,
      field.type === 'reference' ? `Known: ${[...known].join(', ')}.` : 'Remove `to:`, or say `type: reference`.',
    );
  if (field.max !== undefined && typeOf(field.type).schema.type === 'boolean')
    report('max', 'entity-words', 'true and false have no length', 'Remove `max:`.');
  for (const example of field.examples ?? []) {
    const { error } = fieldSchema(field).safeParse(example);
    if (error !== undefined)
      report('examples', 'bad-value', error.issues[0]?.message ?? 'an example is refused', 'Correct it.');
  }
};

const person = (name: string, field: EntityField, { people }: Around, report: Report): void => {
  const said = privateOf(name);
  if ((field.personal === true || people) && said !== undefined && field.necessary === undefined)
    report(
      'type',
      'identity-number',
      `it ${said}, and nothing says why it must cross`,
      'Leave it out, or say why under `necessary:`.',
    );
};

/** Everything that is wrong with a declaration that has the right words. `known`: the names of all entities. */
export const findingsOf = (entity: Entity, known: ReadonlySet<string>): readonly Finding[] => {
  const found: Finding[] = [];
  const people = aboutPeople(entity);
  const judge = (own: Fields, above: Fields, path: readonly PropertyKey[]): void => {
    for (const [name, field] of Object.entries(own)) {
      const report: Report = (key, rule, message, remedy) =>
        found.push({ path: [...path, name, key], rule, message: `${name}: ${message}`, remedy });
      const around = { own, above, people, known };
      besides(field, around, report);
      words(field, around, report);
      person(name, field, around, report);
    }
  };
  judge(entity.fields, {}, ['fields']);
  for (const [name, line] of Object.entries(entity.lines ?? {}))
    judge(line.fields, entity.fields, ['lines', name, 'fields']);
  return found;
};
