/** Pages that can be trusted: one that names a record twice, with different contents, shows something else than records. */
import { SyncError } from '../../src/domain/errors.ts';
import { sameJson } from '../../src/domain/json.ts';
import type { Change, Connector, NativeRecord } from '../sdk/seam.ts';

const testTwice = (record: string, changes: readonly Change[]): void => {
  const seen = new Map<string, NativeRecord>();
  for (const change of changes) {
    if (change.op !== 'upsert') continue;
    const { id, body } = change.record;
    const known = seen.get(id);
    if (known !== undefined && !sameJson(known.body, body))
      throw new SyncError(
        'PROTOCOL_ERROR',
        `a list of ${record} names the record "${id.slice(0, 60)}" twice on one page, with different contents`,
      );
    seen.set(id, change.record);
  }
};

/** The same connector, whose lists are held to that. In a feed one record may well come twice: it changed twice. */
export const withoutTwins = (connector: Connector): Connector => ({
  ...connector,
  list: async (record, request, call) => {
    const page = await connector.list(record, request, call);
    testTwice(record, page.changes);
    return page;
  },
});
