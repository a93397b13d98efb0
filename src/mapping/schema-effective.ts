/** The words of a mapping about days: from when a record holds what it says, until when somebody is there, and who takes over. */
import { z } from 'zod';
import { isZone } from '../domain/days.ts';

type Text = z.ZodType<string>;
type Scalar = z.ZodType<string | number | boolean | null>;

const successor = z.union(
  [
    z.strictObject({ superior: z.string().meta({ description: 'The field that leads to the person’s superior.' }) }),
    z.strictObject({
      same: z.string().meta({ description: 'Who is here and says in this field what the record says in its own.' }),
    }),
    z.strictObject({ user: z.string().min(1).meta({ description: 'Somebody by the CRM’s id.' }) }),
  ],
  { error: '`{ superior: field }`, `{ same: field }` or `{ user: id }`' },
);

/** `on_leave:`. */
export const leaveWords = <Filters extends z.ZodType>(filters: Filters) =>
  z.strictObject({
    when: filters.meta({ description: 'Who counts as gone: all of these hold, on the day that `effective` makes it.' }),
    reassign: z
      .array(
        z.strictObject({
          mapping: z.string().meta({ description: 'The mapping of the records that somebody owns.' }),
          field: z.string().meta({ description: 'Its `link:` field that names the owner.' }),
          within: z.string().optional().meta({
            description:
              'A field of both mappings, such as a territory: an owner who says something else there than the record has moved away, and hands over as soon as somebody else says the same there.',
          }),
          to: z.array(successor).min(1).meta({ description: 'Who takes over: the first of these who is there.' }),
        }),
      )
      .min(1),
  });

/** `effective:`, per side. The parts are those of the language's own declaration. */
export const effectiveWords = (path: Text, scalar: Scalar) =>
  z.strictObject({
    from: z
      .union([path, z.array(path).min(1)], { error: 'a path, or a list of them' })
      .optional()
      .meta({
        description: 'The day from which what the record says holds; until then it waits. Of several the latest.',
      }),
    until: path
      .optional()
      .meta({ description: 'The last day; from the next one on the record counts as `after` says.' }),
    after: z.record(path, scalar).optional().meta({
      description: 'What the record counts as once its last day is over: `{ status: terminated }`.',
    }),
    zone: z
      .string()
      .refine(isZone, { error: 'a time zone by its name: `Europe/Berlin`, `UTC`' })
      .meta({ description: 'Where a day begins at 00:00, by the zone’s IANA name.' }),
  });
