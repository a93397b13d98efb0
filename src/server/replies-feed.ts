import { z } from 'zod';

// What a warehouse is answered.
/** A page of changes. */
export const Feed = z.strictObject({
  changes: z.array(
    z.strictObject({
      number: z.number().describe('Its place in the order of all; it never changes, and none comes twice'),
      at: z.string().nullable(),
      mapping: z.string(),
      entity: z.string().describe('What both records are; the mapping’s own name where it names no entity'),
      operation: z
        .enum(['agreed', 'changed', 'gone', 'back'])
        .describe('Agreed on for the first time or anew; changed; a side’s record is gone; it is there again'),
      link: z.string().describe('Our id of what both records are'),
      crm: z.string().nullable().describe('The record’s id in the CRM then; null: there was none'),
      erp: z.string().nullable().describe('The record’s id in the ERP then; null: there was none'),
      fields: z.array(z.string()).describe('What changed'),
      values: z.record(z.string(), z.unknown()).nullable().describe('All that both agree on after it; null: gone'),
    }),
  ),
  next: z.number().describe('Give it as `after`: all up to here was told'),
  more: z.boolean(),
});
