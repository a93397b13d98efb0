import type { Classified, Outcome } from '../../../connectors/sdk/seam.ts';
import { CODE_OF_CLASS, ERRORS, type ErrorCode } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Database } from '../database.ts';
import type { PipelinePort, Sending } from '../port.ts';
import type { Context } from './context.ts';
import { wakeForNew } from './handover-wake.ts';
import { endIntents, type OpenIntent, sentIntents, settleOf } from './intents.ts';
import { type Entry, journal } from './journal.ts';
import { shareSlot } from './observations.ts';
import { type Park, park, recordPark } from './park.ts';
import { retryOvertaken } from './pausing.ts';
import { enqueue, nudge } from './queue.ts';
import { wakeChildrenOf } from './references.ts';
import { freeKeys } from './reservations.ts';
import { type Settled, settled } from './settle.ts';
import { documentHash } from './take.ts';
import { type Wait, wait } from './wait.ts';
import { watch } from './watch.ts';

interface Failed {
  readonly intent: OpenIntent;
  readonly error: Classified;
}
/** A write that only a reading can tell of; `answered`: its one request has come to its end, so there is nothing to wait for. */
interface Unsure {
  readonly intent: OpenIntent;
  readonly answered?: 'conflict';
}

/** Remember one wire batch: what took effect, what was refused, what nobody knows. An outcome ends its open intent whatever epoch brings it. */
export const remember: (
  context: Context,
  ...args: Parameters<PipelinePort['remember']>
) => ReturnType<PipelinePort['remember']> = async (context, ...args) => {
  const { woken, unpermitted, ...counts } = await remembered(context, ...args);
  const nudged = await nudge(context.db, woken);
  const [{ slot }, , from] = args;
  // Afterwards: whoever resumes the connection from here on finds what was set aside just now.
  return { ...counts, nudge: [...nudged, ...(await retryOvertaken(context.db, slot, from, unpermitted))] };
};

const remembered = (context: Context, ...[sending, outcomes, from]: Parameters<PipelinePort['remember']>) =>
  context.db.transaction(async (db) => {
    const [, open] = await Promise.all([shareSlot(db, sending.slot), sentIntents(db, sending)]);
    const byLink = new Map(open.map((intent) => [`${intent.link} ${intent.no}`, intent]));
    const done: Settled[] = [];
    const failed: Failed[] = [];
    const unknown: Unsure[] = [];
    for (const [index, item] of sending.items.entries()) {
      const intent = byLink.get(`${item.link} ${item.no}`);
      const outcome = outcomes[index];
      if (intent === undefined || outcome === undefined) continue;
      sort(intent, outcome, done, failed, unknown);
    }
    await settled(context, db, sending.slot, from, done);
    await doubt(context, db, unknown);
    const parks = await refused(context, db, sending, failed);
    // What refers to a record that is linked now, or cannot be for the present, is looked at again.
    const created = done.flatMap(({ intent }) => (intent.op === 'create' ? [intent] : []));
    const woken = [
      ...(await wakeChildrenOf(context, db, [...created, ...parks])),
      ...(await wakeForNew(context, db, created)),
    ];
    const retryAfterMs = Math.max(
      0,
      ...failed.map(({ error }) => (error.class === 'rate-limited' ? (error.retryAfterMs ?? 1_000) : 0)),
    );
    return {
      created: done.filter(({ status }) => status === 'created').length,
      updated: done.filter(({ status }) => status !== 'created').length,
      failed: failed.length,
      unknown: unknown.length,
      retryAfterMs,
      woken,
      unpermitted: parks.flatMap(({ code, mapping }) => (code === CODE_OF_CLASS.permission ? [mapping] : [])),
    };
  });

const sort = (intent: OpenIntent, outcome: Outcome, done: Settled[], failed: Failed[], unknown: Unsure[]): void => {
  if (outcome.status === 'unknown') unknown.push({ intent });
  else if (outcome.status !== 'failed') {
    done.push({
      intent,
      id: outcome.id,
      status: outcome.status,
      ...(outcome.record === undefined ? {} : { record: outcome.record }),
      ...(outcome.version === undefined ? {} : { version: outcome.version }),
    });
    // A second send that is told "changed" or "not there" may have met its own first: only a reading can tell.
  } else if (intent.sends > 1 && (outcome.error.class === 'conflict' || outcome.error.class === 'not-found'))
    unknown.push({ intent });
  // Something on the way may have repeated a guarded update that we sent once: the refusal is then that of its own second.
  else if (intent.op === 'update' && intent.record_id !== null && outcome.error.class === 'conflict')
    unknown.push({ intent, answered: 'conflict' });
  else failed.push({ intent, error: outcome.error });
};

const doubt = async (context: Context, db: Database, unsure: readonly Unsure[]): Promise<void> => {
  if (unsure.length === 0) return;
  const intents = unsure.map(({ intent }) => intent);
  const blind = context.mutation === 'blind-retry-of-create';
  // From now: a batch may have waited long for its budget before its last request left.
  await db.query(
    `update intent i set state = case when $5 and i.op = 'create' then 'stated' else 'doubt' end, doubt_until = ledger_now() + t.ms * interval '1 ms', outcome = t.outcome from unnest($1::uuid[],$2::text[],$3::int[],$4::bigint[],$6::text[]) as t(link,slot,no,ms,outcome)
     where i.link = t.link and i.slot = t.slot and i.no = t.no`,
    [
      intents.map((i) => i.link),
      intents.map((i) => i.slot),
      intents.map((i) => i.no),
      unsure.map(({ intent, answered }) => (answered === undefined ? settleOf(context, intent.slot) : 0)),
      blind,
      unsure.map(({ answered }) => answered ?? null),
    ],
  );
};

/** Items that the target answered with a failure: certain not to have taken effect. */
const refused = async (
  context: Context,
  db: Database,
  sending: Sending,
  failed: readonly Failed[],
): Promise<readonly Park[]> => {
  if (failed.length === 0) return [];
  const parks: Park[] = [];
  const waits: Wait[] = [];
  const stale: string[] = [];
  const entries: Entry[] = [];
  for (const { intent, error } of failed) {
    const code = CODE_OF_CLASS[error.class];
    if ((error.class === 'conflict' || error.class === 'not-found') && intent.record_id !== null)
      stale.push(intent.record_id);
    else if (ERRORS[code].recovery === 'park' && error.scope === 'item') parks.push(refusalOf(intent, code, error));
    else waits.push({ link: intent.link, reason: code, detail: error.message, afterMs: error.retryAfterMs ?? 1_000 });
    entries.push(entryOf(intent, code, error));
  }
  await watch(
    context,
    db,
    failed.map(({ intent }) => ({ intent, answered: 1 })),
  );
  await endIntents(
    db,
    failed.map(({ intent, error }) => ({
      ...intent,
      outcome: ERRORS[CODE_OF_CLASS[error.class]].recovery === 'park' ? 'refused' : error.class,
    })),
  );
  await freeKeys(
    db,
    failed.flatMap(({ intent }) => (intent.op === 'create' ? [intent] : [])),
  );
  await park(db, parks);
  await journal(db, entries);
  await wait(db, sending.segment, waits);
  // Somebody edited or deleted the record meanwhile: it is read afresh and planned again.
  await db.query(`update record set stale = true where slot = $1 and id = any($2)`, [sending.slot, stale.sort()]);
  const mappings = new Map(failed.map(({ intent }) => [intent.record_id, intent.mapping]));
  await enqueue(
    db,
    stale.map((id) => ({ mapping: mappings.get(id) ?? '', slot: sending.slot, id })),
    'reread',
  );
  // People are shown the refusal in their own system: that takes one more plan, which does not send the refused write again.
  await enqueue(db, await membersOf(db, parks), 'refused');
  return parks;
};

const membersOf = (db: Database, parks: readonly Park[]) =>
  db.query<{ mapping: string; slot: string; id: string }>(
    `select distinct on (t.link, t.mapping) t.mapping, r.slot, r.id from unnest($1::uuid[],$2::text[]) as t(link,mapping)
     join mapping m on m.name = t.mapping join record r on r.link = t.link and r.active and r.slot in (m.crm_slot, m.erp_slot) order by t.link, t.mapping, r.slot`,
    [parks.map((p) => p.link), parks.map((p) => p.mapping)],
  );

const refusedOf = ({ hash, data }: OpenIntent['body']): Buffer =>
  hash === undefined ? documentHash(data) : Buffer.from(hash, 'hex');

const refusalOf = (intent: OpenIntent, code: ErrorCode, error: Classified): Park =>
  recordPark(intent.mapping, intent.link, code, error.message, {
    refused: refusedOf(intent.body),
    refusedBy: intent.slot,
    cause: `${code} ${intent.slot} ${error.code ?? error.message}`,
    [intent.body.side]: intent.body.values as unknown as Json,
  });

const entryOf = (intent: OpenIntent, code: ErrorCode, error: Classified): Entry => ({
  actor: 'tallystick',
  action: 'refused',
  mapping: intent.mapping,
  link: intent.link,
  slot: intent.slot,
  fields: intent.body.fields,
  code,
  reason: `the system refused it: ${error.class}`,
  key: intent.key,
  values: { message: error.message, sent: intent.body.values } as unknown as Json,
  ...(intent.record_id === null ? {} : { record: intent.record_id }),
});
