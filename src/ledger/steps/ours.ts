import { SIDES } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { linkOfKey, slotOf } from './context.ts';
import type { LinkRow, Member } from './load.ts';

/** The link whose create a record's reference names. `filled`: it has another record in that place. */
export interface Owner {
  readonly link: string;
  readonly filled: boolean;
}

/** Records that carry a key of ours belong to the link that sent it, whatever people have made of their keys or of its source. */
export const ownersOf = async (
  db: Database,
  mapping: Mapping,
  lone: readonly { readonly row: LinkRow; readonly member: Member }[],
): Promise<ReadonlyMap<string, Owner>> => {
  const claimed = lone.flatMap(({ row, member }) => {
    const owner = linkOfKey(member.observed.reference);
    return owner === undefined || owner === row.link ? [] : [{ link: row.link, slot: member.slot, owner }];
  });
  if (claimed.length === 0) return new Map();
  const rows = await db.query<{ link: string; owner: string; filled: boolean }>(
    `select t.link, t.owner, exists (select from record r where r.link = t.owner and r.slot = t.slot and r.active) as filled
     from unnest($1::uuid[],$2::text[],$3::uuid[]) as t(link,slot,owner)
     where exists (select from record r where r.link = t.owner and r.slot = any($4) and r.slot <> t.slot and r.active)`,
    [
      claimed.map(({ link }) => link),
      claimed.map(({ slot }) => slot),
      claimed.map(({ owner }) => owner),
      SIDES.map((side) => slotOf(mapping, side)),
    ],
  );
  return new Map(rows.map(({ link, owner, filled }) => [link, { link: owner, filled }]));
};
