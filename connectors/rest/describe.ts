/** The fields of a record type as the system itself describes them: its own ones, and those that somebody added. */
import { z } from 'zod';
import { type Json, sameJson } from '../../src/domain/json.ts';
import { FIELD_TYPES } from '../engine/describe.ts';
import type { Call, FieldDescription } from '../sdk/seam.ts';
import { type Ask, compilePath, compileRequest, createDisguised, textOf, type World } from './request.ts';
import { Path, RequestShape } from './shapes.ts';

const Mark = z.strictObject({
  path: Path.describe('Where a field says so'),
  is: z.array(z.json()).min(1).describe('The values that mean yes'),
});

/** Where a system describes the fields of a record type. */
export const Describing = z
  .strictObject({
    request: RequestShape.describe('Asks for the fields'),
    fields: Path.optional().describe('Where the list of fields stands; without it the reply itself is the list'),
    path: Path.describe('Where a field has its name'),
    prefix: z.string().default('').describe('What stands before the name in a record, as in `properties.`'),
    type: Path.optional().describe('Where it has its type'),
    types: z.record(z.string(), z.enum(FIELD_TYPES)).default({}).describe('The system’s types in our words'),
    max: Path.optional().describe('Where it says how many characters it takes; 0: it does not say'),
    read_only: Mark.optional().describe('How a field says that it cannot be written'),
    required: Mark.optional().describe('How a field says that a record cannot be without it'),
    values: z
      .strictObject({ at: Path.describe('Where the list stands'), each: Path.describe('Where one has its value') })
      .optional()
      .describe('The values that a field takes, where it takes only some'),
  })
  .describe('How the system describes its fields; without it the file schema/<Record>.json says which there are');
export type Describing = z.infer<typeof Describing>;

const marked = (mark: Describing['required']): ((field: Json) => boolean) => {
  if (mark === undefined) return () => false;
  const read = compilePath(mark.path);
  return (field) => (mark.is as readonly Json[]).some((value) => sameJson(value, read(field)));
};

const createField = (shape: Describing) => {
  const optional = (path: string | undefined) => (path === undefined ? () => undefined : compilePath(path));
  const [readName, readType, readMax] = [compilePath(shape.path), optional(shape.type), optional(shape.max)];
  const [isReadOnly, isRequired] = [marked(shape.read_only), marked(shape.required)];
  const [readValues, readValue] = [optional(shape.values?.at), optional(shape.values?.each)];
  const valuesOf = (field: Json): readonly string[] => {
    const list = readValues(field);
    const values = Array.isArray(list) ? (list as readonly Json[]).map((one) => textOf(readValue(one))) : [];
    return values.filter((text) => text !== undefined);
  };
  return (field: Json): readonly FieldDescription[] => {
    const name = textOf(readName(field));
    if (name === undefined) return [];
    const max = Number(textOf(readMax(field)) ?? 0);
    const values = valuesOf(field);
    return [
      {
        path: `${shape.prefix}${name}`,
        type: shape.types[textOf(readType(field)) ?? ''] ?? 'unknown',
        ...(Number.isInteger(max) && max > 0 ? { max } : {}),
        ...(isReadOnly(field) ? { readOnly: true } : {}),
        ...(isRequired(field) ? { required: true } : {}),
        ...(values.length === 0 ? {} : { values }),
      },
    ];
  };
};

/** Asks a system for the fields of a record type. */
export const createDescribing = (record: string, shape: Describing, world: World, ask: Ask) => {
  const prepare = compileRequest(shape.request, world);
  const readFields = compilePath(shape.fields);
  const disguised = createDisguised(world);
  const describe = createField(shape);
  const what = `the fields of ${record}`;
  return async (call: Call): Promise<readonly FieldDescription[]> => {
    const body = (await ask(what, prepare({}), call)).json();
    const list = readFields(body);
    if (!Array.isArray(list)) throw disguised(what, body, `a list at "${shape.fields ?? 'its top'}"`);
    return (list as readonly Json[]).flatMap(describe);
  };
};
