import { z } from 'zod';
import { keys } from '../../ledger/queries/keys.ts';
import { createKey, revokeKey } from '../../ledger/steps/keys.ts';
import { assertKey } from '../access.ts';
import { Key, MadeKey } from '../replies-admin.ts';
import { type Route, route } from '../route.ts';
import { ById, NewKey } from '../schemas.ts';

/** Keys of the API: listed without their secret, made and revoked. */
export const keyRoutes: readonly Route[] = [
  route({
    id: 'GET /keys',
    summary: 'All keys, those in use first',
    reply: z.strictObject({ keys: z.array(Key) }),
    answer: async ({ db }) => ({ keys: await keys(db) }),
  }),
  route({
    id: 'POST /keys',
    summary: 'Make a key; it is shown this once',
    body: NewKey,
    reply: MadeKey,
    status: 201,
    answer: ({ db, caller, body }) => {
      assertKey(body);
      return createKey(db, caller.name, body);
    },
  }),
  route({
    id: 'DELETE /keys/:id',
    summary: 'Revoke a key, by id or name; it ends at its next request',
    params: ById,
    reply: z.strictObject({ id: z.string(), state: z.literal('revoked') }),
    answer: async ({ db, caller, params }) => {
      await revokeKey(db, caller.name, params.id);
      return { id: params.id, state: 'revoked' as const };
    },
  }),
];
