import type { ReadAnswer } from '../../../connectors/sdk/seam.ts';
import { CODE_OF_CLASS } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import { judgeCreate, judgeUpdate, placeText, type Verdict } from './doubt-verdict.ts';
import { endIntents, type OpenIntent, openIntents } from './intents.ts';
import { type Entry, journal } from './journal.ts';
import { parkRecord } from './park.ts';
import { enqueue } from './queue.ts';
import { wakeChildrenOf } from './references.ts';
import { freeKeys } from './reservations.ts';
import { type Settled, settled } from './settle.ts';
import { shownOlder } from './stored.ts';
import { watch } from './watch.ts';

interface Evidence {
  readonly segment: string;
  readonly slot: string;
  readonly from: string;
  readonly ids: ReadonlyMap<string, ReadAnswer>;
  readonly keys: ReadonlyMap<string, ReadAnswer>;
}

/** An intent with what was read of it and what that means. */
interface Judged {
  readonly intent: OpenIntent;
  readonly answer: ReadAnswer;
  readonly verdict: Verdict;
}

/**
 * Rule 9. Returns the native ids whose reading was stored with the decision. All that a reading decides is stored at
 * once: after a kill hundreds are in doubt, and one after the other they would hold the slot for as many seconds.
 */
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
  const updated = intents.flatMap(({ op, record_id: id }) => (op === 'create' || id === null ? [] : [id]));
  const older = await shownOlder(context, db, evidence, updated);
  const answered = intents.flatMap((intent) => {
    const answer = older.has(intent.record_id ?? '') ? OLDER : answerFor(context, intent, evidence);
    return answer === undefined ? [] : [{ intent, answer }];
  });
  const present = await presentSources(db, answered);
  const judged = answered.map(({ intent, answer }): Judged => {
    const verdict =
      intent.op === 'create' ? judgeCreate(context, intent, answer, present) : judgeUpdate(context, intent, answer);
    return { intent, answer, verdict };
  });
  const took = judged.flatMap(({ intent, verdict }) => ('took' in verdict ? [effectOf(intent, verdict)] : []));
  await settled(context, db, evidence.slot, evidence.from, took);
  const created = took.flatMap(({ intent }) => (intent.op === 'create' ? [intent] : []));
  await wakeChildrenOf(context, db, created);
  for (const { intent, answer, verdict } of judged)
    if ('took' in verdict && verdict.doubled === true) await parkDouble(db, intent, answer);
  await carryOn(context, db, judged);
  return new Set(took.map(({ id }) => id));
};

const effectOf = (intent: OpenIntent, { took, overtaken }: Extract<Verdict, { readonly took: unknown }>): Settled => ({
  intent,
  record: took,
  id: took.id,
  status: intent.op === 'create' ? 'created' : 'updated',
  confirmed: true,
  overtaken: overtaken === true,
});

// A copy that lags knows nothing of a write: it is asked again.
const OLDER: ReadAnswer = { error: { class: 'transient', message: 'an older state', scope: 'item' } };

/** The records that creates in doubt were made from, as far as they are still there. */
const presentSources = async (
  db: Database,
  answered: readonly { readonly intent: OpenIntent }[],
): Promise<ReadonlySet<string>> => {
  const sources = answered.flatMap(({ intent }) => (intent.op === 'create' ? (intent.body.source ?? []) : []));
  if (sources.length === 0) return new Set();
  const rows = await db.query<{ slot: string; id: string }>(
    `select r.slot, r.id from record r join unnest($1::text[],$2::text[]) as t(slot,id) on r.slot = t.slot and r.id = t.id where r.state = 'present'`,
    [sources.map(({ slot }) => slot), sources.map(({ id }) => id)],
  );
  return new Set(rows.map(placeText));
};

/** What the reading says of an intent. A system that cannot be asked by key says nothing, now or ever. */
const answerFor = (context: Context, intent: OpenIntent, evidence: Evidence): ReadAnswer | undefined => {
  if (intent.op !== 'create') return evidence.ids.get(intent.record_id ?? '');
  return context.traits(intent.slot).idempotency === 'none' ? { absent: true } : evidence.keys.get(intent.key);
};

/** What did not take effect is sent again, what could not be read is asked again later, all else ends and is said so. */
const carryOn = async (context: Context, db: Database, judged: readonly Judged[]): Promise<void> => {
  const again = judged.flatMap(({ intent, verdict }) => ('again' in verdict ? [intent] : []));
  await moveDoubts(db, again, `state = 'stated', doubt_until = null`);
  const ask = judged.flatMap(({ intent, verdict }) => ('ask' in verdict ? [intent] : []));
  await moveDoubts(db, ask, `doubt_until = ledger_now() + interval '5 s'`);
  const ended = judged.flatMap(({ intent, verdict }) =>
    'end' in verdict ? [{ ...intent, outcome: verdict.end }] : [],
  );
  await watch(
    context,
    db,
    ended.map((intent) => ({ intent, answered: intent.outcome === 'conflict' ? 1 : 0 })),
  );
  await endDoubts(db, ended);
};

const moveDoubts = async (db: Database, intents: readonly OpenIntent[], change: string): Promise<void> => {
  if (intents.length === 0) return;
  await db.query(
    `update intent i set ${change} from unnest($1::uuid[],$2::text[],$3::int[]) as t(link,slot,no)
     where i.link = t.link and i.slot = t.slot and i.no = t.no and i.state = 'doubt'`,
    [intents.map(({ link }) => link), intents.map(({ slot }) => slot), intents.map(({ no }) => no)],
  );
};

/** End intents whose outcome nobody will know; each is journalled with what stood there before. */
export const endDoubts = async (
  db: Database,
  ended: readonly (OpenIntent & { readonly outcome: string })[],
): Promise<void> => {
  if (ended.length === 0) return;
  await endIntents(db, ended);
  // What may have taken effect keeps its keys: a record that shows one of them may be ours, whatever its source says by now.
  await freeKeys(
    db,
    ended.filter(({ op, outcome }) => op === 'create' && outcome !== 'ambiguous'),
  );
  await journal(db, ended.map(lostEntry));
  for (const intent of ended.filter(({ outcome }) => outcome === 'ambiguous'))
    await parkRecord(
      db,
      intent.mapping,
      intent.link,
      'AMBIGUOUS',
      'the create was sent once, its answer was lost, and the system cannot be asked by our key',
    );
};

const wordsOf = (outcome: string): Pick<Entry, 'action' | 'code' | 'reason'> => {
  const reason = 'the system refused it: it was edited meanwhile';
  if (outcome === 'conflict') return { action: 'refused', code: CODE_OF_CLASS.conflict, reason };
  const code = outcome === 'ambiguous' ? 'AMBIGUOUS' : 'IN_DOUBT';
  return { action: 'outcome unknown', code, reason: `the write's answer was lost; reading it back says: ${outcome}` };
};

const lostEntry = (intent: OpenIntent & { readonly outcome: string }): Entry => ({
  actor: 'tallystick',
  ...wordsOf(intent.outcome),
  mapping: intent.mapping,
  link: intent.link,
  slot: intent.slot,
  fields: intent.body.fields,
  key: intent.key,
  values: { before: intent.body.before, sent: intent.body.values } as unknown as Json,
  ...(intent.record_id === null ? {} : { record: intent.record_id }),
});

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
