/** JSON Schema for editors, made from the one declaration of the language. */
import { z } from 'zod';
import { EntityFile } from '../domain/entities/entity.ts';
import { LookupFile, MappingFile } from './schema.ts';
import { CasesFile } from './schema-cases.ts';
import { ViewFile } from './schema-view.ts';

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

const texts = (all: Readonly<Record<string, object>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]));

/** The text of each file under mappings/schema. */
export const schemaFiles = (): Readonly<Record<string, string>> => texts(schemas());

/** The text of each file under views/schema. */
export const viewSchemaFiles = (): Readonly<Record<string, string>> =>
  texts({ 'view.schema.json': made('A Tallystick view', ViewFile) });
