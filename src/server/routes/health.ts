import { z } from 'zod';
import { openApi } from '../openapi.ts';
import { type Route, route } from '../route.ts';

let description: ReturnType<typeof openApi> | undefined;
/** Made once: everybody may ask for it, and it does not change while we run. */
const describedOnce = (all: readonly Route[]): ReturnType<typeof openApi> => {
  description ??= openApi(all);
  return description;
};

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
    answer: async ({ ready }) => {
      await ready();
      return { ready: true as const };
    },
  }),
  route({
    id: 'GET /openapi.json',
    summary: 'This description',
    reply: z.looseObject({}),
    answer: () => describedOnce(all()),
  }),
];
