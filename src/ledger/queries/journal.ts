import type { Json } from '../../domain/json.ts';
import { fromBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import { iso, type Stamp } from './values.ts';

/** One line of the journal, with its values as long as they were not erased. */
export interface JournalEntry {
  readonly id: string;
  readonly at: string | null;
  readonly actor: string;
  readonly action: string;
  readonly mapping: string | null;
  readonly revision: number | null;
  readonly link: string | null;
  readonly slot: string | null;
  readonly record: string | null;
  readonly fields: readonly string[];
  readonly code: string | null;
  readonly reason: string;
  readonly key: string | null;
  readonly values: Json;
  /** Its number in the chain, once the sequencer has come by. */
  readonly number: string | null;
}

export interface JournalFilter {
  readonly link?: string | undefined;
  /** Only what these did. */
  readonly actors?: readonly string[] | undefined;
  /** Only of these mappings, or of none; null or absent: of all. */
  readonly mappings?: readonly string[] | null | undefined;
}
export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  /** Older than this entry comes next. */
  readonly next: { readonly before: string } | null;
}

interface Row {
  readonly id: string;
  readonly at: Stamp;
  readonly actor: string;
  readonly action: string;
  readonly mapping: string | null;
  readonly config: number | null;
  readonly link: string | null;
  readonly slot: string | null;
  readonly record_id: string | null;
  readonly fields: string[];
  readonly code: string | null;
  readonly reason: string;
  readonly key: string | null;
  readonly body: Buffer | null;
  readonly number: string | null;
}

/** The journal, newest first, of one record or of all. */
export const journalPage = async (
  db: Database,
  filter: JournalFilter,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<JournalPage> => {
  const rows = await db.query<Row>(
    `select j.id, j.at, j.actor, j.action, j.mapping, j.config, j.link, j.slot, j.record_id, j.fields, j.code, j.reason, j.key, v.body, c.number
     from journal j left join journal_value v on v.journal = j.id left join journal_chain c on c.journal = j.id
     where ($1::uuid is null or j.link = $1) and ($2::text[] is null or j.actor = any($2)) and ($3::bigint is null or j.id < $3)
       and ($5::text[] is null or j.mapping is null or j.mapping = any($5))
     order by j.id desc limit $4`,
    [filter.link ?? null, filter.actors ?? null, page.before ?? null, page.limit + 1, filter.mappings ?? null],
  );
  const shown = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? shown.at(-1) : undefined;
  return { entries: shown.map(entryFrom), next: last === undefined ? null : { before: last.id } };
};

const entryFrom = ({ at, body, config, record_id, ...row }: Row): JournalEntry => ({
  ...row,
  at: iso(at),
  revision: config,
  record: record_id,
  values: body === null ? null : fromBytes(body),
});
