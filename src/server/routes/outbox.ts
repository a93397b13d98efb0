import { z } from 'zod';
import { isObject, type Json, type JsonObject } from '../../domain/json.ts';
import { SIDES, slotName } from '../../domain/record.ts';
import { outboxState } from '../../ledger/queries/outbox.ts';
import { pullOutbox } from '../../ledger/steps/outbox-pull.ts';
import { postOutbox } from '../../ledger/steps/outbox-records.ts';
import { type Answer, acknowledgeOutbox } from '../../ledger/steps/outbox-said.ts';
import type { Caller } from '../access.ts';
import type { Compilation } from '../deps.ts';
import { known, type Route, route, signal } from '../route.ts';
import { Limit, Text } from '../schemas.ts';

const OfConnection = z.strictObject({ connection: Text(200) });
/** A document of the system's own: numbers keep their digits as texts where they must. */
const Fields = z.custom<JsonObject>((value) => isObject(value as Json), 'must be an object of fields');
const MOST = 200;

const Done = z.strictObject({
  id: Text(500).describe('As it was pulled'),
  outcome: z.literal('done').describe('The record is there now, or was there already from an earlier delivery'),
  record_id: Text(500).optional().describe('Its id at the system; must be said of a new record'),
  version: Text(500).optional().describe('Its version, where the system has one'),
  fields: Fields.optional().describe('Fields as they are there now, where they differ from what was asked for'),
});
const Refused = z.strictObject({
  id: Text(500),
  outcome: z.literal('refused').describe('It was not carried out, and will not be'),
  reason: Text(500).describe('Shown to people'),
  code: Text(100).optional().describe('The system’s own'),
  conflict: z
    .boolean()
    .optional()
    .describe('The record is not at `expect_version`: the write is planned anew and nobody is asked'),
});
const Unknown = z.strictObject({
  id: Text(500),
  outcome: z.literal('unknown').describe('It may have been carried out; it is delivered again under the same id'),
  reason: Text(500).optional(),
});

/** An outbox that is the caller's own: others have none for him. */
const own = (
  { caller, compilation }: { readonly caller: Caller; readonly compilation: () => Compilation },
  connection: string,
): string => {
  const { connections = [], presets = {} } = compilation().configuration ?? {};
  const settings = connections.find(({ name }) => name === connection);
  const preset = settings === undefined ? undefined : presets[settings.connector];
  const isOutbox = preset !== undefined && isObject(preset) && preset['engine'] === 'outbox';
  const isHis = caller.connections === null || caller.connections.includes(connection);
  return known(isOutbox && isHis ? connection : undefined, `outbox "${connection}"`);
};

/** The slots that hold these records. */
const slotsOf = ({ mappings }: Compilation, connection: string, record: string): readonly string[] => {
  const sides = [...mappings.values()].flatMap(({ between }) => SIDES.map((side) => between[side]));
  return [
    ...new Set(
      sides.filter((each) => each.connection === connection && each.record === record).map((each) => slotName(each)),
    ),
  ];
};

const answerOf = (given: z.output<typeof Done> | z.output<typeof Refused> | z.output<typeof Unknown>): Answer => {
  if (given.outcome !== 'done') return given as Answer;
  const { record_id: recordId, ...rest } = given;
  return { ...rest, ...(recordId === undefined ? {} : { recordId }) } as Answer;
};

/** Outboxes: what a system that cannot be called asks for and says. */
export const outboxRoutes: readonly Route[] = [
  route({
    id: 'GET /outbox/:connection',
    summary: 'How much waits for a system that pulls its writes, and since when',
    params: OfConnection,
    reply: z.strictObject({
      waiting: z.int().describe('Not pulled yet'),
      delivered: z.int().describe('Pulled, and not acknowledged yet'),
      oldest: z.string().nullable().describe('Since when the oldest of both waits'),
      last_pull_at: z.string().nullable(),
      last_answer_at: z.string().nullable(),
    }),
    answer: async (asked) => {
      const state = await outboxState(asked.db, own(asked, asked.params.connection));
      const { waiting, delivered, oldest, lastPullAt, lastAnswerAt } = state;
      return { waiting, delivered, oldest, last_pull_at: lastPullAt, last_answer_at: lastAnswerAt };
    },
  }),
  route({
    id: 'POST /outbox/:connection/pull',
    summary:
      'The next page of writes for this system, in order. A write comes again, with the same id, until it is acknowledged: carry out each id once',
    params: OfConnection,
    body: z.strictObject({
      after: z
        .string()
        .regex(/^\d{0,18}$/, 'must be `next` of the page before')
        .default('')
        .describe('`next` of the page before; without, from the first that waits'),
      limit: Limit(50, MOST),
    }),
    reply: z.strictObject({
      writes: z.array(
        z.strictObject({
          id: z.string().describe('The same at every delivery'),
          no: z.string(),
          record: z.string(),
          op: z.enum(['create', 'update', 'delete']),
          record_id: z.string().nullable().describe('Null for a new record'),
          expect_version: z.string().nullable(),
          fields: z.unknown().describe('Fields to set, each whole'),
          delivery: z.int().describe('How often it was delivered, this time included'),
        }),
      ),
      next: z.string(),
      more: z.boolean().describe('Ask again at once, with `next`'),
      withdrawn: z.int().describe('So many changed at their source before they were delivered; they come anew shortly'),
    }),
    answer: async (asked) => {
      const { db, body } = asked;
      const page = await pullOutbox(db, own(asked, asked.params.connection), body);
      await signal(asked, page.nudge);
      const { writes, next, more, withdrawn } = page;
      return {
        ...{ next, more, withdrawn },
        writes: writes.map(({ recordId, expectVersion, ...rest }) => ({
          ...rest,
          record_id: recordId,
          expect_version: expectVersion,
        })),
      };
    },
  }),
  route({
    id: 'POST /outbox/:connection/answers',
    summary: 'What became of writes that were pulled. Each answer is kept once, however often it is sent',
    params: OfConnection,
    body: z.strictObject({
      answers: z
        .array(z.discriminatedUnion('outcome', [Done, Refused, Unknown]))
        .min(1)
        .max(MOST),
    }),
    reply: z.strictObject({
      answers: z.array(
        z.strictObject({
          id: z.string(),
          state: z
            .enum(['noted', 'repeated', 'contradicts', 'wrong'])
            .describe(
              'noted: kept; repeated: known before; contradicts: another answer was kept before, and a person must look; wrong: see `detail`, and send it again corrected',
            ),
          detail: z.string(),
        }),
      ),
    }),
    answer: async (asked) => {
      const { db, caller, body, log } = asked;
      const connection = own(asked, asked.params.connection);
      const { answers, nudge } = await acknowledgeOutbox(db, caller.name, connection, body.answers.map(answerOf));
      for (const { id, state, detail } of answers)
        if (state === 'contradicts') log.warn({ connection, key: id }, `an acknowledgement contradicts: ${detail}`);
      await signal(asked, nudge);
      return { answers };
    },
  }),
  route({
    id: 'POST /outbox/:connection/records/:record',
    summary: 'Records of this system as they are now: new, changed and deleted ones',
    params: z.strictObject({ connection: Text(200), record: Text(200) }),
    body: z.strictObject({
      records: z
        .array(
          z.strictObject({
            id: Text(500),
            fields: Fields.optional().describe('The whole record; must be given unless it is deleted'),
            part: z.boolean().default(false).describe('Only these fields are said; the others stay as they are'),
            deleted: z.boolean().default(false),
            version: Text(500).optional(),
            modified_at: z.iso.datetime({ offset: true }).optional().describe('When it was changed there'),
          }),
        )
        .max(MOST)
        .refine(
          (records) => records.every(({ fields, deleted }) => (fields === undefined) === deleted),
          'each record has `fields`, or is `deleted`',
        )
        .refine(
          (records) => new Set(records.map(({ id }) => id)).size === records.length,
          'a record stands there twice',
        ),
      complete: z
        .boolean()
        .default(false)
        .describe('With these every record that the system has of this type was posted at least once'),
    }),
    reply: z.strictObject({ changed: z.int().describe('How many were not known so before') }),
    answer: async (asked) => {
      const { db, params, body, compilation } = asked;
      const connection = own(asked, params.connection);
      const slots = slotsOf(compilation(), connection, params.record);
      known(slots[0], `mapping that uses ${params.record} of "${connection}"`);
      const changed = await postOutbox(db, connection, {
        record: params.record,
        complete: body.complete,
        records: body.records.map(({ id, fields, part, version, modified_at: modifiedAt }) => ({
          ...{ id, part },
          ...(fields === undefined ? {} : { body: fields }),
          ...(version === undefined ? {} : { version }),
          ...(modifiedAt === undefined ? {} : { modifiedAt }),
        })),
      });
      if (changed > 0 || body.complete) await signal(asked, [], slots);
      return { changed };
    },
  }),
];
