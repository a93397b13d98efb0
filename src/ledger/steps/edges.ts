/** The ledger's rows of references that may not run in a loop. Whoever asks holds the locks of the slots that they join. */
import { canonicalJson } from '../../domain/json.ts';
import type { Baseline } from '../../domain/plan.ts';
import type { Mapping, Tie } from '../../mapping/port.ts';
import { decodeBaseline, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Due, enqueue } from './queue.ts';

/** A reference from one link to another, held by `link`. */
export interface Edge {
  readonly link: string;
  readonly name: string;
  readonly field: string;
  readonly source: string;
  readonly target: string;
  /** It was asked for and would close a loop: it stands at the side that asked, and nowhere else. */
  readonly held: boolean;
}

/** A link on the way of a loop, among the keys of what is parked. */
export const loopKey = (link: string): string => `loop ${link}`;

/** The references of a baseline as edges. `thingOf` says which link an id of the CRM stands for. */
export const edgesOf = (
  mapping: Mapping,
  link: string,
  baseline: Baseline,
  thingOf: (mapping: string, crm: string) => string | undefined,
): readonly Edge[] =>
  mapping.ties(baseline).flatMap(({ acyclic, name, from, to }: Tie) => {
    const source = from === undefined ? link : thingOf(acyclic.mapping, from);
    const target = thingOf(acyclic.mapping, to);
    return source === undefined || target === undefined
      ? []
      : [{ link, name, field: acyclic.field, source, target, held: false }];
  });

const BATCH = 1_000;

/** Ids of the CRM, by the mapping that pairs them, with their links. */
const linksOf = async (db: Database, mapping: Mapping, ties: readonly Tie[]) => {
  const slots = new Map(mapping.references.map((each) => [each.mapping, each.slots.crm]));
  const found = new Map<string, string>();
  for (const [name, all] of Map.groupBy(ties, ({ acyclic }) => acyclic.mapping)) {
    const ids = [...new Set(all.flatMap(({ from, to }) => (from === undefined ? [to] : [from, to])))];
    const rows = await db.query<{ id: string; link: string }>(
      `select id, link from record where slot = $1 and id = any($2)`,
      [slots.get(name) ?? '', ids],
    );
    for (const { id, link } of rows) found.set(`${name}\x1f${id}`, link);
  }
  return (name: string, crm: string): string | undefined => found.get(`${name}\x1f${crm}`);
};

/** Make a mapping's edges of what was agreed on, unless they are there: after an upgrade, or once it declares others. */
export const makeEdges = async (db: Database, mapping: Mapping): Promise<void> => {
  const declared = canonicalJson(mapping.acyclic as never);
  const [made] = await db.query<{ declared: string }>(`select declared from edges_made where mapping = $1`, [
    mapping.name,
  ]);
  if (made?.declared === declared) return;
  await db.query(`delete from edge where mapping = $1`, [mapping.name]);
  for (let after: string | null = null; ; ) {
    const rows: readonly { readonly link: string; readonly body: Stored }[] = await db.query(
      `select link, body from baseline where mapping = $1 and ($2::uuid is null or link > $2) order by link limit $3`,
      [mapping.name, after, BATCH],
    );
    const baselines = rows.map(({ link, body }) => ({ link, body: decodeBaseline(body) }));
    const thingOf = await linksOf(
      db,
      mapping,
      baselines.flatMap(({ body }) => mapping.ties(body)),
    );
    await insert(
      db,
      mapping,
      baselines.flatMap(({ link, body }) => edgesOf(mapping, link, body, thingOf)),
    );
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.link;
  }
  await db.query(
    `insert into edges_made (mapping, declared) values ($1, $2) on conflict (mapping) do update set declared = excluded.declared`,
    [mapping.name, declared],
  );
};

const insert = async (db: Database, mapping: Mapping, edges: readonly Edge[]): Promise<void> => {
  if (edges.length === 0) return;
  await db.query(
    `insert into edge (mapping, link, name, field, source, target, held)
     select $1, l, n, f, s, t, h from unnest($2::uuid[],$3::text[],$4::text[],$5::uuid[],$6::uuid[],$7::boolean[]) as e(l,n,f,s,t,h) order by l, n, h`,
    [
      mapping.name,
      edges.map(({ link }) => link),
      edges.map(({ name }) => name),
      edges.map(({ field }) => field),
      edges.map(({ source }) => source),
      edges.map(({ target }) => target),
      edges.map(({ held }) => held),
    ],
  );
};

const EDGE = 'link, name, field, source, target, held';

/** The edges that some links hold. */
export const edgesHeldBy = (db: Database, mapping: Mapping, links: readonly string[]): Promise<readonly Edge[]> =>
  db.query<Edge>(`select ${EDGE} from edge where mapping = $1 and link = any($2::uuid[]) order by link, name`, [
    mapping.name,
    links,
  ]);

/** Every edge that can be reached from some links. */
export const edgesFrom = (db: Database, mapping: Mapping, links: readonly string[]): Promise<readonly Edge[]> =>
  db.query<Edge>(
    `with recursive reached (field, link) as (
       select f.field, l.link from unnest($2::text[]) as f(field), unnest($3::uuid[]) as l(link)
       union select e.field, e.target from edge e join reached r on e.mapping = $1 and e.field = r.field and e.source = r.link)
     select e.link, e.name, e.field, e.source, e.target, e.held from edge e join reached r on e.mapping = $1 and e.field = r.field and e.source = r.link
     order by e.link, e.name`,
    [mapping.name, mapping.acyclic.map(({ field }) => field), links],
  );

/** The edges of some links become these. What was set aside over one that is gone is made due; true when something was. */
export const replaceEdges = async (
  db: Database,
  mapping: Mapping,
  before: readonly Edge[],
  after: readonly Edge[],
): Promise<boolean> => {
  const said = (edge: Edge): string => canonicalJson(edge as never);
  const old = new Set(before.map(said));
  const now = new Set(after.map(said));
  const dropped = before.filter((edge) => !now.has(said(edge)));
  if (dropped.length > 0)
    await db.query(
      `delete from edge e using unnest($2::uuid[],$3::text[],$4::boolean[]) as t(link,name,held) where e.mapping = $1 and e.link = t.link and e.name = t.name and e.held = t.held`,
      [mapping.name, dropped.map(({ link }) => link), dropped.map(({ name }) => name), dropped.map(({ held }) => held)],
    );
  await insert(
    db,
    mapping,
    after.filter((edge) => !old.has(said(edge))),
  );
  if (dropped.length === 0) return false;
  const due = await db.query<Due>(
    `select p.mapping, r.slot, r.id from parked p join mapping m on m.name = p.mapping
       join record r on r.link = p.link and r.active and r.slot in (m.crm_slot, m.erp_slot)
     where p.mapping = $1 and p.code = 'REFERENCE_LOOP' and p.keys && $2`,
    [mapping.name, [...new Set(dropped.map(({ source }) => loopKey(source)))]],
  );
  await enqueue(db, due, 'parent');
  return due.length > 0;
};
