import { ERRORS, type ErrorCode } from '../src/domain/errors.ts';
import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';

export interface GiveBackInput {
  readonly segment: string;
  readonly connection: string;
  /** Why: the code of the failure that used up the attempts. */
  readonly code: ErrorCode;
  /** How long the system asks us to wait, ms; 0 if it does not say. */
  readonly retryAfterMs: number;
}

/** Take back what was stated for a connection and not sent: from here on each next try is a row. */
export const createGiveBack = ({ pipeline, log }: Deps) =>
  asActivity(
    { name: 'give back', log },
    ({ segment, connection, code, retryAfterMs }: GiveBackInput): Promise<void> =>
      pipeline.withdraw(
        segment,
        connection,
        ERRORS[code].recovery === 'pause' ? 'CONNECTION_PAUSED' : code,
        retryAfterMs,
      ),
  );
