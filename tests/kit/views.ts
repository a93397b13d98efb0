/** Views for tests: compiled beside the shipped customer mapping, and a system that answers questions from a table. */
import { readFileSync } from 'node:fs';
import type { ReadAnswer } from '../../connectors/sdk/seam.ts';
import type { ErrorCode } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Database } from '../../src/ledger/database.ts';
import { createViews } from '../../src/ledger/steps/views.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { problemLine } from '../../src/mapping/problem.ts';
import type { View } from '../../src/mapping/view.ts';
import { compileViews } from '../../src/mapping/views.ts';
import type { ProbeAnswer } from '../../src/server/deps.ts';

/** A file that comes with the product, as text. */
export const shipped = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PATHS = ['mappings/customer.yaml', 'mappings/lookups/customer-kinds.yaml', 'mappings/lookups/payment-terms.yaml'];

/** Mappings by path, those of the shipped customer among them. */
export const mappingsWith = (more: Readonly<Record<string, string>> = {}) =>
  compileMappings({ ...Object.fromEntries(PATHS.map((path) => [path, shipped(path)])), ...more });

/** Views and what is wrong with them, as lines. */
export const viewsOf = (
  files: Readonly<Record<string, string>>,
  { mappings = mappingsWith(), people = false }: { mappings?: ReturnType<typeof mappingsWith>; people?: boolean } = {},
): { readonly views: ReadonlyMap<string, View>; readonly problems: readonly string[] } => {
  const { views, problems } = compileViews(files, { ...mappings, connections: ['crm', 'erp'], people });
  return { views, problems: problems.map(problemLine) };
};

/** The view that comes with the product, with what a test would have otherwise. */
export const customerFinance = (
  change: (text: string) => string = (text) => text,
): Readonly<Record<string, string>> => ({
  'views/customer-finance.yaml': change(shipped('views/customer-finance.yaml')),
});

/** A worker and the system behind it: answers what is asked, and remembers each request. */
export const aSystem = (db: () => Database, views: () => ReadonlyMap<string, View>) => {
  const records = new Map<string, JsonObject>();
  const requests: string[][] = [];
  let failing: ErrorCode | undefined;
  let state: 'well' | 'silent' | 'unreachable' = 'well';
  const answer = async (connection: string): Promise<void> => {
    if (state === 'unreachable') throw new Error('no engine');
    if (state === 'silent') return;
    const port = createViews(db(), views);
    const { questions } = await port.asked(connection, 100);
    if (questions.length === 0) return;
    requests.push(questions.map(({ id }) => id));
    if (failing !== undefined) return port.unanswered(questions, failing, 'the system said so');
    const [now] = await db().query<{ now: Date }>('select ledger_now() as now');
    await port.answered(
      now?.now.toISOString() ?? '',
      questions.map((question) => {
        const body = records.get(question.id);
        const found: ReadAnswer = { found: body === undefined ? [] : [{ id: question.id, body, version: '1' }] };
        return { question, answer: found };
      }),
    );
  };
  return {
    /** An engine that does nothing but ask it. */
    temporal: {
      nudge: async () => undefined,
      look: async () => undefined,
      reachable: async () => true,
      probe: async (): Promise<ProbeAnswer> => ({ ok: true, result: null }),
      answer,
    },
    records,
    requests,
    /** The worker, or the way to it. */
    fall: (to: typeof state) => {
      state = to;
    },
    /** The system itself. */
    fail: (code: ErrorCode | undefined) => {
      failing = code;
    },
  };
};
