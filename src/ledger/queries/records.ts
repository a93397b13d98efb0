import type { Json } from '../../domain/json.ts';
import type { Baseline } from '../../domain/plan.ts';
import { decodeBaseline, fromBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import { type MemberSummary, membersOf } from './members.ts';
import { type ParkedItem, parkedOf } from './parked.ts';
import { iso, isUuid, type Stamp } from './values.ts';

/** A link as a search shows it. */
export interface FoundRecord {
  readonly link: string;
  readonly members: readonly MemberSummary[];
}

/** How many a search shows at most. */
export const FOUND_LIMIT = 50;

/**
 * Links by our id, either side's id, the reference we gave, or (`byName`) what people call them: from its beginning, else
 * anywhere in it. Exact answers win: names are looked at only when nothing else was found.
 */
export const findRecords = async (
  db: Database,
  text: string,
  options: { readonly byName: boolean; readonly limit: number },
): Promise<readonly FoundRecord[]> => {
  const exact = await linksWhere(db, options.limit, EXACT, [text, isUuid(text) ? text : null]);
  const links = exact.length > 0 || !options.byName ? exact : await linksByName(db, text, options.limit);
  const members = await membersOf(db, links);
  return links.map((link) => ({ link, members: members.get(link) ?? [] }));
};

// One probe per slot, so that both searches run on the primary key and the reference index.
const EXACT = `select r.link from record r where r.link = $2::uuid
  union select r.link from slot s join record r on r.slot = s.name and r.id = $1
  union select r.link from slot s join record r on r.slot = s.name and r.reference = $1`;

const linksWhere = async (db: Database, limit: number, sql: string, params: readonly unknown[]): Promise<string[]> => {
  const rows = await db.query<{ link: string }>(
    `select distinct link from (${sql}) as found order by link limit ${limit}`,
    params,
  );
  return rows.map((row) => row.link);
};

/** The whole name, else its beginning, else any part of it. */
const linksByName = async (db: Database, text: string, limit: number): Promise<string[]> => {
  const name = text.toLowerCase();
  const pattern = name.replace(/[\\%_]/g, '\\$&');
  for (const [operator, wanted] of [
    ['=', name],
    ['like', `${pattern}%`],
    ['like', `%${pattern}%`],
  ] as const) {
    const found = await linksWhere(
      db,
      limit,
      `select link from record where lower(label) ${operator} $1 limit ${limit * 2}`,
      [wanted],
    );
    if (found.length > 0) return found;
  }
  return [];
};

/** A record in whole: its members with what we last saw, the baseline, what is parked, due and on its way. */
export interface RecordView {
  readonly link: string;
  readonly members: readonly (MemberSummary & { readonly version: string | null; readonly body: Json })[];
  readonly baselines: readonly { readonly mapping: string; readonly at: string | null; readonly fields: Baseline }[];
  readonly parked: readonly ParkedItem[];
  readonly pending: readonly PendingRow[];
  readonly intents: readonly OpenIntentView[];
}
export interface PendingRow {
  readonly mapping: string;
  readonly slot: string;
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly cause: string;
  readonly tries: number;
  readonly due: string | null;
  readonly since: string | null;
}
/** A write that is stated, being sent or in doubt. */
export interface OpenIntentView {
  readonly mapping: string;
  readonly slot: string;
  readonly state: string;
  readonly op: string;
  readonly statedAt: string | null;
  readonly sentAt: string | null;
  readonly doubtUntil: string | null;
}

/** One record, by our link id; undefined when there is none. */
export const recordView = async (db: Database, link: string): Promise<RecordView | undefined> => {
  if (!isUuid(link)) return undefined;
  const members = (await membersOf(db, [link])).get(link);
  if (members === undefined) return undefined;
  const bodies = await db.query<{ slot: string; id: string; version: string | null; body: Buffer }>(
    `select slot, id, version, body from record where link = $1 and active`,
    [link],
  );
  const bodyOf = new Map(bodies.map((row) => [`${row.slot}\u001f${row.id}`, row]));
  const baselines = await db.query<{ mapping: string; at: Stamp; body: Buffer }>(
    `select mapping, at, body from baseline where link = $1 order by mapping`,
    [link],
  );
  return {
    link,
    members: members.map((member) => {
      const row = bodyOf.get(`${member.slot}\u001f${member.id}`);
      return { ...member, version: row?.version ?? null, body: row === undefined ? {} : fromBytes(row.body) };
    }),
    baselines: baselines.map(({ mapping, at, body }) => ({ mapping, at: iso(at), fields: decodeBaseline(body) })),
    parked: await parkedOf(db, link),
    pending: await pendingOf(db, link),
    intents: await intentsOf(db, link),
  };
};

const pendingOf = async (db: Database, link: string): Promise<readonly PendingRow[]> => {
  const rows = await db.query<Omit<PendingRow, 'due' | 'since'> & { readonly due: Stamp; readonly since: Stamp }>(
    `select p.mapping, p.slot, p.id, p.state, p.reason, p.detail, p.cause, p.tries, p.due, p.since
     from pending p join record r on r.slot = p.slot and r.id = p.id where r.link = $1 order by p.mapping, p.slot, p.id`,
    [link],
  );
  return rows.map((row) => ({ ...row, due: iso(row.due), since: iso(row.since) }));
};

/** The writes of a link that have not ended. */
export const intentsOf = async (db: Database, link: string): Promise<readonly OpenIntentView[]> => {
  const rows = await db.query<
    Record<'stated' | 'sent' | 'doubt', Stamp> & Record<'mapping' | 'slot' | 'state' | 'op', string>
  >(
    `select mapping, slot, state, op, stated_at as stated, sent_at as sent, doubt_until as doubt from intent where link = $1 and ended_at is null order by slot`,
    [link],
  );
  return rows.map(({ stated, sent, doubt, ...rest }) => ({
    ...rest,
    statedAt: iso(stated),
    sentAt: iso(sent),
    doubtUntil: iso(doubt),
  }));
};
