/**
 * The program of an ERP that nobody can call: it pulls its writes, carries out each once, and says what became of it.
 * The ERP is one file of lines; an order and the id of the write that made it stand in one line, as in one transaction.
 *
 *   node sandbox/puller/pull.ts <API address> <connection> <file>      with the key in TALLY_API_KEY
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { call, docOf, listOf } from '../kit/calls.ts';
import { type Doc, isDoc, parse, text } from '../kit/json.ts';

/** One line of the ERP: a write that it carried out, and the record as it was then. */
export interface Entry {
  readonly write: string;
  readonly id: string;
  readonly record: Doc;
}

/** Everything that the ERP has, oldest first. */
export const entriesIn = (file: string): readonly Entry[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map(parse)
        .filter(isDoc)
        .map((line) => line as unknown as Entry)
    : [];

/** Carries out a write, unless it was carried out before: then it only says again what it said then. */
const carriedOut = (file: string, given: Doc): Doc => {
  const { id: key = null, op = null, record_id: target = null, fields = null } = given;
  const entries = entriesIn(file);
  const before = entries.find((entry) => entry.write === key);
  if (before !== undefined) return { id: key, outcome: 'done', record_id: before.id };
  const asked = isDoc(fields) ? fields : {};
  if (op === 'create' && asked['title'] === 'Nonsense')
    return { id: key, outcome: 'refused', code: 'E42', reason: 'Nobody makes nonsense' };
  const ids = new Set(entries.map(({ id }) => id));
  const id = op === 'create' ? `SO-${ids.size + 1}` : String(target);
  const standing = entries.findLast((entry) => entry.id === id)?.record ?? {};
  const entry = { write: key, id, record: { ...standing, ...asked } };
  appendFileSync(file, `${text(entry)}\n`);
  return { id: key, outcome: 'done', record_id: id };
};

/** Where the program asks, and what it keeps. */
export interface Puller {
  readonly url: string;
  readonly connection: string;
  readonly key: string;
  readonly file: string;
}

/** Pulls page after page until nothing more waits. Answers how many writes came, those that came before included. */
export const pullOnce = async ({ url, connection, key, file }: Puller): Promise<number> => {
  const headers = { authorization: `Bearer ${key}` };
  const ask = async (path: string, body: Doc): Promise<Doc> => {
    const reply = await call('POST', `${url}/outbox/${connection}/${path}`, { headers, body });
    if (reply.status !== 200) throw new Error(`${path} was answered with ${reply.status}: ${text(reply.body)}`);
    return docOf(reply);
  };
  let count = 0;
  let page: Doc = { next: '', more: true };
  while (page['more'] === true) {
    page = await ask('pull', { after: page['next'] ?? '', limit: 100 });
    const writes = listOf(page, 'writes');
    count += writes.length;
    if (writes.length > 0) await ask('answers', { answers: writes.map((write) => carriedOut(file, write)) });
  }
  return count;
};

if (import.meta.main) {
  const [url = '', connection = '', file = ''] = process.argv.slice(2);
  const count = await pullOnce({ url, connection, file, key: process.env['TALLY_API_KEY'] ?? '' });
  process.stdout.write(`${count} pulled\n`);
}
