import { SyncError } from '../../domain/errors.ts';
import { type Json, sameJson } from '../../domain/json.ts';
import type { Side } from '../../domain/record.ts';
import { objectFrom, toBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import { isUuid } from '../queries/values.ts';
import { type Entry, journal } from './journal.ts';
import { type Due, enqueue, nudge } from './queue.ts';

/** Who acts: the name that the journal keeps, and the mappings that are theirs (null: all). */
export interface Actor {
  readonly name: string;
  readonly mappings: readonly string[] | null;
}

/** What a person says about something parked. */
export type Ruling =
  | { readonly take: Side; readonly seen: { readonly crm: Json; readonly erp: Json } }
  | { readonly action: 'create' }
  | { readonly action: 'link'; readonly with: { readonly slot: string; readonly id: string } };

/** How much was made due, and the mappings whose nudge flag this act flipped: the caller signals them. */
export interface Acted {
  readonly records: number;
  readonly nudge: readonly string[];
}

interface ParkedRow {
  readonly id: string;
  readonly mapping: string;
  readonly link: string;
  readonly field: string;
  readonly code: string;
  readonly detail: Buffer;
}

// A bulk retry goes in portions, so that no transaction holds up the queue.
const PORTION = 1_000;
/** Codes of whole records that a person settles by saying which belong together. */
const DECIDABLE: Readonly<Record<string, readonly string[]>> = {
  POSSIBLE_DUPLICATE: ['create', 'link'],
  AMBIGUOUS: ['create', 'link'],
  NO_IDENTITY: ['create', 'link'],
  TARGET_DUPLICATE: ['link'],
  // The half that was deleted is created again from the half that stands.
  DELETE_BLOCKED: ['create'],
  DELETED_AND_CHANGED: ['create'],
};

/** Try parked records again: one parked item, all of one link, or all that a filter names. They enter the queue like any other. */
export const retry = async (
  db: Database,
  actor: Actor,
  target: {
    readonly id?: string;
    readonly link?: string;
    readonly mapping?: string | undefined;
    readonly code?: string | undefined;
  },
): Promise<Acted> => {
  for (const id of [target.id, target.link]) if (id !== undefined && !isUuid(id)) throw notParked(id);
  let records = 0;
  const mappings = new Set<string>();
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const rows = await db.transaction(async (tx) => {
      const portion = await tx.query<ParkedRow>(
        `select id, mapping, link, field, code from parked where id > $1 and ($2::uuid is null or id = $2) and ($3::uuid is null or link = $3)
           and ($4::text is null or mapping = $4) and ($5::text is null or code = $5) and ($6::text[] is null or mapping = any($6)) order by id limit ${PORTION}`,
        [after, target.id ?? null, target.link ?? null, target.mapping ?? null, target.code ?? null, actor.mappings],
      );
      await again(tx, actor, portion);
      return portion;
    });
    records += new Set(rows.map((row) => row.link)).size;
    for (const row of rows) mappings.add(row.mapping);
    if (rows.length < PORTION) break;
    after = rows.at(-1)?.id ?? after;
  }
  if (records === 0 && (target.id ?? target.link) !== undefined) throw notParked(target.id ?? target.link ?? '');
  return { records, nudge: await nudge(db, [...mappings].sort()) };
};

const again = async (tx: Database, actor: Actor, rows: readonly ParkedRow[]): Promise<void> => {
  await enqueue(tx, await dueOf(tx, rows), 'retry');
  // The target refused exactly this write; a person says: once more. An empty hash equals none, and still says that it was refused.
  await tx.query(`update parked set refused = ''::bytea where id = any($1::uuid[]) and refused is not null`, [
    rows.map((row) => row.id),
  ]);
  await journal(
    tx,
    rows.map((row) => entryOf(actor, 'retry', row, '', null)),
  );
};

/** Settle what is parked as a person says. The decision is planned like anything else, and checked again then. */
export const resolve = async (db: Database, actor: Actor, id: string, ruling: Ruling): Promise<Acted> => {
  if (!isUuid(id)) throw notParked(id);
  const mapping = await db.transaction(async (tx) => {
    const [seen] = await tx.query<ParkedRow>(`select id, mapping, link from parked where id = $1`, [id]);
    if (seen === undefined) throw notParked(id);
    assertOwn(actor, seen.mapping);
    // The queue is locked before anything else; a refusal below takes this back.
    await enqueue(tx, await dueOf(tx, [seen]), 'decision');
    const [row] = await tx.query<ParkedRow>(
      `select id, mapping, link, field, code, detail from parked where id = $1 for update`,
      [id],
    );
    if (row === undefined) throw notParked(id);
    const decision = await accepted(tx, row, ruling);
    await tx.query(`update parked set decision = $2, decided_by = $3, decided_at = ledger_now() where id = $1`, [
      id,
      toBytes({ ...decision, by: actor.name }),
      actor.name,
    ]);
    await journal(tx, [
      entryOf(
        actor,
        'decide',
        row,
        'take' in ruling ? `the value of the ${ruling.take} stands` : ruling.action,
        decision,
      ),
    ]);
    return row.mapping;
  });
  return { records: 1, nudge: await nudge(db, [mapping]) };
};

const accepted = async (tx: Database, row: ParkedRow, ruling: Ruling): Promise<{ readonly [key: string]: Json }> => {
  if ('take' in ruling) {
    // A parked row of a page that could not be decoded names its slot where a field would stand.
    if (row.field === '' || row.code === 'UNDECODABLE')
      throw undecidable(row, DECIDABLE[row.code]?.join(' or ') ?? 'correct it at its source and retry');
    const { crm = null, erp = null } = objectFrom(row.detail);
    if (!sameJson(crm, ruling.seen.crm) || !sameJson(erp, ruling.seen.erp))
      throw new SyncError('DECISION_OUTDATED', `the values of ${row.field} are not those you saw`, {
        field: row.field,
        current: { crm, erp },
      });
    return { field: row.field, take: ruling.take, seen: { ...ruling.seen } };
  }
  const allowed = row.field === '' ? (DECIDABLE[row.code] ?? []) : [];
  if (!allowed.includes(ruling.action))
    throw undecidable(
      row,
      row.field === '' ? allowed.join(' or ') || 'correct it at its source and retry' : 'take crm or take erp',
    );
  if (ruling.action === 'create') return { field: '', action: 'create' };
  await assertLinkable(tx, row, ruling.with);
  return { field: '', action: 'link', with: { ...ruling.with } };
};

const assertLinkable = async (
  tx: Database,
  row: ParkedRow,
  other: { readonly slot: string; readonly id: string },
): Promise<void> => {
  const [found] = await tx.query<{ link: string; known: boolean; filled: boolean }>(
    `select r.link, r.slot in (m.crm_slot, m.erp_slot) as known,
       exists (select from record own join record theirs on theirs.slot = own.slot and theirs.link = r.link and theirs.active where own.link = $3 and own.active and own.slot in (m.crm_slot, m.erp_slot)) as filled
     from record r join mapping m on m.name = $4 where r.slot = $1 and r.id = $2 and r.active and r.state <> 'gone'`,
    [other.slot, other.id, row.link, row.mapping],
  );
  if (found === undefined || !found.known)
    throw new SyncError('NOT_FOUND', `${other.slot} has no record "${other.id}" that ${row.mapping} could link`);
  if (found.link === row.link)
    throw new SyncError('BAD_REQUEST', `${other.slot} ${other.id} is this record itself: name one of the other side`);
  if (found.filled)
    throw new SyncError(
      'BAD_REQUEST',
      `${other.slot} ${other.id} stands on the same side, or is linked to a record of it already`,
    );
};

/** Look at one record now: both sides are read afresh and planned. */
export const syncRecord = async (db: Database, actor: Actor, link: string): Promise<Acted> => {
  if (!isUuid(link)) throw new SyncError('NOT_FOUND', `no record "${link}"`);
  const mappings = await db.transaction(async (tx) => {
    const rows = await tx.query<Due>(
      `select m.name as mapping, r.slot, r.id from record r join mapping m on r.slot in (m.crm_slot, m.erp_slot) where r.link = $1 and r.active order by 1, 2, 3`,
      [link],
    );
    if (rows.length === 0) throw new SyncError('NOT_FOUND', `no record "${link}"`);
    for (const row of rows) assertOwn(actor, row.mapping);
    await enqueue(tx, rows, 'asked');
    await tx.query(
      `update record set stale = true where (slot, id) in (select slot, id from record where link = $1 and active and state <> 'gone' order by slot, id for update)`,
      [link],
    );
    const names = [...new Set(rows.map((row) => row.mapping))];
    await journal(
      tx,
      names.map((mapping) => ({ actor: actor.name, action: 'sync', mapping, link, values: null })),
    );
    return names;
  });
  return { records: 1, nudge: await nudge(db, mappings) };
};

/** Compare everything of a mapping: a full pass is wanted at both sides. Names the slots whose capture shall look. */
export const syncMapping = async (
  db: Database,
  actor: Actor,
  mapping: string,
): Promise<Acted & { readonly slots: readonly string[] }> => {
  assertOwn(actor, mapping);
  const slots = await db.transaction(async (tx) => {
    const rows = await tx.query<{ name: string }>(
      `update slot set pass_wanted = true where name in (select s.name from slot s join mapping m on s.name in (m.crm_slot, m.erp_slot) where m.name = $1 order by s.name for update of s) returning name`,
      [mapping],
    );
    if (rows.length === 0) throw new SyncError('NOT_FOUND', `no mapping "${mapping}"`);
    await journal(tx, [{ actor: actor.name, action: 'sync', mapping, reason: 'all records', values: null }]);
    return rows.map((row) => row.name).sort();
  });
  return { records: 0, slots, nudge: await nudge(db, [mapping]) };
};

/** Both members of each link, in the slots of the mapping. */
const dueOf = (tx: Database, rows: readonly { readonly mapping: string; readonly link: string }[]): Promise<Due[]> =>
  tx.query<Due>(
    `select distinct m.name as mapping, r.slot, r.id from unnest($1::text[],$2::uuid[]) as t(mapping,link) join mapping m on m.name = t.mapping
     join record r on r.link = t.link and r.active and r.slot in (m.crm_slot, m.erp_slot)`,
    [rows.map((row) => row.mapping), rows.map((row) => row.link)],
  );

const entryOf = (actor: Actor, action: string, row: ParkedRow, reason: string, values: Json): Entry => ({
  actor: actor.name,
  action,
  mapping: row.mapping,
  link: row.link,
  fields: row.field === '' ? [] : [row.field],
  code: row.code,
  reason,
  values,
});

const assertOwn = (actor: Actor, mapping: string): void => {
  if (actor.mappings !== null && !actor.mappings.includes(mapping))
    throw new SyncError('FORBIDDEN', `${actor.name} may not act on ${mapping}`);
};
const notParked = (id: string): SyncError => new SyncError('NOT_FOUND', `nothing is parked under "${id}"`);
const undecidable = (row: ParkedRow, instead: string): SyncError =>
  new SyncError(
    'BAD_REQUEST',
    `${row.code}${row.field === '' ? '' : ` of ${row.field}`} is not settled that way: ${instead}`,
  );
