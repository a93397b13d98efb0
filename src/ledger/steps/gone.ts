import type { Baseline } from '../../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import { decodeBaseline } from '../codec.ts';
import type { Database } from '../database.ts';
import { pauseConnection } from './connection.ts';
import { type Context, connectionOf, slotOf } from './context.ts';
import { feedbackWrite } from './feedback.ts';
import { journal } from './journal.ts';
import type { LinkRow, Member } from './load.ts';
import { type Park, recordPark } from './park.ts';
import { type Draft, decisionsOf, settleParks, take } from './take.ts';

// The brake: more records deleted or emptied than this in a rolling day, in number and in parts of all records, are asked about first.
const BRAKE_RECORDS = 10;
const BRAKE_SHARE = 0.01;

/** Rule 12 and `on_delete`: what becomes of the other half when one half, at `side`, is gone or out of use. Nothing is deleted but on a tombstone and on request. */
export const planGone = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  row: LinkRow,
  side: Side,
  draft: Draft,
): Promise<void> => {
  const left = row.members[otherSide(side)];
  const lost = row.members[side];
  if (left === undefined || lost === undefined) return;
  if (await stopped(db, row, lost.slot, draft)) return;
  if (row.parked.some((each) => each.record?.action === 'create')) return recreate(mapping, row, left, draft);
  const policy = mapping.identity.onDelete[otherSide(side) === 'crm' ? 'to_crm' : 'to_erp'];
  if (
    changedSince(mapping, row, row.baseline, lost, left) ||
    (policy === 'delete' && (await changedElsewhere(context, db, mapping, row, lost, left)))
  ) {
    const why = `${said(lost)}; ${left.slot} changed ${left.id} meanwhile`;
    return ask(mapping, row, recordPark(mapping.name, row.link, 'DELETED_AND_CHANGED', why), draft);
  }
  if (policy === 'delete' && lost.tombstone) return remove(mapping, row, left, draft);
  if (policy === 'report') {
    await report(db, mapping, row, lost, left);
    return settleParks(row, [], draft, `${lost.id} was deleted`);
  }
  const proof = lost.state === 'gone' ? 'its absence alone' : 'a mark that can be taken away';
  const why = policy === 'delete' ? `${proof} is no proof of a deletion` : 'the mapping keeps its other half';
  const message = `${said(lost)}; ${left.slot} ${left.id} stands: ${why}`;
  ask(mapping, row, recordPark(mapping.name, row.link, 'DELETE_BLOCKED', message), draft);
};

const said = ({ slot, id, state }: Member): string =>
  state === 'gone' ? `${slot} deleted ${id}` : `${slot} took ${id} out of use`;

/** Set aside for a person, who sees it in the half that stands as well. */
const ask = (mapping: Mapping, row: LinkRow, park: Park, draft: Draft): void => {
  settleParks(row, [park], draft, 'decided');
  feedbackWrite(mapping, row, [park], undefined, draft);
};

/** Did the half that is left move away from what both had agreed on? */
const changedSince = (
  mapping: Mapping,
  { references }: LinkRow,
  baseline: Baseline,
  lost: Member,
  left: Member,
): boolean => {
  const both = { [lost.side]: lost.observed, [left.side]: left.observed };
  return mapping.plan({ ...both, baseline, decisions: [], held: {}, references }).writes[lost.side] !== undefined;
};

/** A record is deleted for all its mappings: what another one has not carried over yet would go with it. */
const changedElsewhere = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  row: LinkRow,
  lost: Member,
  left: Member,
): Promise<boolean> => {
  const others = [...context.mappings().values()].filter(
    (other) => other.name !== mapping.name && SIDES.every((side) => slotOf(other, side) === slotOf(mapping, side)),
  );
  for (const other of others) {
    const [known] = await db.query<{ body: Buffer }>(`select body from baseline where mapping = $1 and link = $2`, [
      other.name,
      row.link,
    ]);
    if (changedSince(other, row, decodeBaseline(known?.body), lost, left)) return true;
  }
  return false;
};

/** A person said that the deleted half shall come back: a create of the next generation, from the half that is left. */
const recreate = (mapping: Mapping, row: LinkRow, left: Member, draft: Draft): void => {
  const plan = mapping.plan({
    [left.side]: left.observed,
    baseline: {},
    decisions: decisionsOf(row),
    held: {},
    references: row.references,
  });
  const members = { [left.side]: left };
  take(mapping, { ...row, members, baseline: {} }, plan, draft, []);
};

const remove = (mapping: Mapping, row: LinkRow, left: Member, draft: Draft): void => {
  const last = row.last.get(left.slot);
  draft.stated.push({
    mapping: mapping.name,
    link: row.link,
    slot: left.slot,
    connection: connectionOf(left.slot),
    op: 'delete',
    no: (last?.no ?? 0) + 1,
    generation: last?.generation ?? 0,
    record: left.id,
    version: left.observed.version,
    keys: undefined,
    body: {
      side: left.side,
      fields: [],
      values: {},
      before: { ...mapping.paths(left.side, left.observed.body) },
      data: {},
      intended: {},
      reasons: { '': 'deleted on the other side' },
    },
  });
  settleParks(row, [], draft, 'deleted');
};

/** Listed once, in the journal. */
const report = async (db: Database, mapping: Mapping, row: LinkRow, lost: Member, left: Member): Promise<void> => {
  const known = await db.query(
    `select id from journal where link = $1 and action = 'deleted' and record_id = $2 limit 1`,
    [row.link, lost.id],
  );
  if (known.length > 0) return;
  await journal(db, [
    {
      actor: 'tallystick',
      action: 'deleted',
      mapping: mapping.name,
      link: row.link,
      slot: lost.slot,
      record: lost.id,
      reason: `${left.slot} ${left.id} stands, as the mapping says: report`,
      values: null,
    },
  ]);
};

/** Stops the use of a connection where too much was lost, and makes the link wait for a person. True when it did. */
export const stopped = async (db: Database, row: LinkRow, slot: string, draft: Draft): Promise<boolean> => {
  const brake = await braked(db, slot);
  if (brake === undefined) return false;
  await pauseConnection(db, connectionOf(slot), 'BRAKE', brake);
  draft.waits.push({ link: row.link, reason: 'BRAKE', detail: brake, afterMs: 60_000 });
  return true;
};

/** The brake's sentence when too much was deleted or emptied at a slot in a day. */
const braked = async (db: Database, slot: string): Promise<string | undefined> => {
  const [row] = await db.query<{ lost: string }>(
    `select count(*) as lost from record r left join connection c on c.name = split_part($1, '/', 1)
     where r.slot = $1 and (r.gone_at is not null or r.blanked_at is not null)
       and (r.state = 'gone' and r.gone_at > greatest(ledger_now() - interval '24 h', coalesce(c.brake_from, '-infinity'))
         or r.blanked_at > greatest(ledger_now() - interval '24 h', coalesce(c.brake_from, '-infinity')))`,
    [slot],
  );
  const lost = Number(row?.lost ?? 0);
  if (lost <= BRAKE_RECORDS) return undefined;
  const [all] = await db.query<{ records: string }>(`select count(*) as records from record where slot = $1`, [slot]);
  const limit = Math.max(BRAKE_RECORDS, Math.floor(Number(all?.records ?? 0) * BRAKE_SHARE));
  return lost > limit
    ? `${lost} records of ${slot} were deleted or emptied within a day; more than ${limit} are asked about first`
    : undefined;
};
