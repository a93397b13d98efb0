import { isObject, type Json } from '../../domain/json.ts';
import { otherSide } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import { objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Context, mappingsOf, slotOf } from './context.ts';
import { keyText } from './identity-keys.ts';
import type { LinkRow, Member, ParkedRow } from './load.ts';
import { type Park, park, recordPark } from './park.ts';

/** A record's place at its system. */
export interface Place {
  readonly slot: string;
  readonly id: string;
}

/** The cause of what is parked because a record may be the one that another link's create made. */
export const MAY_BE_OURS = 'MAY_BE_OURS';

/** Records that a parked item names as the possible other half. */
export const candidatesOf = (known: ParkedRow): readonly Place[] => {
  const { candidates } = objectFrom(known.detail);
  return Array.isArray(candidates) ? (candidates as readonly Json[]).flatMap(placeFrom) : [];
};
const placeFrom = (value: Json): readonly Place[] =>
  isObject(value) ? [{ slot: String(value['slot']), id: String(value['id']) }] : [];

/** Did a create of this link stay without an answer, and a person's word still lacks? What may be another link's is no question of its own. */
export const asks = (known: ParkedRow): boolean => known.code === 'AMBIGUOUS' && candidatesOf(known).length === 0;

// States of a create that was sent and whose answer is not known.
const SENT = ['stated', 'sending', 'doubt'];

/** Of these links, those whose create at a system that cannot be asked may have taken effect: the record it was made from. */
export const openQuestions = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  links: readonly string[],
  unanswered: readonly string[] = ['doubt'],
): Promise<ReadonlyMap<string, Place>> => {
  if (links.length === 0) return new Map();
  const slots = [slotOf(mapping, 'crm'), slotOf(mapping, 'erp')];
  const mute = slots.filter((slot) => context.traits(slot).idempotency === 'none');
  const rows = await db.query<Place & { link: string }>(
    `select distinct on (r.link) r.link, r.slot, r.id from record r join link_key k on k.link = r.link and k.slot = any($3) and k.slot <> r.slot
     where r.link = any($1::uuid[]) and r.slot = any($2) and r.active
       and (exists (select from parked p where p.link = r.link and p.field = '' and p.code = 'AMBIGUOUS' and p.cause <> $4 and p.decision is null)
         or exists (select from intent i where i.link = r.link and i.slot = k.slot and i.op = 'create' and i.sends > 0 and i.state = any($5)))
     order by r.link, r.slot, r.id`,
    [links, slots, mute, MAY_BE_OURS, unanswered],
  );
  return new Map(rows.map(({ link, slot, id }) => [link, { slot, id }]));
};

/**
 * Links of records that were once seen with a key of another link's create, whose answer was lost: whatever people make of
 * such a record meanwhile, it may be that create's, and nothing is made from it before a person says so.
 */
export const heldBack = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  lone: readonly { readonly row: LinkRow; readonly member: Member }[],
): Promise<ReadonlySet<string>> => {
  const doubted = lone.flatMap(({ row, member }) =>
    row.parked
      .filter((known) => known.code === 'AMBIGUOUS' && known.record === undefined)
      .flatMap(candidatesOf)
      .filter(({ slot }) => slot !== member.slot)
      .map((source) => ({ ...source, link: row.link })),
  );
  if (doubted.length === 0) return new Set();
  const sources = await db.query<{ link: string; source: string }>(
    `select t.link, r.link as source from unnest($1::uuid[],$2::text[],$3::text[]) as t(link,slot,id) join record r on r.slot = t.slot and r.id = t.id`,
    [doubted.map((each) => each.link), doubted.map((each) => each.slot), doubted.map((each) => each.id)],
  );
  const open = await openQuestions(context, db, mapping, [...new Set(sources.map(({ source }) => source))], SENT);
  return new Set(sources.filter(({ source }) => open.has(source)).map(({ link }) => link));
};

/** Links whose create between the same two slots is another mapping's open question. */
export const askedElsewhere = async (
  db: Database,
  mapping: Mapping,
  links: readonly string[],
): Promise<ReadonlySet<string>> => {
  if (links.length === 0) return new Set();
  const rows = await db.query<{ link: string }>(
    `select distinct p.link from mapping m join mapping o on o.crm_slot = m.crm_slot and o.erp_slot = m.erp_slot and o.name <> m.name
     join parked p on p.mapping = o.name and p.code = 'AMBIGUOUS' and p.field = '' and p.cause <> $3 and p.decision is null where m.name = $1 and p.link = any($2::uuid[])`,
    [mapping.name, links, MAY_BE_OURS],
  );
  return new Set(rows.map((row) => row.link));
};

/**
 * The last moment to notice: a record at a system that cannot be asked by key is about to lose a key that another link's
 * create was sent with. It may be the record that the create made, and from now on nothing about it would say so.
 */
export const holdBack = async (
  context: Context,
  db: Database,
  slot: string,
  lost: readonly { readonly id: string; readonly fields: string; readonly key: string }[],
): Promise<void> => {
  if (lost.length === 0 || context.traits(slot).idempotency !== 'none') return;
  const rows = await db.query<{ id: string; link: string; source: string; source_slot: string }>(
    `select distinct on (t.id) t.id, r.link, s.id as source, s.slot as source_slot
     from unnest($2::text[],$3::text[],$4::text[]) as t(id,fields,key) join link_key k on k.slot = $1 and k.fields = t.fields and k.key = t.key
     join record r on r.slot = $1 and r.id = t.id and r.link <> k.link join record s on s.link = k.link and s.slot <> $1 and s.active
     where not exists (select from record o where o.link = r.link and o.active and o.slot <> $1)
       and not exists (select from parked p where p.link = r.link and p.field = '' and p.decision is not null)
       and (exists (select from parked p where p.link = k.link and p.field = '' and p.code = 'AMBIGUOUS' and p.cause <> $5 and p.decision is null)
         or exists (select from intent i where i.link = k.link and i.slot = $1 and i.op = 'create' and i.sends > 0 and i.ended_at is null))
     order by t.id, s.slot`,
    [slot, lost.map((each) => each.id), lost.map((each) => each.fields), lost.map((each) => each.key), MAY_BE_OURS],
  );
  const parks = rows.flatMap(({ id, link, source, source_slot }) =>
    mappingsOf(context, slot)
      .filter(({ mapping, side }) => slotOf(mapping, otherSide(side)) === source_slot)
      .map(({ mapping }) =>
        mayBeOurs(
          mapping.name,
          link,
          [{ slot: source_slot, id: source }],
          lost.filter((each) => each.id === id).map(keyText),
        ),
      ),
  );
  await park(db, parks);
};

/** What is parked because it may be the record that an unanswered create made. */
export const mayBeOurs = (mapping: string, link: string, sources: readonly Place[], keys: readonly string[]): Park =>
  recordPark(
    mapping,
    link,
    'AMBIGUOUS',
    `a create for ${sources.map(({ slot, id }) => `${slot} ${id}`).join(', ')} was sent and its answer lost: this may be the record it made`,
    { cause: MAY_BE_OURS, candidates: sources, keys },
  );
