/** What a connector.yaml may say about a column of a file. */
import { z } from 'zod';

/** One column of a file. */
export const Column = z.strictObject({
  from: z
    .string()
    .optional()
    .describe(
      'What the file calls it: header, JSON property or XML path (`address/city`, `@no`); without, the field’s own name',
    ),
  at: z
    .int()
    .min(1)
    .max(16_384)
    .optional()
    .describe('Its place, from 1: the column without a header, the character in fixed width'),
  width: z.int().min(1).max(32_767).optional().describe('Characters in fixed width'),
  type: z
    .enum(['text', 'integer', 'decimal', 'flag', 'date', 'instant', 'any'])
    .default('text')
    .describe('What it holds; `any` is for JSON lines alone and takes what stands there'),
  decimal: z.enum(['.', ',']).default('.').describe('Decimal sign of numbers in text'),
  group: z.enum(['', '.', ',', ' ', '’', "'"]).default('').describe('Sign between thousands, where there is one'),
  format: z
    .string()
    .default('yyyy-MM-dd')
    .describe('How a date is written: yyyy, yy, MM, M, dd, d and what stands between'),
  zone: z.string().default('UTC').describe('Zone of instants that state none, as in Europe/Berlin'),
  yes: z
    .array(z.string())
    .min(1)
    .default(['true', '1', 'yes'])
    .describe('Words for true, capitals or not; the first is written'),
  no: z.array(z.string()).min(1).default(['false', '0', 'no']).describe('Words for false; the first is written'),
  required: z.boolean().default(false).describe('A row without it is refused'),
  max: z.int().positive().optional().describe('Longest text, characters; a longer one is refused, never cut'),
  trim: z.boolean().default(true).describe('Blanks around the text say nothing'),
  pad: z.enum(['left', 'right']).default('right').describe('Where fixed width is filled with blanks'),
});
export type Column = z.infer<typeof Column>;
