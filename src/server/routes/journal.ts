import { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import { journalPage } from '../../ledger/queries/journal.ts';
import { isUuid } from '../../ledger/queries/values.ts';
import { type Checkpoint, verifyJournal } from '../../ledger/queries/verify.ts';
import { may, seesValues } from '../access.ts';
import { opened, sealed } from '../cursor.ts';
import { entryMasked } from '../masking.ts';
import { Journal, Verified } from '../replies-admin.ts';
import { known, type Route, route } from '../route.ts';
import { Cursor, Limit, Text } from '../schemas.ts';

const Position = z.strictObject({ before: z.string().regex(/^\d{1,18}$/) });
/** A place in the chain as the address carries it; a number without its hash shows nothing. */
const checkpointsOf = ({ number, hash }: z.infer<typeof VerifyQuery>): readonly Checkpoint[] => {
  if ((number === undefined) !== (hash === undefined))
    throw new SyncError('BAD_REQUEST', 'a checkpoint is a number and its hash: give both', { field: 'hash' });
  return number === undefined || hash === undefined ? [] : [{ number, hash }];
};
const VerifyQuery = z.strictObject({
  number: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  hash: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'must be 64 hexadecimal digits')
    .optional()
    .describe('What the entry of that number had for a hash when somebody wrote it down'),
});
// What the product itself did is nobody's secret; what other people did is for those who audit.
const OURSELVES = 'tallystick';

/** What was done and why, newest first. */
export const journalRoutes: readonly Route[] = [
  route({
    id: 'GET /journal',
    summary:
      'The journal, newest first, of one record or of all: of people’s acts only one’s own, but for those who audit',
    query: z.strictObject({ link: Text(36).optional(), limit: Limit(50, 200), cursor: Cursor }),
    reply: Journal,
    answer: async ({ db, caller, query: { link, limit, cursor } }) => {
      if (link !== undefined) known(isUuid(link) ? link : undefined, `record "${link}"`);
      const question = JSON.stringify(['journal', link]);
      const before = cursor === undefined ? undefined : Position.parse(opened(caller.seal, question, cursor)).before;
      const actors = may(caller, 'audit.all') ? undefined : [OURSELVES, caller.name];
      const { entries, next } = await journalPage(db, { link, actors, mappings: caller.mappings }, { limit, before });
      return {
        entries: entries.map((entry) =>
          entry.mapping !== null && seesValues(caller, entry.mapping) ? entry : entryMasked(entry),
        ),
        next: next === null ? null : sealed(caller.seal, question, { ...next }),
      };
    },
  }),
  route({
    id: 'GET /journal/verify',
    summary: 'Compute the hash of every entry anew: how many fit, or the first that is not as it was written',
    query: VerifyQuery,
    reply: Verified,
    answer: async ({ db, limits, query }) => {
      const checkpoints = checkpointsOf(query);
      return limits.alone('journal', () => verifyJournal(db, checkpoints));
    },
  }),
];
