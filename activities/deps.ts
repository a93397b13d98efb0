/** What activities are given. Ports only: nothing here knows PostgreSQL, the engine or a kind of system. */
import type { Call, Capabilities, Connector } from '../connectors/sdk/seam.ts';
import type { ConnectionSettings } from '../src/config/port.ts';
import { SyncError } from '../src/domain/errors.ts';
import type { CapturePort, OrderName, PipelinePort, ViewsPort } from '../src/ledger/port.ts';
import type { Precedence } from './precedence.ts';
import type { Rests } from './rests.ts';

/** The part of a logger that activities use. */
export type ActivityLog = Readonly<Record<'debug' | 'info' | 'warn' | 'error', (facts: object, line: string) => void>>;

/** A configured system, ready to be called. */
export interface LiveConnection {
  readonly settings: ConnectionSettings;
  readonly connector: Connector;
  /** Awaited before each request: the budget that all workers share. */
  readonly leave: NonNullable<Call['beforeRequest']>;
}

/** The connections of the configuration that is in force. */
export interface Connections {
  /** The connection stays open until the work ends, also when the configuration changes meanwhile. */
  use<T>(name: string, work: (live: LiveConnection) => Promise<T>): Promise<T>;
}

export interface Deps {
  readonly capture: CapturePort;
  readonly pipeline: PipelinePort;
  readonly views: ViewsPort;
  readonly connections: Connections;
  /** Tell the workflows of these mappings that something is due. A lost nudge costs one look. */
  readonly nudge: (mappings: readonly string[]) => Promise<void>;
  /** Tell the workflows of these documents to look. */
  readonly nudgeOrders: (orders: readonly OrderName[]) => Promise<void>;
  readonly precedence: Precedence;
  readonly rests: Rests;
  /** Milliseconds of a clock that only runs forward. */
  readonly elapsed: () => number;
  readonly log: ActivityLog;
}

/** What a connection can do with a record type; a record it does not know is a fault of the configuration. */
export const capabilitiesOf = ({ connector, settings }: LiveConnection, record: string): Capabilities => {
  const capabilities = connector.capabilities[record];
  if (capabilities !== undefined) return capabilities;
  const known = Object.keys(connector.capabilities).join(', ');
  throw new SyncError('CONFIG_INVALID', `connection "${settings.name}" has no record "${record}"; it has ${known}`, {
    connection: settings.name,
    record,
  });
};
