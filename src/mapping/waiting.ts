/** How long a record may wait before people are told. */
import type { Mapping } from './port.ts';
import type { MappingFile } from './schema.ts';

// A load, a retry or a short outage is over by then.
const WAITING_AFTER_S = 60;

/** Per side where people see the state, ms. */
export const waitingAfter = (definition: MappingFile): Mapping['waitingAfterMs'] =>
  Object.fromEntries(
    (['crm', 'erp'] as const).flatMap((side) => {
      const { state, waiting_after: after = WAITING_AFTER_S } = definition.feedback?.[side] ?? {};
      return state === undefined || after === 'never' ? [] : [[side, after * 1_000]];
    }),
  );
