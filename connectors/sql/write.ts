/**
 * Writes in transactions. Until COMMIT is sent nothing is done, whatever happens to the connection: the server undoes
 * what was not committed. From then until its answer nobody knows, and that is what the outcome says.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { outcomeOfLostCall, refusedByUs, unanswered } from '../engine/outcome.ts';
import { each, pieces } from '../engine/pool.ts';
import type { Call, Classified, Outcome, WriteItem } from '../sdk/seam.ts';
import { type Act, createCreate, createDelete, createUpdate } from './acts.ts';
import type { Dialect } from './dialect.ts';
import { Refusal } from './failure.ts';
import type { Rows } from './rows.ts';
import type { Talk } from './sessions.ts';
import type { Source } from './source.ts';

type Op = WriteItem['op'];
type Acts = Readonly<Record<Op, Act | undefined>>;

/** Ends a transaction that cannot go on: what it says holds for every item in it. */
class Aborted extends Error {
  override readonly name = 'Aborted';
  readonly error: Classified;
  constructor(error: Classified) {
    super(error.message);
    this.error = error;
  }
}

const failed = (error: Classified): Outcome => ({ status: 'failed', error });
const isDone = ({ status }: Outcome): boolean => status !== 'failed' && status !== 'unknown';

/** One item, undone by itself when it is refused. Throws when the whole transaction is lost with it. */
const doItem = async (item: WriteItem, acts: Acts, talk: Talk, dialect: Dialect): Promise<Outcome> => {
  const act = acts[item.op];
  if (act === undefined)
    return refusedByUs('unsupported', `the connection file does not say how to ${item.op} this record`);
  await talk.say(dialect.savepoint);
  let outcome: Outcome;
  try {
    outcome = await act(item, talk);
  } catch (error) {
    if (error instanceof Refusal && (error.about === 'aborts' || error.error.scope === 'connection'))
      throw new Aborted(error.error);
    if (error instanceof Refusal) outcome = failed(error.error);
    else if (error instanceof SyncError && error.facts.unsent === true && error.code === 'BAD_VALUE')
      outcome = refusedByUs(error.facts.class ?? 'validation', error.message);
    else throw error;
  }
  if (!isDone(outcome)) await talk.say(dialect.rollbackTo);
  return outcome;
};

/** Codes of a refused COMMIT that say for certain that nothing of it stands. */
const surelyUndone = (refusal: Refusal, dialect: Dialect): boolean =>
  dialect.undone.includes(refusal.code) || refusal.error.class === 'validation' || refusal.error.class === 'duplicate';

const create = (source: Source, acts: Acts) => {
  const { dialect, sessions } = source.base;
  /** COMMIT, and what its answer makes of the outcomes so far. */
  const commit = async (talk: Talk, outcomes: readonly Outcome[], call: Call): Promise<readonly Outcome[]> => {
    const whole = (then: (outcome: Outcome) => Outcome) => outcomes.map((each) => (isDone(each) ? then(each) : each));
    try {
      const { rolledBack } = await talk.say(dialect.commit);
      if (rolledBack !== true) return outcomes;
      return whole(() =>
        failed({
          class: 'transient',
          message: 'the database undid the transaction instead of keeping it',
          scope: 'item',
        }),
      );
    } catch (error) {
      if (error instanceof Refusal && surelyUndone(error, dialect))
        return whole(() => failed({ ...error.error, scope: 'item' }));
      const lost =
        error instanceof Refusal ? new SyncError('UNREACHABLE', error.message, { class: error.error.class }) : error;
      const unknown = outcomeOfLostCall(call.signal.aborted ? undefined : lost, true);
      return whole(() => unknown);
    }
  };
  const transaction = async (items: readonly WriteItem[], talk: Talk, call: Call): Promise<readonly Outcome[]> => {
    await talk.say(dialect.begin);
    const outcomes: Outcome[] = [];
    try {
      for (const item of items) outcomes.push(await doItem(item, acts, talk, dialect));
    } catch (error) {
      // Without its COMMIT the transaction ends with the connection, and its work with it.
      const why = error instanceof Aborted ? failed(error.error) : outcomeOfLostCall(error, false);
      throw new Undone(items.map((_, at) => (outcomes[at]?.status === 'failed' ? (outcomes[at] ?? why) : why)));
    }
    if (outcomes.some(isDone)) return commit(talk, outcomes, call);
    await talk.say(dialect.rollback);
    return outcomes;
  };
  const send = async (items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    let outcomes: readonly Outcome[] | undefined;
    try {
      return await sessions.use('write', call, async (talk) => {
        outcomes = await transaction(items, talk, call);
        return outcomes;
      });
    } catch (error) {
      if (error instanceof Undone) return error.outcomes;
      if (outcomes !== undefined) return outcomes;
      const why = error instanceof Refusal ? failed(error.error) : outcomeOfLostCall(error, false);
      return items.map(() => why);
    }
  };
  return send;
};

/** A transaction that was given up before its COMMIT, with what became of each item. */
class Undone extends Error {
  override readonly name = 'Undone';
  readonly outcomes: readonly Outcome[];
  constructor(outcomes: readonly Outcome[]) {
    super('the transaction was given up');
    this.outcomes = outcomes;
  }
}

/** After such an outcome the next transaction would fare no better: the rest is surely not sent. */
const stops = (outcome: Outcome): boolean =>
  (outcome.status === 'failed' || outcome.status === 'unknown') && outcome.error.scope === 'connection';

const notSent = (outcome: Outcome): Outcome =>
  outcome.status === 'failed' || outcome.status === 'unknown'
    ? failed({ ...outcome.error, message: `not sent: ${outcome.error.message}` })
    : outcome;

/** Where a COMMIT was refused as a whole, each item says by itself whether it was the one. */
const refusedTogether = (outcomes: readonly Outcome[]): boolean =>
  outcomes.length > 1 &&
  outcomes.every(
    (each) => each.status === 'failed' && (each.error.class === 'validation' || each.error.class === 'duplicate'),
  );

/** Compiles the writes of a record type. Never throws: one outcome per item, in order. */
export const createWrites = (source: Source, rows: Rows) => {
  const { write } = source.type;
  const acts: Acts = {
    create: write.create === undefined ? undefined : createCreate(source, rows, write.create),
    update: write.update === undefined ? undefined : createUpdate(source, rows, write.update),
    delete: write.delete === undefined ? undefined : createDelete(source, rows, write.delete),
  };
  const send = create(source, acts);
  const one = async (item: WriteItem, call: Call): Promise<Outcome> =>
    (await send([item], call))[0] ?? unanswered('the item was passed over');
  const singly = (items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    let stop: Outcome | undefined;
    return each(items, write.transaction === 'item' ? source.base.lanes : 1, async (item) => {
      if (stop !== undefined) return notSent(stop);
      const outcome = await one(item, call);
      if (stops(outcome)) stop ??= outcome;
      return outcome;
    });
  };
  return async (items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    if (write.transaction === 'item') return singly(items, call);
    const outcomes: Outcome[] = [];
    let stop: Outcome | undefined;
    for (const batch of pieces(items, write.max)) {
      const rest = stop;
      let answered = rest === undefined ? await send(batch, call) : batch.map(() => notSent(rest));
      if (rest === undefined && refusedTogether(answered)) answered = await singly(batch, call);
      outcomes.push(...answered);
      stop ??= answered.find(stops);
    }
    return outcomes;
  };
};
