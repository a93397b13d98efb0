/** What an approver says about a document. */
import { SyncError } from '../../domain/errors.ts';
import type { Mapping } from '../../mapping/port.ts';
import { asText, objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Actor } from './acts.ts';
import { journal } from './journal.ts';
import { membersOf } from './order-look.ts';
import { enqueue, nudge } from './queue.ts';

/** A word of an approver: which content he saw, and why. */
export interface Word {
  readonly decision: 'approved' | 'refused';
  readonly content: string;
  readonly reason: string;
}

/** An approver: whoever acts, and the levels that are his; null: all. */
export interface Approver extends Actor {
  readonly levels: readonly string[] | null;
}

interface Asked {
  readonly step: string;
  readonly content: string;
  readonly level: number | null;
  readonly from_level: number | null;
  readonly link: string;
}

/** Take the word of an approver. It stands once for each level and content, and the plan reads it. */
export const decideOrder = async (
  db: Database,
  by: Approver,
  mapping: Mapping,
  record: string,
  word: Word,
): Promise<{ readonly level: string; readonly nudge: readonly string[] }> => {
  const name = { mapping: mapping.name, record };
  const level = await db.transaction(async (tx) => {
    // The queue is locked before anything else; a refusal below takes this back.
    await enqueue(tx, await membersOf(tx, name), 'decision');
    const [row] = await tx.query<Asked>(
      `select step, content, level, from_level, link from order_process where mapping = $1 and record = $2 and ended_at is null for update`,
      [name.mapping, name.record],
    );
    if (row === undefined) throw new SyncError('NOT_FOUND', `no open ${mapping.name} "${record}"`);
    const at = levelOf(by, mapping, row);
    const now = await contentNow(tx, mapping, record);
    if (row.content !== word.content || now !== word.content)
      throw new SyncError('DECISION_OUTDATED', `the ${mapping.name} is not the one you saw`, { current: now });
    const made = await tx.query(
      `insert into order_approval (mapping, record, content, level, decision, approver, reason, at) values ($1,$2,$3,$4,$5,$6,$7,ledger_now()) on conflict do nothing returning level`,
      [name.mapping, name.record, row.content, at, word.decision, by.name, word.reason],
    );
    if (made.length === 0) throw decidedAlready(mapping, record);
    const told = mapping.process?.levels[at]?.name ?? '';
    await tx.query(
      `insert into order_event (mapping, record, at, event, step, actor, said) values ($1,$2,ledger_now(),$3,'approval',$4,$5)`,
      [name.mapping, name.record, word.decision, by.name, word.reason === '' ? told : `${told}: ${word.reason}`],
    );
    await journal(tx, [
      {
        actor: by.name,
        action: word.decision === 'approved' ? 'approve' : 'refuse',
        mapping: name.mapping,
        link: row.link,
        reason: told,
        key: row.content,
        values: word.reason === '' ? null : { reason: word.reason },
      },
    ]);
    return told;
  });
  return { level, nudge: await nudge(db, [mapping.name]) };
};

/** Hash of what is approved as it was last observed: a change that no plan has seen yet counts. */
const contentNow = async (db: Database, mapping: Mapping, record: string): Promise<string> => {
  const [row] = await db.query<{ body: Stored }>(
    `select ${asText('r.body')} as body from record r join mapping m on m.name = $1 and r.slot = m.crm_slot where r.id = $2`,
    [mapping.name, record],
  );
  return row === undefined ? '' : (mapping.process?.contentOf(objectFrom(row.body)) ?? '');
};

const decidedAlready = (mapping: Mapping, record: string): SyncError =>
  new SyncError('ALREADY_DECIDED', `nobody is asked about ${mapping.name} "${record}" as it is now`);

/** The highest level of those that may decide now and are the approver's. */
const levelOf = (by: Approver, mapping: Mapping, { step, from_level: from }: Asked): number => {
  const levels = mapping.process?.levels ?? [];
  if (step !== 'approval' || from === null) throw decidedAlready(mapping, 'as it is');
  const own = levels.flatMap(({ name, where }, i) =>
    i >= from && where === 'here' && (by.levels === null || by.levels.includes(name)) ? [i] : [],
  );
  // The one that is asked first; whoever may say more says no more than is asked.
  const [at] = own;
  if (at !== undefined) return at;
  const asked = levels[from]?.name ?? '';
  throw new SyncError('FORBIDDEN', `${by.name} does not decide for ${asked}`);
};
