import type { ReadAnswer } from '../../../connectors/sdk/seam.ts';
import { type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import type { NativeRecord } from '../../domain/record.ts';
import { getPath, pathOf } from '../../mapping/path.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import { endIntents, freeKeys, type OpenIntent, openIntents } from './intents.ts';
import { journal } from './journal.ts';
import { parkRecord } from './park.ts';
import { enqueue } from './queue.ts';
import { settled } from './settle.ts';

interface Evidence {
  readonly segment: string;
  readonly slot: string;
  readonly from: string;
  readonly ids: ReadonlyMap<string, ReadAnswer>;
  readonly keys: ReadonlyMap<string, ReadAnswer>;
}

/** What a reading says about a write whose answer never came. */
type Verdict =
  | { readonly took: NativeRecord; readonly doubled?: boolean; readonly overtaken?: boolean }
  | { readonly again: true }
  | { readonly end: string }
  | { readonly ask: true };

/** Rule 9. Returns the native ids whose reading was stored with the decision. */
export const decideDoubts = async (
  context: Context,
  db: Database,
  evidence: Evidence,
): Promise<ReadonlySet<string>> => {
  const intents = await openIntents(
    db,
    `slot = $2 and state = 'doubt' and doubt_until <= ledger_now() and link in (select id from link where segment = $1)`,
    [evidence.segment, evidence.slot],
  );
  const stored = new Set<string>();
  for (const intent of intents) {
    const answer = answerFor(context, intent, evidence);
    if (answer === undefined) continue;
    const verdict =
      intent.op === 'create' ? await judgeCreate(context, db, intent, answer) : judgeUpdate(context, intent, answer);
    if ('took' in verdict) {
      stored.add(verdict.took.id);
      await settled(context, db, evidence.slot, evidence.from, [
        {
          intent,
          record: verdict.took,
          id: verdict.took.id,
          status: intent.op === 'create' ? 'created' : 'updated',
          confirmed: true,
          overtaken: verdict.overtaken === true,
        },
      ]);
      if (verdict.doubled === true) await parkDouble(db, intent, answer);
    } else await carryOn(db, intent, verdict);
  }
  return stored;
};

/** What the reading says of an intent. A system that cannot be asked by key says nothing, now or ever. */
const answerFor = (context: Context, intent: OpenIntent, evidence: Evidence): ReadAnswer | undefined => {
  if (intent.op !== 'create') return evidence.ids.get(intent.record_id ?? '');
  return context.traits(intent.slot).idempotency === 'none' ? { absent: true } : evidence.keys.get(intent.key);
};

/** A create is looked up by the key it carried. */
const judgeCreate = async (
  context: Context,
  db: Database,
  intent: OpenIntent,
  answer: ReadAnswer,
): Promise<Verdict> => {
  if ('error' in answer) return { ask: true };
  if ('found' in answer && answer.found.length > 0) {
    const [first] = [...answer.found].sort((a, b) => (a.id < b.id ? -1 : 1));
    if (first !== undefined) return { took: first, doubled: answer.found.length > 1 };
  }
  if (context.traits(intent.slot).idempotency === 'none') return { end: 'ambiguous' };
  const source = intent.body.source;
  if (source === undefined) return { again: true };
  const [row] = await db.query<{ state: string }>(`select state from record where slot = $1 and id = $2`, [
    source.slot,
    source.id,
  ]);
  return row === undefined || row.state !== 'present' ? { end: 'source gone' } : { again: true };
};

/** An update is judged by what stands at its target: as intended, as before, or something else. */
const judgeUpdate = (context: Context, intent: OpenIntent, answer: ReadAnswer): Verdict => {
  if ('error' in answer) return { ask: true };
  if (!('found' in answer) || answer.found[0] === undefined) return { end: 'target absent' };
  const record = answer.found[0];
  const mapping = context.mappings().get(intent.mapping);
  if (mapping === undefined) return { end: 'mapping gone' };
  if (intent.op === 'update' && literally(intent, record.body)) return { took: record };
  // Nothing moved: values that differ only in their writing are what stood there, not what the target made of ours.
  const unmoved = asBefore(intent, record.body);
  if (!unmoved && intent.op === 'update' && asIntended(context, intent, record.body)) return { took: record };
  // What we wrote stands there in part: it took effect, and the rest was edited since.
  if (intent.op === 'update' && partlyAsIntended(intent, record.body)) return { took: record, overtaken: true };
  // A version that moved on refuses the same intent for ever: what stands there now is planned anew.
  const moved = intent.expect_version !== null && record.version !== intent.expect_version;
  return !moved && unmoved ? { again: true } : { end: 'unknown' };
};

/** Every written value is what it was before the write. */
const asBefore = ({ body: { before } }: OpenIntent, body: JsonObject): boolean =>
  Object.entries(before).every(([path, value]) => sameJson(getPath(body, pathOf(path)) ?? null, value));

/** A value that we sent stands there, and did not before. */
const partlyAsIntended = ({ body: { values, before } }: OpenIntent, body: JsonObject): boolean =>
  Object.entries(values).some(
    ([path, value]) =>
      value !== null && sameJson(getPath(body, pathOf(path)) ?? null, value) && !sameJson(before[path] ?? null, value),
  );

/** Every written value stands there as it was sent. */
const literally = ({ body: { values } }: OpenIntent, body: JsonObject): boolean =>
  Object.entries(values).every(([path, value]) => sameJson(getPath(body, pathOf(path)) ?? null, value));

/** Every written value stands there in a rendering that decodes to the same. */
const asIntended = (context: Context, intent: OpenIntent, body: JsonObject): boolean => {
  const mapping = context.mappings().get(intent.mapping);
  if (mapping === undefined) return false;
  const agreed = mapping.agreedAfter(intent.body.side, intent.body.intended, body);
  const fields = Object.keys(intent.body.intended);
  return fields.length > 0 && fields.every((field) => Object.hasOwn(agreed, field));
};

const carryOn = async (
  db: Database,
  intent: OpenIntent,
  verdict: Exclude<Verdict, { took: NativeRecord }>,
): Promise<void> => {
  if ('again' in verdict) {
    await db.query(
      `update intent set state = 'stated', doubt_until = null where link = $1 and slot = $2 and no = $3 and state = 'doubt'`,
      [intent.link, intent.slot, intent.no],
    );
    return;
  }
  if ('ask' in verdict) {
    await db.query(
      `update intent set doubt_until = ledger_now() + interval '5 s' where link = $1 and slot = $2 and no = $3`,
      [intent.link, intent.slot, intent.no],
    );
    return;
  }
  await endIntents(db, [{ ...intent, outcome: verdict.end }]);
  if (intent.op === 'create') await freeKeys(db, [intent]);
  await journal(db, [
    {
      actor: 'tallystick',
      action: 'outcome unknown',
      mapping: intent.mapping,
      link: intent.link,
      slot: intent.slot,
      fields: intent.body.fields,
      code: verdict.end === 'ambiguous' ? 'AMBIGUOUS' : 'IN_DOUBT',
      reason: `the write's answer was lost; reading it back says: ${verdict.end}`,
      key: intent.key,
      values: { before: intent.body.before, sent: intent.body.values } as unknown as Json,
      ...(intent.record_id === null ? {} : { record: intent.record_id }),
    },
  ]);
  if (verdict.end === 'ambiguous') {
    await parkRecord(
      db,
      intent.mapping,
      intent.link,
      'AMBIGUOUS',
      'the create was sent once, its answer was lost, and the system cannot be asked by our key',
    );
  }
};

const parkDouble = async (db: Database, intent: OpenIntent, answer: ReadAnswer): Promise<void> => {
  const ids = 'found' in answer ? answer.found.map((record) => record.id) : [];
  await parkRecord(
    db,
    intent.mapping,
    intent.link,
    'DUPLICATE_AT_TARGET',
    `${intent.slot} has our record ${ids.length} times: ${ids.join(', ')}`,
  );
  await enqueue(
    db,
    ids.slice(1).map((id) => ({ mapping: intent.mapping, slot: intent.slot, id })),
    'duplicate',
  );
};
