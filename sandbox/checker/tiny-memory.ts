/** What the smallest integration remembers between its rounds, and how it writes. */
import { basic, bearer, call, docOf, listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import type { Base } from './tiny-decide.ts';
import type { Seen } from './tiny-words.ts';
import type { ParkedItem, Reading, Side } from './words.ts';

/** Where the two systems are. */
export type Addresses = Readonly<Record<Side, { readonly url: string; readonly controlUrl: string }>>;

/** Links, what was agreed on, and when each value was first seen. */
export const createMemory = () => {
  const links = new Map<string, string>();
  const bases = new Map<string, Map<string, string | null>>();
  const times = new Map<string, { readonly value: string | null; readonly stamp: number }>();
  let parked: ParkedItem[] = [];
  return {
    links,
    parked: (): readonly ParkedItem[] => parked,
    park: (...items: readonly ParkedItem[]): void => void parked.push(...items),
    unpark: (): void => {
      parked = [];
    },
    base: (link: string, field: string): Base => bases.get(link)?.get(field),
    remember: (link: string, field: string, value: string | null): void => {
      const base = bases.get(link) ?? new Map<string, string | null>();
      bases.set(link, base.set(field, value));
    },
    /** The record's own time when this value of the field was first seen; our own later writes to the record do not count. */
    firstSeen: (record: Seen, field: string, { value }: Reading): number => {
      const key = `${record.id} ${field}`;
      const known = times.get(key);
      if (known?.value === value) return known.stamp;
      times.set(key, { value, stamp: record.stamp });
      return record.stamp;
    },
  };
};
export type Memory = ReturnType<typeof createMemory>;

/** Writes a record; its id, or undefined when somebody changed the record meanwhile. Without `before` it is a new one. */
export type Write = (
  to: Side,
  before: Seen | undefined,
  values: Doc,
  reference?: string,
) => Promise<string | undefined>;

const accountItem = (before: Seen | undefined, fields: Doc, reference: string) => ({
  key: 'k',
  ...(before === undefined ? { external_id: reference } : { id: before.id, if_match: before.doc['etag'] }),
  fields,
});
const partnerItem = (before: Seen | undefined, partner: Doc, reference: string) => ({
  ...(before === undefined ? { reference } : { number: before.id, row_version: before.doc['row_version'] }),
  partner,
});

/** Writes with the credentials of `tally`. */
export const createWrite = async ({ crm, erp }: Addresses): Promise<Write> => {
  const headers = { crm: await bearer(crm.url, 'tally', 'tally-secret'), erp: basic('tally', 'tally-secret') };
  return async (to, before, values, reference = '') => {
    const path =
      to === 'crm' ? '/v1/accounts/batch/upsert' : `/api/partners/${before === undefined ? 'create' : 'update'}`;
    const item = (to === 'crm' ? accountItem : partnerItem)(before, values, reference);
    const reply = await call('POST', `${to === 'crm' ? crm.url : erp.url}${path}`, {
      headers: headers[to],
      body: { items: [item] },
    });
    const [result] = listOf(docOf(reply), 'results');
    const record = result?.['record'] as Doc | undefined;
    if (result?.['status'] === 412 || result?.['code'] === 'STALE') return undefined;
    const made = record?.['id'] ?? result?.['number'];
    if (typeof made !== 'string') throw new Error(`refused: ${JSON.stringify(result)}`);
    return made;
  };
};
