/** The words of a mapping about days: from when a record holds what it says, until when somebody is there, and who takes over. */
import { z } from 'zod';
import { isZone } from '../domain/days.ts';

type Text = z.ZodType<string>;
type Scalar = z.ZodType<string | number | boolean | null>;

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
