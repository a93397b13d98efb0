/** What it costs to tell a warehouse: what the API's route does, from the beginning to the end. */
import type { Database } from '../src/ledger/database.ts';
import { feedPage } from '../src/ledger/queries/feed.ts';
import { cpuOf } from './processor.ts';

const PAGE = 1_000;
const BYTES = 4_194_304;

/** Reads all as `GET /feed?limit=1000` does, each page as the text of an answer; says how long it took. */
export const readFeed = async (db: Database, server: string): Promise<string> => {
  const [before, served, began] = [process.cpuUsage(), cpuOf(server), performance.now()];
  let [told, bytes, pages] = [0, 0, 0];
  for (let [after, more] = [0, true]; more; pages += 1) {
    const page = await feedPage(db, { after, limit: PAGE, bytes: BYTES, mappings: null });
    bytes += Buffer.byteLength(JSON.stringify(page));
    told += page.changes.length;
    ({ next: after, more } = page);
  }
  const { user, system } = process.cpuUsage(before);
  const ms = Math.round(performance.now() - began);
  return `feed: ${told} changes in ${pages} answers, ${(bytes / 1e6).toFixed(1)} MB, read in ${ms} ms; processor: ${((user + system) / 1e6).toFixed(2)} s here, ${(cpuOf(server) - served).toFixed(2)} s PostgreSQL\n`;
};
