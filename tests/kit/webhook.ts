/** A connection that is told by webhooks, and how its preset says so. */
import type { ConnectionSettings } from '../../src/config/port.ts';

/** Settings of a connection to nowhere. */
export const SETTINGS: ConnectionSettings = {
  name: 'crm',
  connector: 'fake',
  url: 'http://127.0.0.1:1',
  allow: [],
  settings: {},
  concurrency: 1,
  settleMs: 0,
  lagMs: 0,
  callMs: 1_000,
  pollMs: 1_000,
  sweepMs: 0,
  skewMs: 0,
};

/** Standard Webhooks for one record type. */
export const STANDARD = {
  scheme: 'standard-webhooks',
  secrets: '{settings.webhook_secret}',
  type: 'type',
  records: { Account: ['account.created', 'account.updated'] },
  id: 'data.id',
};
