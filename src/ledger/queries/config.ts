import { objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { iso, type Stamp } from './values.ts';

/** One stored configuration, without its files. */
export interface RevisionSummary {
  readonly number: number;
  readonly author: string;
  readonly at: string | null;
  readonly hash: string;
  readonly files: readonly string[];
}
/** One stored configuration with the text of its files; secrets in them are references. */
export interface RevisionView extends RevisionSummary {
  readonly texts: Readonly<Record<string, string>>;
}

interface Row {
  readonly number: number;
  readonly author: string;
  readonly at: Stamp;
  readonly hash: string;
  readonly files: Buffer;
}

const viewFrom = (row: Row): RevisionView => {
  const texts = Object.fromEntries(Object.entries(objectFrom(row.files)).map(([path, text]) => [path, String(text)]));
  return {
    number: row.number,
    author: row.author,
    at: iso(row.at),
    hash: row.hash,
    files: Object.keys(texts).sort(),
    texts,
  };
};

/** Stored revisions, newest first. */
export const revisions = async (db: Database, limit: number): Promise<readonly RevisionSummary[]> => {
  const rows = await db.query<Row>(
    `select number, author, at, hash, files from config_revision order by number desc limit $1`,
    [limit],
  );
  return rows.map((row) => {
    const { texts: _, ...summary } = viewFrom(row);
    return summary;
  });
};

/** The newest revision, or the one of that number. */
export const revision = async (db: Database, number?: number): Promise<RevisionView | undefined> => {
  const [row] = await db.query<Row>(
    `select number, author, at, hash, files from config_revision where $1::int is null or number = $1 order by number desc limit 1`,
    [number ?? null],
  );
  return row === undefined ? undefined : viewFrom(row);
};
