/** Short ways to say what a test does with customers in a table. */
import { onTestFinished } from 'vitest';
import type { Classified, Connector, Outcome, WriteItem } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall } from './fake-http.ts';
import { aCustomer, connectSql, sqlPreset } from './sql.ts';
import type { Kind } from './sql-pair.ts';

/** Promises of a table with a version and a unique key. */
export const PROMISES = {
  ...{ idempotency: 'unique', guard: 'version', version_covers_all: true },
  ...{ returns_record: true, complete: true, deletes: 'absence' },
};

/** A connector for the shipped preset with changes; it is closed with the test. */
export const connectorOf = (
  kind: Kind,
  customer: JsonObject = {},
  over: JsonObject = {},
  callMs = 5_000,
): Connector => {
  const connector = connectSql(kind.database(), sqlPreset(kind.dialect, customer, over), { callMs });
  onTestFinished(() => connector.close());
  return connector;
};

/** The same for a record type of the test's own. */
export const connectorFor = (kind: Kind, type: JsonObject, over: JsonObject = {}): Connector => {
  const connector = connectSql(kind.database(), { ...sqlPreset(kind.dialect), ...over, records: { Customer: type } });
  onTestFinished(() => connector.close());
  return connector;
};

/** A new customer named like its key. */
export const create = (key: string, over: JsonObject = {}): WriteItem => ({
  ...{ op: 'create', data: aCustomer(key, over), idempotencyKey: key },
});
/** A new note for a known one. */
export const update = (id: string, note: string): WriteItem => ({
  ...{ op: 'update', id, data: { note }, idempotencyKey: `${id}-${note}` },
});
/** Writes customers. */
export const write = (connector: Connector, ...items: WriteItem[]): Promise<readonly Outcome[]> =>
  connector.write('Customer', items, aCall());
/** A full pass's first page. */
export const list = (connector: Connector, limit = 50) => connector.list('Customer', { cursor: '', limit }, aCall());

/** The failure in an outcome, if it is one. */
export const errorOf = (outcome: Outcome | undefined): Classified | undefined =>
  outcome !== undefined && 'error' in outcome ? outcome.error : undefined;
/** The version in an outcome. */
export const versionIn = (outcome: Outcome | undefined): string =>
  outcome !== undefined && 'version' in outcome ? (outcome.version ?? '') : '';
