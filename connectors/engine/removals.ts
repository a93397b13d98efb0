/** Elements of lists that shall go reach only record types that can take them away. */
import { isObject, type Json } from '../../src/domain/json.ts';
import { REMOVED } from '../../src/mapping/path.ts';
import type { Connector, Outcome } from '../sdk/seam.ts';

/** Is there an element anywhere in a document that shall go? */
export const takesAway = (value: Json): boolean => {
  if (Array.isArray(value)) return (value as readonly Json[]).some(takesAway);
  return isObject(value) && (value[REMOVED] === true || Object.values(value).some(takesAway));
};

const cannot = (record: string): Outcome => ({
  status: 'failed',
  error: {
    class: 'unsupported',
    message: `the connector cannot take an element out of a list of ${record}; say \`on_missing: keep\` or \`park\` for it`,
    scope: 'item',
  },
});

/** A connector that refuses such an item before anything of it is sent, where its record type does not know the mark. */
export const refusingRemovals = (connector: Connector): Connector => ({
  ...connector,
  write: async (record, items, call) => {
    if (connector.capabilities[record]?.write.removes === true) return connector.write(record, items, call);
    const refused = items.map((item) => item.op === 'update' && takesAway(item.data));
    if (!refused.includes(true)) return connector.write(record, items, call);
    const rest = items.filter((_item, index) => refused[index] !== true);
    const outcomes = (rest.length === 0 ? [] : await connector.write(record, rest, call)).values();
    return refused.map((each) => (each ? cannot(record) : (outcomes.next().value ?? cannot(record))));
  },
});
