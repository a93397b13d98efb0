/** A desk in Tryton: what its own client does when a person edits, deactivates or merges parties. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Api, Refused, type Row, type Value } from './api.ts';

/** Fields that people edit, as the mapping calls them. */
export type EditField = 'name' | 'email' | 'phone' | 'street' | 'city' | 'payment terms' | 'language' | 'tax id';
type Fields = { readonly [name: string]: Value };

const TRIES = 30;

/** Somebody was quicker, says Tryton, or says its PostgreSQL: a person looks again, and does it once more. */
const isQuicker = (error: unknown): boolean =>
  error instanceof Refused && /^(ConcurrencyException$|could not serialize access|deadlock detected)/.test(error.kind);

/** What a person does in Tryton's own client. */
export interface TrytonDesk {
  /** Writes one field of a party: children through their party. */
  write(id: string, field: EditField, value: string | null): Promise<void>;
  /** Takes a party out of use, or back into it. */
  use(id: string, active: boolean): Promise<void>;
  /** Merges one party into another, by Tryton's own window *Replace*; its warnings are read and confirmed. */
  merge(loser: string, survivor: string): Promise<void>;
}

/** Sits down at one. */
export const createTrytonDesk = (api: Api): TrytonDesk => {
  const idBy = async (model: string, field: string, value: string): Promise<number> => {
    const found = (await api.call(model, 'search', [[[field, '=', value]], 0, 1, null])) as readonly number[];
    if (found[0] === undefined) throw new Error(`Tryton has no ${model} ${value}`);
    return found[0];
  };
  const child = (rows: Value | undefined, type: string | undefined): number | undefined =>
    (rows as readonly Row[]).find((row) => type === undefined || row['type'] === type)?.id;
  const command = (
    id: number | undefined,
    key: { readonly [name: string]: Value },
    field: string,
    value: string | null,
  ): Value => {
    if (id === undefined) return [['create', [{ ...key, [field]: value }]]];
    return value === null && key['type'] !== undefined ? [['delete', [id]]] : [['write', [id], { [field]: value }]];
  };
  const valuesFor = async (party: Row, field: EditField, value: string | null): Promise<Fields> => {
    switch (field) {
      case 'name':
        return { name: value };
      case 'language':
        return { lang: value === null ? null : await idBy('ir.lang', 'code', value) };
      case 'payment terms':
        return {
          customer_payment_term: value === null ? null : await idBy('account.invoice.payment_term', 'name', value),
        };
      case 'street':
      case 'city':
        return { addresses: command(child(party['addresses.'], undefined), {}, field, value) };
      case 'email':
      case 'phone':
        return {
          contact_mechanisms: command(child(party['contact_mechanisms.'], field), { type: field }, 'value', value),
        };
      case 'tax id':
        return { identifiers: command(child(party['identifiers.'], 'eu_vat'), { type: 'eu_vat' }, 'code', value) };
      default:
        return field satisfies never;
    }
  };
  /** Reads the party, and writes what `made` says of it unless somebody was quicker; then looks again. */
  const change = async (id: string, made: (party: Row) => Promise<Fields>): Promise<void> => {
    for (let left = TRIES; ; left -= 1) {
      const number = Number(id);
      const fields = ['_timestamp', 'addresses.id', 'contact_mechanisms.type', 'identifiers.type'];
      const [party] = (await api.call('party.party', 'read', [[number], fields])) as unknown as readonly Row[];
      if (party === undefined) throw new Error(`Tryton has no party ${id}`);
      const values = await made(party);
      try {
        await api.call('party.party', 'write', [[number], values], {
          _timestamp: { [`party.party,${number}`]: party['_timestamp'] ?? null },
        });
        return;
      } catch (error) {
        if (!isQuicker(error) || left === 0) throw error;
        await pause(100);
      }
    }
  };
  return {
    write: (id, field, value) => change(id, (party) => valuesFor(party, field, value)),
    use: (id, active) => change(id, async () => ({ active })),
    merge: async (loser, survivor) => {
      const windows = { ask: { source: Number(loser), destination: Number(survivor) } };
      for (let left = TRIES; ; left -= 1) {
        try {
          return await api.wizard('party.replace', windows, 'replace');
        } catch (error) {
          if (left === 0) throw error;
          if (error instanceof Refused && error.kind === 'UserWarning')
            await api.call('res.user.warning', 'skip', [error.about, false]);
          else if (isQuicker(error)) await pause(100);
          else throw error;
        }
      }
    },
  };
};
