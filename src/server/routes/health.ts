import { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import { openApi } from '../openapi.ts';
import { type Route, route } from '../route.ts';

/** Is it alive, can it work, and how is it spoken to. Open to everybody: they say nothing else. */
export const healthRoutes = (all: () => readonly Route[]): readonly Route[] => [
  route({
    id: 'GET /health',
    summary: 'The process is alive',
    reply: z.strictObject({ alive: z.literal(true) }),
    answer: () => ({ alive: true as const }),
  }),
  route({
    id: 'GET /ready',
    summary: 'The ledger and the engine answer',
    reply: z.strictObject({ ready: z.literal(true) }),
    answer: async ({ db, temporal }) => {
      await db.query('select 1');
      if (!(await temporal.reachable())) throw new SyncError('ENGINE_DOWN', 'the Temporal server does not answer');
      return { ready: true as const };
    },
  }),
  route({
    id: 'GET /openapi.json',
    summary: 'This description',
    reply: z.looseObject({}),
    answer: () => openApi(all()),
  }),
];
