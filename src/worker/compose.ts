/** The composition root of the worker: everything is made here, once, and handed to what needs it. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { capabilitiesOf, type Deps } from '../../activities/deps.ts';
import { createLedgerSteps, createOutboundSteps } from '../../activities/index.ts';
import { createPrecedence } from '../../activities/precedence.ts';
import { createRests, type Rests } from '../../activities/rests.ts';
import { createConnector } from '../../connectors/index.ts';
import type { Compiled } from '../config/compiled.ts';
import { connectorFolder } from '../config/parse.ts';
import type { ConfigRevision, ConnectionSettings } from '../config/port.ts';
import { createSecrets } from '../config/secrets.ts';
import type { Settings } from '../config/settings.ts';
import type { Database } from '../ledger/database.ts';
import { drawBudget, returnBudget } from '../ledger/steps/budget.ts';
import { createCapture } from '../ledger/steps/capture.ts';
import { type Context, connectionOf, recordOf, type SlotTraits } from '../ledger/steps/context.ts';
import { createOutboxStore } from '../ledger/steps/outbox.ts';
import { createPipeline } from '../ledger/steps/pipeline.ts';
import { register } from '../ledger/steps/register.ts';
import { createViews } from '../ledger/steps/views.ts';
import type { Mapping } from '../mapping/port.ts';
import type { View } from '../mapping/view.ts';
import { createLeave } from './budget.ts';
import { createRegistry, type Open } from './connections.ts';

/** The worker's parts, around the configuration in force. */
export interface Composition {
  readonly ledgerSteps: ReturnType<typeof createLedgerSteps>;
  readonly outboundSteps: ReturnType<typeof createOutboundSteps>;
  /** Put a compiled revision in force: rows registered, connections replaced, mappings swapped. */
  readonly apply: (revision: ConfigRevision, compiled: Compiled) => Promise<void>;
  /** Whoever looks again and again, resting in between. */
  readonly rests: Rests;
  readonly close: () => void;
}

// Each holds a place of its connection's queue.
const MOST_RESTS = 100;

/** Everything the worker is made of. */
export const compose = (parts: {
  readonly settings: Settings;
  readonly db: Database;
  readonly log: Logger;
  readonly nudge: Deps['nudge'];
  readonly nudgeOrders: Deps['nudgeOrders'];
}): Composition => {
  const { db, log } = parts;
  let mappings: ReadonlyMap<string, Mapping> = new Map();
  let views: ReadonlyMap<string, View> = new Map();
  let files: ConfigRevision['files'] = {};
  const registry = createRegistry(opener(parts, () => files));
  const context: Context = {
    db,
    uuid: randomUUID,
    mappings: () => mappings,
    traits: (slot) => traitsOf(registry.peek(connectionOf(slot)), recordOf(slot)),
  };
  const deps: Deps = {
    capture: createCapture(context),
    pipeline: createPipeline(context),
    views: createViews(db, () => views),
    connections: registry,
    nudge: parts.nudge,
    nudgeOrders: parts.nudgeOrders,
    precedence: createPrecedence(() => performance.now()),
    rests: createRests(MOST_RESTS),
    elapsed: () => performance.now(),
    log,
  };
  return {
    ledgerSteps: createLedgerSteps(deps),
    outboundSteps: createOutboundSteps(deps),
    apply: async (revision, compiled) => {
      await register(db, {
        config: revision.number,
        connections: compiled.configuration.connections.map(({ name }) => name),
        mappings: [...compiled.mappings.values()],
      });
      files = revision.files;
      registry.replace(compiled.configuration);
      mappings = compiled.mappings;
      views = compiled.views;
      deps.rests.sendHome();
    },
    rests: deps.rests,
    close: registry.close,
  };
};

const opener = (
  { settings: { TALLY_MODE: mode }, db }: { readonly settings: Settings; readonly db: Database },
  files: () => ConfigRevision['files'],
): Open => {
  const secret = createSecrets(process.env);
  return (settings, preset) => ({
    settings,
    connector: createConnector({
      settings,
      preset,
      mode,
      secret,
      outbox: createOutboxStore(db, settings.name),
      read: async (path) => files()[`${connectorFolder(settings.connector)}/${path}`],
    }),
    leave: leaveOf(db, settings),
  });
};

const leaveOf = (db: Database, { name, perSecond }: ConnectionSettings) =>
  createLeave(name, perSecond, {
    draw: (requests) => drawBudget(db, name, perSecond ?? 1, requests),
    giveBack: (requests) => returnBudget(db, name, perSecond ?? 1, requests),
  });

/** What the ledger must know of a slot, from what the connection can do and how it is set. */
const traitsOf = (live: Parameters<typeof capabilitiesOf>[0], record: string): SlotTraits => {
  const { guard, versionCoversAll, version, idempotency, showsEmpty, changes } = capabilitiesOf(live, record);
  const { callMs, settleMs, sweepMs, lagMs } = live.settings;
  const fresh = guard !== 'version' || !versionCoversAll;
  const whole = showsEmpty === true;
  const { grainMs } = changes;
  return {
    ...{ fresh, counts: version === 'counter', whole, idempotency, settleMs: callMs + settleMs },
    ...{ sweepMs, lagMs, grainMs },
  };
};
