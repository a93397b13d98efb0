/** The words of a mapping that lead a document through its life: `process:` and `totals:`. */
import { z } from 'zod';
import { parsePath } from './path.ts';

const path = z.string().refine((text) => parsePath(text) !== undefined, {
  error: 'a path looks like `name`, `billing.street` or `addresses[use=bill-to].street`',
});
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'a text, a number, true, false or null (a number with very many digits in quotes)',
});
const nonEmpty = { error: 'the list is empty; name at least one' };
const values = z.record(path, z.array(scalar).min(1, nonEmpty));
const field = z.string().min(1).meta({ description: 'The name of a field of this mapping.' });
const lines = z.string().min(1).meta({ description: 'The name of a collection of this mapping.' });
const amount = z
  .union([z.string(), z.number()])
  .refine((value) => /^\d+(\.\d+)?$/.test(String(value)), { error: 'a plain number that is not negative' })
  .meta({ description: 'A number; one with many digits in quotes.' });
const say = z.string().min(1).max(200).meta({ description: 'The sentence that people read when it does not hold.' });
const SPAN = /^(\d{1,6}) ?(s|min|h|d)$/;
const aSpan = { error: 'a time span like `30 s`, `10 min`, `12 h` or `2 d`' };
const span = z.string(aSpan).regex(SPAN, aSpan).meta({ description: 'A time span: `30 s`, `10 min`, `12 h`, `2 d`.' });

const UNITS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
/** A span as the file says it, in ms. */
export const spanMs = (text: string): number => {
  const [, count = '0', unit = 's'] = SPAN.exec(text) ?? [];
  return Number(count) * (UNITS[unit] ?? 0);
};

const limit = z
  .union(
    [
      z.strictObject({ field }),
      z.strictObject({ link: field, field: z.string().min(1).meta({ description: 'A field of the linked mapping.' }) }),
    ],
    { error: '`{ field: … }`, or `{ link: …, field: … }` for a field of the record that a reference leads to' },
  )
  .meta({ description: 'The other number: of this record, or of the record that a `link:` field leads to.' });
const margin = {
  margin: field.meta({ description: 'The field of a line that says what it brings.' }),
  of: lines,
  per: field
    .optional()
    .meta({ description: 'The field of a line with which the cost is multiplied; once, if left out.' }),
  cost: z
    .strictObject({
      link: field.meta({ description: 'The `link:` field of a line.' }),
      field: z
        .string()
        .min(1)
        .meta({ description: 'What one costs: a field of the linked mapping, as the ERP says it.' }),
      alike: z.record(z.string().min(1), z.string().min(1)).optional().meta({
        description:
          'Fields of a line, or of the record, and those of the linked record that must say the same, such as unit and currency; else the cost counts as not known.',
      }),
    })
    .meta({ description: 'What a line costs.' }),
  at_least: amount.meta({ description: 'How much of it must be left, in percent.' }),
};
/** A check of margins, as the file says it. */
const MarginFile = z.strictObject(margin);
export type MarginFile = z.infer<typeof MarginFile>;
const deviation = { deviation: field, of: lines, from: field, at_most: amount };

const check = z
  .union(
    [
      z.strictObject({ complete: z.array(z.string().min(1)).min(1, nonEmpty), say }),
      z.strictObject({ within: field, limit, say }),
      z.strictObject({ ...deviation, say }),
      z.strictObject({ ...margin, say }),
      z.strictObject({ known: field, of: lines.optional(), say }),
    ],
    {
      error:
        '`{ complete: […] }`, `{ within: …, limit: … }`, `{ deviation: …, of: …, from: …, at_most: … }`, `{ margin: …, of: …, cost: …, at_least: … }` or `{ known: … }`, each with `say:`',
    },
  )
  .meta({ description: 'One check of the gate, over the CRM’s record.' });

const when = z.union([z.strictObject({ above: field, value: amount }), z.strictObject(deviation), MarginFile], {
  error:
    '`{ above: …, value: … }`, `{ deviation: …, of: …, from: …, at_most: … }` or `{ margin: …, of: …, cost: …, at_least: … }`',
});

const level = z.strictObject({
  level: z
    .string()
    .min(1)
    .max(60)
    .meta({ description: 'What the level is called; an approver’s key names its levels.' }),
  when: z
    .array(when)
    .min(1, nonEmpty)
    .optional()
    .meta({ description: 'It is asked when one of these holds; always, if left out.' }),
  due: span.default('12 h').meta({ description: 'How long it has; 12 h unless said otherwise.' }),
  overdue: z
    .enum(['escalate', 'wait'])
    .default('escalate')
    .meta({ description: '`escalate` asks the next level, too (unless said otherwise); `wait` goes on waiting.' }),
  where: z
    .union(
      [
        z.literal('here'),
        z.strictObject({ crm: path, approved: z.array(scalar).min(1), refused: z.array(scalar).min(1) }),
        z.strictObject({ erp: path, approved: z.array(scalar).min(1), refused: z.array(scalar).min(1) }),
      ],
      { error: '`here`, or `{ crm: column, approved: […], refused: […] }`, or the same with `erp:`' },
    )
    .default('here')
    .meta({ description: 'Where it decides: `here` by an approver’s key, or in a column of one of the systems.' }),
});

const may = z.enum(['free', 'propose', 'refuse']);

const state = z.strictObject({
  state: z.string().min(1).max(60).meta({ description: 'What people call it.' }),
  crm: values.meta({ description: 'Columns of the CRM and the values they may have in this state.' }),
  erp: values.meta({ description: 'Columns of the ERP and the values they may have in this state.' }),
  change: may.default('propose').meta({
    description:
      'What the CRM may change: `free` as any record, `propose` (the ERP may refuse, and the CRM then goes back), `refuse`.',
  }),
  cancel: may.default('propose').meta({ description: 'The same for a cancellation.' }),
  ends: z.boolean().optional().meta({ description: 'Its life ends here.' }),
});

const answer = z.strictObject({
  to: z.enum(['cancel', 'change']).meta({ description: 'What the CRM asked for.' }),
  answer: z.enum(['accepted', 'refused', 'compensated']).meta({
    description:
      'What the ERP made of it; `compensated`: it came too late, or was taken only in part, and is made good, as by a return and a credit note.',
  }),
  erp: values.meta({ description: 'Columns of the ERP and the values by which it says so.' }),
  say: say.optional().meta({
    description:
      'The sentence that people in the CRM then read; “The cancellation was refused.” and so on, if left out.',
  }),
});

/** The life of a document that is raised in the CRM. */
export const ProcessFile = z.strictObject({
  starts: values.meta({
    description: 'Columns of the CRM and the values with which its life begins; before, it stays.',
  }),
  gate: z.array(check).min(1, nonEmpty).optional().meta({ description: 'What must hold before it crosses.' }),
  approval: z
    .strictObject({
      covers: z.array(z.string().min(1)).min(1, nonEmpty).optional().meta({
        description:
          'Fields and collections that are approved: a change of one asks anew. All that cross, if left out.',
      }),
      levels: z.array(level).min(1, nonEmpty),
    })
    .optional()
    .meta({ description: 'Who must approve it, in order.' }),
  cancelled: values
    .optional()
    .meta({ description: 'Columns of the CRM and the values by which people cancel it there.' }),
  states: z
    .array(state)
    .min(1, nonEmpty)
    .meta({ description: 'The allowed pairs of both sides’ values, the first that fits counts.' }),
  answers: z.array(answer).min(1, nonEmpty).optional().meta({
    description:
      'How the ERP answers in its columns what the CRM asked for; the first that fits counts. While none fits it has not answered, or need not.',
  }),
  targets: z
    .record(z.string(), span)
    .optional()
    .meta({ description: 'How long each step may take: `approval`, `crossing`, or a state of the table.' }),
});
export type ProcessFile = z.infer<typeof ProcessFile>;

/** Totals that must equal the sum of their lines. */
export const TotalsFile = z
  .array(z.strictObject({ field, lines, of: field.meta({ description: 'The field of a line that is added up.' }) }))
  .min(1, nonEmpty);
export type TotalsFile = z.infer<typeof TotalsFile>;
