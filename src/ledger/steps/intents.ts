import type { Json, JsonObject } from '../../domain/json.ts';
import type { Baseline } from '../../domain/plan.ts';
import type { Side } from '../../domain/record.ts';
import { asText, compactBaseline, fromBytes, type Stored, toBytes, wholeBaseline } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Sending } from '../port.ts';
import type { Context } from './context.ts';
import { freeKeys } from './reservations.ts';

/** What an intent keeps until it ends: enough to send it, to judge what became of it, and to say what it overwrote. */
export interface IntentBody {
  readonly side: Side;
  readonly fields: readonly string[];
  /** Native paths to the values it writes, and what stood there before. */
  readonly values: Readonly<Record<string, Json>>;
  readonly before: Readonly<Record<string, Json>>;
  readonly data: JsonObject;
  readonly intended: Baseline;
  /** The source's slot and id: a create is not sent for a source known to be gone. */
  readonly source?: { readonly slot: string; readonly id: string };
  /** Hash (hex) of the plan's own document, where that is not `data`: what a refusal is remembered by. */
  readonly hash?: string;
  /** Per field, the rule that decided. */
  readonly reasons: Readonly<Record<string, string>>;
}

export interface OpenIntent {
  readonly link: string;
  readonly slot: string;
  readonly no: number;
  readonly mapping: string;
  readonly op: 'create' | 'update' | 'delete';
  readonly key: string;
  readonly generation: number;
  readonly record_id: string | null;
  readonly expect_version: string | null;
  readonly sends: number;
  readonly state: string;
  /** While it is open: what its only request was answered with, where that leaves to be read whether it is ours that stands there. */
  readonly outcome: string | null;
  /** What was seen of the record while it was open. */
  readonly glimpse: Stored | null;
  readonly body: IntentBody;
}
type IntentRow = Omit<OpenIntent, 'body'> & { readonly body: Stored };

/**
 * As it is kept: what stood nowhere before is left out, and one reason of all fields is said once. A create's body then
 * is short enough to stand in its row as it is; a longer one is packed, and unpacked each time it is looked at.
 */
interface KeptBody extends Omit<IntentBody, 'intended' | 'reasons'> {
  readonly intended: JsonObject;
  readonly reasons: string | IntentBody['reasons'];
}

export const encodeIntent = (body: IntentBody): Buffer => {
  const kept: KeptBody = {
    ...body,
    before: Object.fromEntries(
      Object.entries(body.before).filter(([path, value]) => value !== null || !Object.hasOwn(body.values, path)),
    ),
    intended: compactBaseline(body.intended),
    reasons: oneReason(body) ?? body.reasons,
  };
  return toBytes(kept as unknown as Json);
};
const oneReason = ({ fields, reasons }: IntentBody): string | undefined => {
  const [first] = fields;
  const said = first === undefined ? undefined : reasons[first];
  const all = Object.keys(reasons).length === fields.length && fields.every((field) => reasons[field] === said);
  return all ? said : undefined;
};
export const decodeIntent = (bytes: Stored): IntentBody => {
  const { before, intended, reasons, ...body } = fromBytes(bytes) as unknown as KeptBody;
  const empty = Object.fromEntries(Object.keys(body.values).map((path) => [path, null]));
  return {
    ...body,
    before: { ...empty, ...before },
    intended: wholeBaseline(intended),
    reasons: typeof reasons === 'string' ? Object.fromEntries(body.fields.map((field) => [field, reasons])) : reasons,
  };
};

const COLUMNS = `link, slot, no, mapping, op, key, generation, record_id, expect_version, sends, state, outcome, ${asText('glimpse')} as glimpse`;

/** Open intents by a condition, locked in key order. */
export const openIntents = async (
  db: Database,
  where: string,
  params: readonly unknown[],
): Promise<readonly OpenIntent[]> => {
  const rows = await db.query<IntentRow>(
    `select ${COLUMNS}, ${asText('body')} as body from intent where ended_at is null and ${where} order by link, slot, no for update`,
    params,
  );
  return rows.map((row) => ({ ...row, body: decodeIntent(row.body) }));
};

/** The bodies of a batch as they were sent: an intent keeps its body as stated until it ends, so whoever sent it need not read it again. */
const sentBodies = new WeakMap<Sending['items'][number], IntentBody>();
export const keepSent = <Item extends Sending['items'][number]>(item: Item, body: IntentBody): Item => {
  sentBodies.set(item, body);
  return item;
};

/**
 * What of a batch is still being sent or in doubt, locked in key order. By its links alone: asked by state too, the
 * statement reads everything that is being sent in the slot, and that for each batch.
 */
export const sentIntents = async (db: Database, { slot, items }: Sending): Promise<readonly OpenIntent[]> => {
  const bodies = new Map(items.map((item) => [`${item.link} ${item.no}`, sentBodies.get(item)]));
  const where = `slot = $1 and link = any($2::uuid[])`;
  const params = [slot, items.map((item) => item.link)];
  if ([...bodies.values()].includes(undefined)) return (await openIntents(db, where, params)).filter(isSent);
  const rows = await db.query<Omit<IntentRow, 'body'>>(
    `select ${COLUMNS} from intent where ended_at is null and ${where} order by link, slot, no for update`,
    params,
  );
  return rows.filter(isSent).flatMap((row) => {
    const body = bodies.get(`${row.link} ${row.no}`);
    return body === undefined ? [] : [{ ...row, body }];
  });
};
const isSent = ({ state }: Pick<OpenIntent, 'state'>): boolean => state === 'sending' || state === 'doubt';

/** An intent ends: its body is emptied. Names the ones that were still open. */
export const endIntents = async (
  db: Database,
  ended: readonly { readonly link: string; readonly slot: string; readonly no: number; readonly outcome: string }[],
): Promise<void> => {
  if (ended.length === 0) return;
  await db.query(
    `update intent i set state = 'ended', ended_at = ledger_now(), outcome = t.outcome, body = null, glimpse = null
     from unnest($1::uuid[],$2::text[],$3::int[],$4::text[]) as t(link,slot,no,outcome) where i.link = t.link and i.slot = t.slot and i.no = t.no and i.ended_at is null`,
    [ended.map((e) => e.link), ended.map((e) => e.slot), ended.map((e) => e.no), ended.map((e) => e.outcome)],
  );
};

/** Rule 9: what was being sent when its attempt ended is in doubt. Where a repeat is harmless it is looked at at once, else after the settle time. */
export const doubtSending = async (
  context: Context,
  db: Database,
  segment: string,
  connection?: string,
): Promise<number> => {
  const rows = await db.query<{ slot: string; link: string; no: number; sent: string }>(
    `select link, slot, no from intent where segment = $1 and state = 'sending' and ended_at is null and ($2::text is null or connection = $2) order by link, slot, no for update`,
    [segment, connection ?? null],
  );
  if (rows.length === 0) return 0;
  await db.query(
    `update intent i set state = 'doubt', doubt_until = ledger_now() + t.ms * interval '1 ms' from unnest($1::uuid[],$2::text[],$3::int[],$4::bigint[]) as t(link,slot,no,ms)
     where i.link = t.link and i.slot = t.slot and i.no = t.no`,
    [
      rows.map((r) => r.link),
      rows.map((r) => r.slot),
      rows.map((r) => r.no),
      rows.map((r) => settleOf(context, r.slot)),
    ],
  );
  return rows.length;
};

/** How long an unanswered write may still take effect, ms; none where a repeat answers and writes nothing. */
export const settleOf = (context: Context, slot: string): number => {
  const traits = context.traits(slot);
  return traits.idempotency === 'unique' && !traits.fresh ? 0 : traits.settleMs;
};

/** What was only stated can be taken back: no byte of it left. What was sent before is in doubt again. Returns what was taken back. */
export const withdrawStated = async (
  db: Database,
  segment: string,
  connection?: string,
): Promise<readonly { readonly link: string; readonly slot: string }[]> => {
  // Sent before and stated anew: the earlier request may still arrive, so only a reading can end it.
  await db.query(
    `update intent set state = 'doubt', doubt_until = ledger_now()
     where (link, slot, no) in (select link, slot, no from intent where segment = $1 and state = 'stated' and ended_at is null and sends > 0 and ($2::text is null or connection = $2) order by link, slot, no for update)`,
    [segment, connection ?? null],
  );
  const rows = await db.query<{ link: string; slot: string; op: string }>(
    `update intent set state = 'ended', ended_at = ledger_now(), outcome = 'withdrawn', body = null, glimpse = null
     where (link, slot, no) in (select link, slot, no from intent where segment = $1 and state = 'stated' and ended_at is null and ($2::text is null or connection = $2) order by link, slot, no for update)
     returning link, slot, op`,
    [segment, connection ?? null],
  );
  await freeKeys(
    db,
    rows.filter((row) => row.op === 'create'),
  );
  return rows;
};
