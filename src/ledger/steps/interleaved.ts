/** Rule 9, without a guard: what somebody wrote between our reading and our write is overwritten unseen; it is found where that can be, and listed. */
import type { Json, JsonObject } from '../../domain/json.ts';
import { sameJson } from '../../domain/json.ts';
import { getPath, pathOf } from '../../mapping/path.ts';
import { cut, objectFrom, packed, toBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import type { Entry } from './journal.ts';
import type { Settled } from './settle.ts';

/** A record as it was seen while a write to it was open. */
export interface Glimpsed {
  readonly id: string;
  readonly version: string | undefined;
  readonly body: JsonObject;
}

/** Keep what cannot be stored now: the newest of it, as long as the write is open. */
export const glimpse = async (db: Database, slot: string, seen: readonly Glimpsed[]): Promise<void> => {
  if (seen.length === 0) return;
  await db.query(
    `with met as (
       select i.link, i.slot, i.no, t.b, t.z from unnest($2::text[],$4::int[],$5::int[]) as t(id,b,z)
       join intent i on i.slot = $1 and i.record_id = t.id and i.link = (select link from record where slot = $1 and id = t.id)
       where i.ended_at is null and i.op = 'update' order by i.link, i.slot, i.no for update of i
     )
     update intent i set glimpse = ${cut(3, 'm.b', 'm.z')} from met m where i.link = m.link and i.slot = m.slot and i.no = m.no`,
    [
      slot,
      seen.map(({ id }) => id),
      ...packed(seen.map(({ version, body }) => toBytes({ version: version ?? null, body }))),
    ],
  );
};

/** The entries of writes that took effect where somebody else wrote meanwhile. */
export const interleavedEntries = (context: Context, slot: string, all: readonly Settled[]): readonly Entry[] => {
  const { fresh, counts } = context.traits(slot);
  if (!fresh) return [];
  return all
    .filter(({ intent }) => intent.op === 'update' && intent.body.fields.length > 0)
    .flatMap((one) => {
      const between = counts ? writesBetween(one) : undefined;
      const found = overwritten(context, one, counts);
      if (found === undefined && (between === undefined || between < 1n)) return [];
      return [entryOf(one, between, found)];
    });
};

const entryOf = ({ intent, id }: Settled, between: bigint | undefined, found: JsonObject | undefined): Entry => ({
  actor: 'tallystick',
  action: 'interleaved',
  mapping: intent.mapping,
  link: intent.link,
  slot: intent.slot,
  record: id,
  fields: intent.body.fields,
  reason: `${
    between === undefined || between < 1n
      ? 'another value was seen here while our write was under way'
      : `by its version the record was written ${between === 1n ? 'once' : `${between} times`} more between our reading and our write`
  }; ${found === undefined ? 'what that put into these fields is overwritten, and its value unknown' : 'unless it stands there now, our write has overwritten it'}`,
  key: intent.key,
  values: {
    before: intent.body.before,
    sent: intent.body.values,
    ...(found === undefined ? {} : { overwritten: found }),
  },
});

/** A version that counts, as a number. */
export const counter = (version: string | null | undefined): bigint | undefined =>
  /^[0-9]{1,30}$/.test(version ?? '') ? BigInt(version ?? '') : undefined;

/** How many writes, besides as many of ours as were sent, the counter tells of. */
const writesBetween = ({ intent, version, record }: Settled): bigint | undefined => {
  const [seen, now] = [counter(intent.expect_version), counter(version ?? record?.version)];
  return seen === undefined || now === undefined ? undefined : now - seen - BigInt(intent.sends);
};

/** Values that were seen while the write was open, are neither what stood before nor ours, and are not what its reply shows. */
const overwritten = (
  context: Context,
  { intent, version, record }: Settled,
  counts: boolean,
): JsonObject | undefined => {
  if (intent.glimpse === null) return undefined;
  const { version: then, body } = objectFrom(intent.glimpse) as { version: string | null; body: JsonObject };
  const [met, now] = [counter(then), counter(version ?? record?.version)];
  if (counts && met !== undefined && now !== undefined && met >= now) return undefined;
  const mapping = context.mappings().get(intent.mapping);
  const ours = new Set(
    mapping === undefined
      ? []
      : Object.values(mapping.standing(intent.body.side, intent.body.values as JsonObject, body)).flat(),
  );
  const at = (of: JsonObject, path: string): Json => getPath(of, pathOf(path)) ?? null;
  const lost = Object.keys(intent.body.values).filter(
    (path) =>
      !ours.has(path) &&
      !sameJson(at(body, path), intent.body.before[path] ?? null) &&
      (record === undefined || !sameJson(at(record.body, path), at(body, path))),
  );
  return lost.length === 0 ? undefined : Object.fromEntries(lost.map((path) => [path, at(body, path)]));
};
