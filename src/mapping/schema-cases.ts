/** The language of a mapping's tests, declared once as that of mappings is. */
import { z } from 'zod';
import { atLeastOne, name, perSide } from './schema.ts';

const document = z.record(z.string(), z.unknown());

const linkedIds = z
  .record(name, z.record(z.string(), z.string().nullable()))
  .meta({ description: 'Per mapping, the CRM’s and the ERP’s id of what is linked; null: it is on its way.' });

/** One case of a mapping's tests. */
export const CaseFile = z.strictObject({
  name: z.string().min(1),
  base: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'The last agreement, field by field; it names the fields under test.' }),
  crm: document.optional().meta({ description: 'The CRM’s record; left out: there is none yet.' }),
  erp: document.optional().meta({ description: 'The ERP’s record; left out: there is none yet.' }),
  links: linkedIds.optional(),
  on: z.iso
    .date()
    .optional()
    .meta({ description: 'The day on which it is planned, for `effective`; else days do not count.' }),
  at: perSide(z.iso.datetime()).optional().meta({ description: 'When each side was changed, for `newest wins`.' }),
  decide: z
    .record(z.string(), z.enum(['crm', 'erp']))
    .optional()
    .meta({ description: 'A person has picked the side whose value shall stand.' }),
  expect: z
    .union(
      [
        z.literal('nothing'),
        z.strictObject({
          to_erp: document.optional(),
          to_crm: document.optional(),
          parked: z
            .record(z.string(), z.string())
            .optional()
            .meta({ description: 'Field (or `record`) and its code.' }),
          drift: z.record(z.string(), z.enum(['kept', 'reported', 'restored'])).optional(),
          waiting: z.array(z.string()).optional(),
          until: z.iso
            .date()
            .optional()
            .meta({ description: 'The day on which it is looked at again, or it waits for.' }),
        }),
      ],
      { error: '`nothing`, or any of to_erp, to_crm, parked, drift, waiting, until' },
    )
    .meta({ description: 'All that may happen; a side that is not named must stay unwritten.' }),
});
export type CaseFile = z.infer<typeof CaseFile>;

/** A whole file of cases. */
export const CasesFile = z.strictObject({ mapping: name, cases: z.array(CaseFile).min(1, atLeastOne) });
export type CasesFile = z.infer<typeof CasesFile>;
