import type { RecordDescription } from '../connectors/sdk/seam.ts';
import { type ErrorCode, SyncError } from '../src/domain/errors.ts';
import { asActivity } from './activity.ts';
import { capabilitiesOf, type Deps } from './deps.ts';

export interface ProbeInput {
  readonly connection: string;
  /** With a record: describe it. Without: log in and say as whom. */
  readonly record?: string;
}

/** A failed probe is an answer, not a failure: somebody waits to be told. */
export type ProbeResult =
  | {
      readonly ok: true;
      readonly who: string;
      readonly warnings: readonly string[];
      readonly records: readonly string[];
    }
  | { readonly ok: true; readonly description: RecordDescription }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

/** Ask a connection who we are there, or what a record looks like. */
export const createProbe = ({ connections, log }: Deps) =>
  asActivity({ name: 'probe', log }, async ({ connection, record }: ProbeInput, { signal }): Promise<ProbeResult> => {
    try {
      return await connections.use(connection, async (live): Promise<ProbeResult> => {
        const call = { signal, beforeRequest: live.leave };
        if (record === undefined)
          return { ok: true, ...(await live.connector.check(call)), records: Object.keys(live.connector.capabilities) };
        capabilitiesOf(live, record);
        return { ok: true, description: await live.connector.describe(record, call) };
      });
    } catch (error) {
      if (!(error instanceof SyncError) || signal.aborted) throw error;
      return { ok: false, code: error.code, message: error.message };
    }
  });
