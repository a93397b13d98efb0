import type { Database } from '../database.ts';
import { iso, type Stamp } from './values.ts';

/** One side's record in a link, without its contents. */
export interface MemberSummary {
  readonly slot: string;
  readonly id: string;
  /** What people call it. */
  readonly label: string;
  readonly state: string;
  readonly active: boolean;
  readonly modifiedAt: string | null;
  readonly seenAt: string | null;
}

interface Row {
  readonly link: string;
  readonly slot: string;
  readonly id: string;
  readonly label: string;
  readonly state: string;
  readonly active: boolean;
  readonly modified_at: Stamp;
  readonly seen_from: Stamp;
}

/** The members of each of these links. */
export const membersOf = async (
  db: Database,
  links: readonly string[],
): Promise<ReadonlyMap<string, readonly MemberSummary[]>> => {
  if (links.length === 0) return new Map();
  const rows = await db.query<Row>(
    `select link, slot, id, label, state, active, modified_at, seen_from from record where link = any($1::uuid[]) and active order by slot, id`,
    [links],
  );
  const found = new Map<string, MemberSummary[]>();
  for (const { link, modified_at, seen_from, ...rest } of rows) {
    const member = { ...rest, modifiedAt: iso(modified_at), seenAt: iso(seen_from) };
    found.set(link, [...(found.get(link) ?? []), member]);
  }
  return found;
};
