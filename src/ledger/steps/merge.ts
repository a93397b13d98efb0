import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { type Context, mappingsOf } from './context.ts';
import { journal } from './journal.ts';
import { dropEmptyLinks } from './links.ts';
import { enqueue } from './queue.ts';

/** Two links found to be one thing. The survivor keeps its id, because keys already sent name it. */
export interface Pairing {
  readonly survivor: string;
  readonly loser: string;
  readonly rule: string;
}
/** Why two links could not become one now. */
export interface Refusal {
  readonly survivor: string;
  readonly wait: boolean;
  readonly why: string;
}

/** Rule 1: both links are locked; open intents are waited for; members, parked items and baselines move; a slot filled twice asks a person. */
export const merge = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  segment: string,
  pairs: readonly Pairing[],
): Promise<readonly Refusal[]> => {
  if (pairs.length === 0) return [];
  const ids = [...new Set(pairs.flatMap((pair) => [pair.survivor, pair.loser]))].sort();
  const links = await db.query<{ id: string; segment: string | null }>(
    `select id, segment from link where id = any($1::uuid[]) order by id for update`,
    [ids],
  );
  const leasedElsewhere = new Set(
    links.filter((link) => link.segment !== null && link.segment !== segment).map((link) => link.id),
  );
  const busy = new Set(
    (
      await db.query<{ link: string }>(
        `select distinct link from intent where link = any($1::uuid[]) and ended_at is null`,
        [ids],
      )
    ).map((row) => row.link),
  );
  const clashes = new Map(
    (
      await db.query<{ survivor: string; slot: string; mine: string; theirs: string }>(
        `select t.survivor, a.slot, a.id as mine, b.id as theirs from unnest($1::uuid[],$2::uuid[]) as t(survivor,loser) join record a on a.link = t.survivor and a.active join record b on b.link = t.loser and b.active and b.slot = a.slot`,
        [pairs.map((pair) => pair.survivor), pairs.map((pair) => pair.loser)],
      )
    ).map((row) => [row.survivor, `${row.slot} has a record of each half: ${row.mine} and ${row.theirs}`]),
  );
  const refusals: Refusal[] = [];
  // Two pairings of one round may name the same half: the second looks again, at what the first has made of it.
  const taken = new Set<string>();
  const good = pairs.filter(({ survivor, loser }) => {
    const held = [survivor, loser].some((id) => leasedElsewhere.has(id) || busy.has(id) || taken.has(id));
    for (const id of [survivor, loser]) taken.add(id);
    if (held) refusals.push({ survivor, wait: true, why: 'the other half is being worked on' });
    else if (clashes.has(survivor)) refusals.push({ survivor, wait: false, why: clashes.get(survivor) ?? '' });
    return !held && !clashes.has(survivor);
  });
  if (good.length > 0) await move(context, db, mapping, segment, good);
  return refusals;
};

const move = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  segment: string,
  pairs: readonly Pairing[],
): Promise<void> => {
  const params = [pairs.map((pair) => pair.survivor), pairs.map((pair) => pair.loser)];
  const given = `unnest($1::uuid[],$2::uuid[]) as t(survivor,loser)`;
  await db.query(`update link l set segment = $3 from ${given} where l.id = t.survivor and l.segment is null`, [
    ...params,
    segment,
  ]);
  const moved = await db.query<{ slot: string; id: string }>(
    `update record r set link = t.survivor from ${given} where r.link = t.loser returning r.slot, r.id`,
    params,
  );
  for (const table of ['baseline', 'parked']) {
    const same = table === 'parked' ? 'and o.field = b.field' : '';
    await db.query(
      `update ${table} b set link = t.survivor from ${given} where b.link = t.loser ${table === 'parked' ? `and b.field <> ''` : ''}
         and not exists (select from ${table} o where o.link = t.survivor and o.mapping = b.mapping ${same})`,
      params,
    );
  }
  await db.query(
    `delete from edge e using ${given} where e.link = t.loser and exists (select from edge o where o.mapping = e.mapping and o.link = t.survivor and o.name = e.name and o.held = e.held)`,
    params,
  );
  for (const end of ['link', 'source', 'target'])
    await db.query(`update edge e set ${end} = t.survivor from ${given} where e.${end} = t.loser`, params);
  await dropEmptyLinks(
    db,
    pairs.map((pair) => pair.loser),
  );
  await journal(
    db,
    pairs.map(({ survivor, rule }) => ({
      actor: 'tallystick',
      action: 'link',
      mapping: mapping.name,
      link: survivor,
      reason: `matched on ${rule}`,
      values: null,
      config: mapping.revision,
    })),
  );
  const others = moved.flatMap(({ slot, id }) =>
    mappingsOf(context, slot)
      .filter((each) => each.mapping.name !== mapping.name)
      .map((each) => ({ mapping: each.mapping.name, slot, id })),
  );
  await enqueue(db, others, 'linked');
};
