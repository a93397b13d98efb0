/** JSON Schema for editors, made from the one declaration of the language. */
import { z } from 'zod';
import { EntityFile } from '../domain/entities/entity.ts';
import { LookupFile, MappingFile } from './schema.ts';
import { CasesFile } from './schema-cases.ts';

const made = (title: string, schema: z.ZodType): object => ({
  title,
  ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
});

/** The schemas by file name. */
export const schemas = (): Readonly<Record<string, object>> => ({
  'mapping.schema.json': made('A Tallystick mapping', MappingFile),
  'lookup.schema.json': made('A Tallystick lookup table', LookupFile),
  'entity.schema.json': made('A Tallystick entity of one’s own', EntityFile),
  'cases.schema.json': made('Cases that test a Tallystick mapping', CasesFile),
});

/** The text of each file under mappings/schema. */
export const schemaFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(schemas()).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]));
