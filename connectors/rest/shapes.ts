/** What every part of a preset is made of: paths into replies, and requests. */
import { z } from 'zod';
import { parsePath } from '../../src/mapping/path.ts';

/** A path, checked. */
export const Path = z.string().refine((text) => parsePath(text) !== undefined, {
  message: 'is not a path; write names with dots, as in billing.city',
});
const Template = z.string();
const JsonTemplate = z.json();

const Method = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** A request, all of whose texts are templates. */
export const RequestShape = z.strictObject({
  method: Method.default('GET').describe('HTTP method'),
  path: Template.describe('Below the connection’s address, starting with /; values in it are encoded'),
  query: z
    .record(z.string(), Template)
    .optional()
    .describe('Parameters; one whose only template has no value is left out'),
  headers: z.record(z.string(), Template).optional().describe('Headers of this request'),
  body: JsonTemplate.optional().describe('JSON body; properties whose only template has no value are left out'),
});
export type RequestShape = z.infer<typeof RequestShape>;
