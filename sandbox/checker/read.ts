/** Reading a sandbox system through its control address, page by page. */
import { call, docOf, listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { isDoc } from '../kit/json.ts';
import type { Commit, SystemView } from './words.ts';

const PAGE = 5000;

const pages = async (
  control: string,
  path: string,
  key: string,
  take: (rows: readonly Doc[]) => void,
): Promise<void> => {
  for (let after = ''; ; ) {
    const reply = await call('GET', `${control}/control/${path}&limit=${PAGE}&after=${encodeURIComponent(after)}`);
    if (reply.status !== 200) throw new Error(`${control} answered ${reply.status} for ${path}`);
    const page = docOf(reply);
    take(listOf(page, key));
    if (page['after'] === null || page['after'] === undefined) return;
    after = String(page['after']);
  }
};

// Of a reply that was dropped, spoiled or came late the writer may know nothing.
const UNHEARD: ReadonlySet<string> = new Set([
  ...['late', 'slow', 'reset-after', 'hang-after', '504-after', '500-half', 'twice'],
  ...['html', 'error-in-200', 'empty-body', 'cut', 'cut-json', 'drip'],
  ...['wrong-type', 'wrong-packing', 'wrong-charset', 'oversized'],
]);

/** Read state, commit ledger and the seed's truth of one record type. Reads the ledger first: the state is then never older. */
export const readSystem = async (control: string, record: string): Promise<SystemView> => {
  const unanswered = new Set<number>();
  await pages(control, 'ledger?kind=requests', 'entries', (rows) => {
    for (const row of rows) if (UNHEARD.has(String(row['fault']))) unanswered.add(Number(row['seq']));
  });
  const commits: Commit[] = [];
  await pages(control, 'ledger?kind=commits', 'entries', (rows) => {
    for (const row of rows) {
      if (row['record'] !== record) continue;
      const { after } = row;
      commits.push({
        seq: Number(row['seq']),
        at: String(row['at']),
        actor: String(row['actor']),
        op: row['op'] as Commit['op'],
        record,
        id: String(row['id']),
        after: isDoc(after) ? after : null,
        unanswered: unanswered.has(Number(row['request'])),
      });
    }
  });
  const state: Doc[] = [];
  await pages(control, `state?record=${record}`, 'records', (rows) => void state.push(...rows));
  const truth = new Map<string, number>();
  await pages(control, 'truth?', 'truth', (rows) => {
    for (const row of rows) if (row['record'] === record) truth.set(String(row['id']), Number(row['business']));
  });
  return { state, commits, truth };
};

/** The same of several record types of one system, by their names. */
export const readSystems = async <R extends string>(
  control: string,
  records: readonly R[],
): Promise<Record<R, SystemView>> => {
  const views: [R, SystemView][] = [];
  for (const record of records) views.push([record, await readSystem(control, record)]);
  return Object.fromEntries(views) as Record<R, SystemView>;
};
