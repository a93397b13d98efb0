/** What a connector.yaml with `engine: jsonrpc` may say of a call, and of one property of a record. */
import { z } from 'zod';
import { TYPES } from './codec.ts';

/** A text with `{values}` in it. */
export const Template = z.string();
/** A place in a reply. */
export const Spot = z
  .string()
  .describe('A place in a reply: names and list positions with dots, as in error.1.0; one dot is the whole');

/** One call. */
export const CallShape = z.strictObject({
  model: z.string().optional().describe('{model} for the endpoint and the envelope, where it is not the record type’s'),
  method: Template.describe('The method’s name'),
  params: z.array(z.json()).describe('Its arguments: JSON, all of whose texts are templates'),
});
export type CallShape = z.infer<typeof CallShape>;

const Plain = z.union([
  z.string().describe('The field’s name, for a text'),
  z.strictObject({
    field: z.string().describe('The field’s name'),
    type: z.enum(TYPES).default('text').describe('What it holds; decides how the value is written on the wire'),
  }),
]);
const Reference = z
  .strictObject({
    reference: z.string().describe('A field that refers to one record of another model'),
    of: z.string().describe('That model'),
    by: z.string().describe('The field of that model by which people know the record: a code, a name'),
  })
  .describe('Reads and writes as the other record’s code');
const Links = z
  .strictObject({
    links: z.string().describe('A field that refers to many records of another model'),
    of: z.string().describe('That model'),
    by: z.string().describe('The field of that model by which people know the records'),
  })
  .describe('Reads as a list of `{by: code}`; a write links what is missing and unlinks nothing');
const Children = z
  .strictObject({
    children: z.string().describe('A field that holds rows of a model of their own, which belong to this record'),
    of: z.string().describe('That model'),
    key: z.array(z.string()).min(1).describe('The properties that tell one child from another'),
    number_as: z.string().optional().describe('A property made here: the child’s position, from 1'),
    fields: z.record(z.string(), z.union([Plain, Reference])).describe('The children’s properties'),
    new: z.record(z.string(), z.json()).default({}).describe('What a new child has besides, in the system’s own words'),
    drop_when_empty: z.string().optional().describe('A child whose this property is emptied is removed'),
  })
  .describe('A keyed collection; a write changes the children named by their key and leaves all others alone');

const Moved = z
  .strictObject({
    field: z.string().describe('The field’s name'),
    moves: z
      .array(
        z.strictObject({
          from: z.array(z.string()).min(1).describe('Its values in which the call may be made'),
          to: z.string().describe('The value that it has afterwards, unless the system itself goes on from there'),
          ...CallShape.shape,
        }),
      )
      .min(1)
      .describe('The calls that move it, as people press buttons: {id}'),
  })
  .describe('A state: never written, but moved from value to value by calls, along the shortest way there is');

/** One property of a record. */
export const Property = z.union([Plain, Reference, Links, Children, Moved]);
export type Plain = z.infer<typeof Plain>;
export type Reference = z.infer<typeof Reference>;
export type Links = z.infer<typeof Links>;
export type Children = z.infer<typeof Children>;
export type Moved = z.infer<typeof Moved>;
export type Property = z.infer<typeof Property>;
