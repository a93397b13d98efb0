import { z } from 'zod';
import { journalPage } from '../../ledger/queries/journal.ts';
import { isUuid } from '../../ledger/queries/values.ts';
import { may, seesValues } from '../access.ts';
import { opened, sealed } from '../cursor.ts';
import { entryMasked } from '../masking.ts';
import { Journal } from '../replies.ts';
import { known, type Route, route } from '../route.ts';
import { Cursor, Limit, Text } from '../schemas.ts';

const Position = z.strictObject({ before: z.string().regex(/^\d{1,18}$/) });
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
];
