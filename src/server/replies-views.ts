import { z } from 'zod';

/** Views that may be asked. */
export const ViewList = z.strictObject({
  views: z.array(
    z.strictObject({
      name: z.string(),
      summary: z.string(),
      source: z.string().describe('The connection and record type that is read'),
      asked_by: z
        .string()
        .describe('What the key in the address is; of several parts the first, the others are parameters'),
      fields: z.array(z.string()),
      fresh_for: z.number().describe('Seconds'),
      stale_for: z.number().describe('Seconds'),
      roles: z.array(z.string()).describe('Roles that see something; none: every holder of a key'),
    }),
  ),
});
/** What a view says. */
export const ViewReply = z.strictObject({
  view: z.string(),
  key: z.string().describe('As it was asked for'),
  parts: z
    .record(z.string(), z.string())
    .optional()
    .describe('What it was asked by, part by part as it was understood, where that is more than one id'),
  source: z.string().describe('The connection and record type, or question, that was read'),
  id: z.string().describe('The record’s own id there; of a question its parts there'),
  record: z.record(z.string(), z.unknown()).describe('What the asking person may see of it; decimals are texts'),
  problems: z.record(z.string(), z.string()).describe('Fields whose value could not be read, with the code'),
  as_of: z.string().describe('It was so at this moment, or later'),
  fresh: z.boolean().describe('false: an old copy, because the system could not be asked'),
  code: z.string().optional().describe('Why it is no newer'),
  fix: z.string().optional(),
});
