/** What `describe` answers for systems without metadata of their own: the preset's `schema/<Record>.json`. */
import { z } from 'zod';
import { parseJson } from '../../src/domain/json.ts';
import type { FieldDescription } from '../sdk/seam.ts';
import { type EngineInput, invalidPreset, parsePreset, presetFile } from './preset.ts';

/** What a field may hold, in our words. */
export const FIELD_TYPES = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'instant',
  'object',
  'list',
  'reference',
  'unknown',
] as const;

/** A checked-in description of a record type. */
export const RecordSchema = z.strictObject({
  record: z.string(),
  source: z.string().describe('Where the description comes from, and when'),
  fields: z.array(
    z.strictObject({
      path: z.string(),
      type: z.enum(FIELD_TYPES),
      max: z.int().positive().optional(),
      readOnly: z.boolean().optional(),
      required: z.boolean().optional(),
      values: z.array(z.string()).optional(),
    }),
  ),
});

/** The fields of a record type from its file, or undefined when the preset has none. */
export const describedFields = async (
  record: string,
  { read, settings }: Pick<EngineInput, 'read' | 'settings'>,
): Promise<readonly FieldDescription[] | undefined> => {
  const path = `schema/${record}.json`;
  const text = await read(path);
  if (text === undefined) return undefined;
  const file = presetFile(settings).replace('connector.yaml', path);
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    throw invalidPreset(file, [`${file}: is not JSON; correct it or make it again with \`tally connection describe\``]);
  }
  return parsePreset(RecordSchema, json, file).fields as readonly FieldDescription[];
};
