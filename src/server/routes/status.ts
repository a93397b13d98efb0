import { may, owns } from '../access.ts';
import { Status } from '../replies.ts';
import { type Route, route } from '../route.ts';

/** How far everything is. */
export const statusRoutes: readonly Route[] = [
  route({
    id: 'GET /status',
    summary: 'Per mapping what agrees, is due, waits and is parked; per connection how far it was read',
    reply: Status,
    answer: async ({ status, caller }) => {
      const { at, mappings, connections } = await status();
      return {
        at,
        mappings: mappings.filter((mapping) => owns(caller, mapping.name)),
        connections: may(caller, 'connections.read')
          ? connections
          : connections.map((each) => ({ ...each, lastError: null })),
      };
    },
  }),
];
