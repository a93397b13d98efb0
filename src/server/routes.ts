import type { Route } from './route.ts';
import { configRoutes } from './routes/config.ts';
import { connectionRoutes } from './routes/connections.ts';
import { feedRoutes } from './routes/feed.ts';
import { healthRoutes } from './routes/health.ts';
import { hookRoutes } from './routes/hooks.ts';
import { journalRoutes } from './routes/journal.ts';
import { keyRoutes } from './routes/keys.ts';
import { mappingRoutes } from './routes/mappings.ts';
import { orderRoutes } from './routes/orders.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { parkedRoutes } from './routes/parked.ts';
import { recordRoutes } from './routes/records.ts';
import { statusRoutes } from './routes/status.ts';
import { viewRoutes } from './routes/views.ts';

/** Every route there is, in the order they are described. A fixed word stands before a parameter in the same place. */
export const ROUTES: readonly Route[] = [
  ...healthRoutes(() => ROUTES),
  ...hookRoutes,
  ...statusRoutes,
  ...connectionRoutes,
  ...mappingRoutes,
  ...recordRoutes,
  ...orderRoutes,
  ...viewRoutes,
  ...outboxRoutes,
  ...feedRoutes,
  ...parkedRoutes,
  ...journalRoutes,
  ...configRoutes,
  ...keyRoutes,
];
