/** The words of a mapping about roll-ups: what is worked out of the records that refer to a record. */
import { z } from 'zod';
import { isZone } from '../domain/days.ts';

const value = z.union([z.string(), z.number(), z.boolean()]);
const values = z.record(z.string(), z.array(value).min(1, { error: 'the list is empty; name at least one' }));

/** One roll-up. All fields are named as the mapping of the records calls them, and say what they say there in the CRM's words. */
export const RollupFile = z.strictObject({
  of: z.string().meta({ description: 'The mapping of the records that are rolled up: `invoice`.' }),
  by: z.string().meta({ description: 'Its `link:` field that leads to the records of this mapping: `customer`.' }),
  sum: z
    .string()
    .optional()
    .meta({ description: 'The field that is added up. Exactly one of `sum`, `latest`, `count`.' }),
  latest: z.string().optional().meta({ description: 'The field of whose days the last is taken.' }),
  count: z.literal(true).optional().meta({ description: 'How many records there are.' }),
  for: z.string().optional().meta({
    description:
      'A `link:` field of this mapping: records count for whom it names, where `by` leads to the same records as it does.',
  }),
  currency: z.string().optional().meta({
    description: 'With `sum`: the field with the currency. Each has a sum of its own: `rollups.revenue.EUR`.',
  }),
  in: z.string().optional().meta({
    description:
      'With `currency`: this mapping’s field with the currency of a record: `rollups.actual.own` is the sum in it, `rollups.actual.others` names all other sums.',
  }),
  only: values.optional().meta({ description: 'Only records whose fields have one of these values.' }),
  minus: values.optional().meta({ description: 'With `sum`: records with such a value are taken off: credit notes.' }),
  within: z
    .strictObject({
      of: z.string().meta({ description: 'The field with the day that counts.' }),
      months: z.int().min(1).max(120).optional().meta({ description: 'How many months back, to the day.' }),
      zone: z
        .string()
        .refine(isZone, { error: 'a time zone by its name: `Europe/Berlin`, `UTC`' })
        .optional()
        .meta({ description: 'With `months`: where the day turns, by the zone’s IANA name.' }),
      from: z.string().optional().meta({ description: 'This mapping’s field with the first day that counts.' }),
      until: z.string().optional().meta({ description: 'With `from`: the one with the last.' }),
    })
    .optional()
    .meta({
      description:
        'Which days count: a window that moves on with them (`months`, `zone`), or the record’s own period (`from`, `until`).',
    }),
});
export type RollupFile = z.infer<typeof RollupFile>;

/** What a column that shows a roll-up begins with: `rollups.revenue.EUR`. */
export const ROLLUPS = 'rollups';

/** What a column says for a currency where the record itself says which: the sum in its own, and a list of all others. */
export const OWN = 'own';
export const OTHERS = 'others';

/** The roll-up that a column shows, and of which currency; undefined for a column of the record's own. */
export const rollupColumn = (text: string): { readonly name: string; readonly currency?: string } | undefined => {
  const [head, name = '', currency, ...rest] = text.split('.');
  if (head !== ROLLUPS || rest.length > 0) return undefined;
  return { name, ...(currency === undefined ? {} : { currency }) };
};
