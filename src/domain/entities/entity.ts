/** What an entity is: the fields of one kind of business record, and the schema that its records must pass. */
import { z } from 'zod';
import { CURRENCIES } from '../codes.ts';
import { TYPE_NAMES, typeOf } from './types.ts';
import { decimalsOf } from './values.ts';

const fieldName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _/()-]{0,59}$/u, {
    error: 'a field’s name has letters, digits, spaces and _ / ( ) -',
  })
  .refine((text) => !(text in {}), { error: 'this word cannot be a field’s name' });
const entityName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,59}$/, { error: 'a name has small letters, digits and dashes, and begins with a letter' });
const sentence = z.string().min(3).max(400);

/** One canonical field, as it is declared: here for the entities we know, in `entities/<name>.yaml` for one's own. */
export const EntityField = z.strictObject({
  type: z.enum(TYPE_NAMES).meta({ description: 'What its value is; a mapping’s field of this name has its codec.' }),
  summary: sentence.meta({ description: 'What it means, in one sentence.' }),
  sources: z
    .array(z.string().min(1).max(120))
    .default([])
    .meta({ description: 'Standards and systems’ columns it was read from: `EN 16931 BT-44`.' }),
  required: z.boolean().optional().meta({ description: 'A record is not whole without it.' }),
  max: z.int().min(1).optional().meta({ description: 'Longest text, in characters; a mapping’s field has it too.' }),
  one_of: z.array(z.string().min(1)).min(1).optional().meta({ description: 'The words of a choice.' }),
  in: z.string().optional().meta({
    description: 'For money, price and quantity: the field that holds the currency or the unit.',
  }),
  unit: z.string().optional().meta({ description: 'A unit that never changes, by its code of UN/ECE Rec 20.' }),
  over: z.string().optional().meta({
    description: 'For a numerator: the field that holds what it is divided by. Both are kept, nothing is divided.',
  }),
  to: z.string().optional().meta({ description: 'For a reference: the entity it leads to.' }),
  personal: z.boolean().optional().meta({ description: 'It says something about a person.' }),
  necessary: sentence.optional().meta({
    description: 'Why a number that identifies a person (passport, bank account, birth) must cross at all.',
  }),
  examples: z.array(z.union([z.string(), z.boolean()])).optional(),
});
/** One canonical field. */
export type EntityField = z.infer<typeof EntityField>;

const fields = z.record(fieldName, EntityField);

/** A whole declaration. */
export const EntityFile = z.strictObject({
  entity: entityName,
  summary: sentence,
  fields,
  lines: z
    .record(fieldName, z.strictObject({ summary: sentence, fields }))
    .optional()
    .meta({ description: 'Lists within the record: order lines, components, addresses.' }),
});
/** One kind of business record. */
export type Entity = z.infer<typeof EntityFile>;
/** What is said of a field besides its type, its meaning and its sources. */
export type FieldOptions = Omit<EntityField, 'type' | 'summary' | 'sources'>;
/** Fields by name. */
export type Fields = Readonly<Record<string, EntityField>>;

/** A declarer of fields of one type: meaning, sources, and what else is to be said. */
export const declare =
  (type: EntityField['type']) =>
  (summary: string, sources: readonly string[], options: FieldOptions = {}): EntityField => ({
    type,
    summary,
    sources: [...sources],
    ...options,
  });

/** The schema of one field's value; every refusal is a sentence. */
export const fieldSchema = (field: EntityField): z.ZodType<string | boolean> => {
  const { schema } = typeOf(field.type);
  const { max, one_of: words } = field;
  return schema
    .refine((value) => words === undefined || words.includes(String(value)), {
      error: ({ input }) => `${JSON.stringify(input)} is not one of ${(words ?? []).join(', ')}`,
      abort: true,
    })
    .refine((value) => max === undefined || typeof value !== 'string' || [...value].length <= max, {
      error: ({ input }) => `the text has ${[...String(input)].length} characters where ${max} are allowed`,
    })
    .meta({ description: field.summary });
};

type Values = Readonly<Record<string, unknown>>;
interface Refusal {
  readonly at: string;
  readonly why: string;
}

/** What fields demand of one another: a currency or unit beside a number, its decimals, a divisor beside a numerator. */
const together = (declared: Fields, values: Values, above: Values): readonly Refusal[] =>
  Object.entries(declared).flatMap(([name, { type, in: beside, over }]): Refusal[] => {
    const value = values[name];
    if (typeof value !== 'string') return [];
    if (over !== undefined && values[over] === undefined) return [{ at: name, why: `"${over}" is missing beside it` }];
    if (beside === undefined) return [];
    const unit = values[beside] ?? above[beside];
    if (unit === undefined) return [{ at: name, why: `"${beside}" is missing beside it` }];
    const minor = type === 'money' ? CURRENCIES.get(String(unit)) : undefined;
    return minor === undefined || decimalsOf(value) <= minor
      ? []
      : [{ at: name, why: `${value} has ${decimalsOf(value)} decimals where ${String(unit)} has ${minor}` }];
  });

const shapeOf = (declared: Fields): Record<string, z.ZodType> =>
  Object.fromEntries(
    Object.entries(declared).map(([name, field]) => [
      name,
      field.required === true ? fieldSchema(field) : fieldSchema(field).optional(),
    ]),
  );

/** The schema of an entity's records: a name with its value for each field, a list for each list; nothing else. */
export const recordSchema = (entity: Entity): z.ZodType<Values> => {
  const lists = Object.entries(entity.lines ?? {}).map(
    ([name, line]) => [name, z.array(z.strictObject(shapeOf(line.fields))).optional()] as const,
  );
  return z
    .strictObject({ ...shapeOf(entity.fields), ...Object.fromEntries(lists) })
    .superRefine((record: Values, context) => {
      const refuse = (path: PropertyKey[], { at, why }: Refusal): void =>
        context.addIssue({ code: 'custom', path: [...path, at], message: why });
      for (const each of together(entity.fields, record, {})) refuse([], each);
      for (const [name, line] of Object.entries(entity.lines ?? {}))
        for (const [i, row] of ((record[name] as readonly Values[] | undefined) ?? []).entries())
          for (const each of together(line.fields, row, record)) refuse([name, i], each);
    });
};

const sentenceOf = (issue: z.core.$ZodIssue): string => {
  const place = issue.path.map(String).join(', ');
  if (issue.code === 'unrecognized_keys')
    return `${[place, ...issue.keys].filter((part) => part !== '').join(', ')}: there is no such field`;
  return `${place === '' ? 'the record' : place}: ${issue.message}`;
};

/** Everything that is wrong with a record, one sentence each; none when it is sound. */
export const refusals = (entity: Entity, record: unknown): readonly string[] => {
  const result = recordSchema(entity).safeParse(record);
  return result.success ? [] : result.error.issues.map(sentenceOf);
};
