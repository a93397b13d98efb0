import type { ErrorCode } from '../../domain/errors.ts';
import { canonicalJson, isObject } from '../../domain/json.ts';
import type { Mapping } from '../../mapping/port.ts';
import { objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import type { LinkRow } from './load.ts';

// Rule 10: this many returns to an earlier value within this time is no edit any more, it is a quarrel.
const RETURNS = 3;
const WITHIN_MINUTES = 10;

/** Per link, the fields whose value keeps returning to an earlier one: a person must say which side stands. */
export const flappingFields = async (
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
): Promise<ReadonlyMap<string, Readonly<Record<string, ErrorCode>>>> => {
  const settled = rows.filter((row) => Object.keys(row.baseline).length > 0).map((row) => row.link);
  if (settled.length === 0) return new Map();
  const entries = await db.query<{ link: string; action: string; body: Buffer | null }>(
    `select j.link, j.action, v.body from journal j left join journal_value v on v.journal = j.id
     where j.link = any($1::uuid[]) and j.mapping = $2 and j.action in ('update', 'decide') and j.at > ledger_now() - $3 * interval '1 minute' order by j.id`,
    [settled, mapping.name, WITHIN_MINUTES],
  );
  const held = new Map<string, Readonly<Record<string, ErrorCode>>>();
  for (const [link, all] of Map.groupBy(entries, (entry) => entry.link)) {
    // What a person decided begins a new count.
    const since = all.slice(all.findLastIndex((entry) => entry.action === 'decide') + 1);
    const fields = flapping(
      since
        .flatMap((entry) => (entry.body === null ? [] : [objectFrom(entry.body)['agreed']]))
        .filter((agreed) => isObject(agreed ?? null)) as readonly Readonly<Record<string, unknown>>[],
    );
    if (fields.length > 0) held.set(link, Object.fromEntries(fields.map((field) => [field, 'FLAPPING'])));
  }
  return held;
};

const flapping = (writes: readonly Readonly<Record<string, unknown>>[]): readonly string[] => {
  const values = new Map<string, string[]>();
  for (const write of writes)
    for (const [field, value] of Object.entries(write))
      values.set(field, [...(values.get(field) ?? []), canonicalJson(value as never)]);
  return [...values].filter(([, all]) => returns(all) >= RETURNS).map(([field]) => field);
};

/** How often a value came back that had been left before. */
const returns = (all: readonly string[]): number =>
  all.filter((value, i) => value !== all[i - 1] && all.slice(0, Math.max(0, i - 1)).includes(value)).length;
