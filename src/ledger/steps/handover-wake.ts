/** Which records are looked at when somebody leaves, moves or comes: those they own, and those that they may take over. */
import { SIDES, type Side } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { type Context, slotOf } from './context.ts';
import { bodiesOf } from './handover.ts';
import type { OpenIntent } from './intents.ts';
import type { LinkRow } from './load.ts';
import { type Due, enqueue } from './queue.ts';
import type { Stated } from './state.ts';

/** What the bytes of a record may show, by side. */
type Shown = Readonly<Record<Side, readonly string[]>>;

/** Records of those who have gone or moved, and records that nobody took over so far, are looked at. Names the mappings. */
export const wakeOwned = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
  stated: readonly Stated[],
  now: string,
): Promise<readonly string[]> => {
  const { people } = mapping;
  if (people === undefined || rows.length === 0) return [];
  const woken: string[] = [];
  for (const { mapping: name, within } of people.reassign) {
    const moved = new Set(
      stated.flatMap(({ op, link, body }) =>
        op === 'update' && within !== undefined && body.fields.includes(within) ? [link] : [],
      ),
    );
    const leaving = rows.filter((row) => moved.has(row.link) || people.gone(bodiesOf(row), now));
    const places = rows.flatMap((row) => (moved.has(row.link) ? [mapping.said(within ?? '', bodiesOf(row))] : []));
    const shown = (side: Side): readonly string[] => [
      ...leaving.flatMap(({ members }) => members[side]?.id ?? []),
      ...places.filter((place) => place !== ''),
    ];
    woken.push(...(await wake(context, db, name, { crm: shown('crm'), erp: shown('erp') })));
  }
  return woken;
};

/** Somebody new may take over what nobody could. */
export const wakeForNew = async (
  context: Context,
  db: Database,
  created: readonly OpenIntent[],
): Promise<readonly string[]> => {
  const woken: string[] = [];
  for (const [of, intents] of Map.groupBy(created, ({ mapping }) => mapping))
    for (const { mapping, within = '' } of context.mappings().get(of)?.people?.reassign ?? []) {
      const places = intents.flatMap(({ body }) => {
        const place = body.intended[within]?.value;
        return typeof place === 'string' ? [place] : [];
      });
      woken.push(...(await wake(context, db, mapping, { crm: places, erp: places })));
    }
  return woken;
};

const wake = async (context: Context, db: Database, name: string, shown: Shown): Promise<readonly string[]> => {
  const owned = context.mappings().get(name);
  if (owned === undefined) return [];
  const due = await db.query<Due>(
    `select p.mapping, r.slot, r.id from parked p join record r on r.link = p.link and r.active and r.slot = any($2)
     where p.mapping = $1 and p.code = 'NO_SUCCESSOR'`,
    [name, SIDES.map((side) => slotOf(owned, side))],
  );
  for (const side of SIDES) due.push(...(await naming(db, owned, side, shown[side])));
  await enqueue(db, due, 'owner');
  return due.length === 0 ? [] : [name];
};

/** Records whose bytes show one of the texts: some only seem to, and a plan of those finds nothing to do. */
const naming = (db: Database, owned: Mapping, side: Side, texts: readonly string[]): Promise<Due[]> => {
  if (texts.length === 0) return Promise.resolve([]);
  return db.query<Due>(
    `select $1 as mapping, r.slot, r.id from record r where r.slot = $2 and r.active and r.state = 'present'
       and exists (select from unnest($3::text[]) as o(said) where position(convert_to(to_json(o.said)::text, 'UTF8') in r.body) > 0)`,
    [owned.name, slotOf(owned, side), [...new Set(texts)]],
  );
};
