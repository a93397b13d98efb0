import type { Call, ReadAnswer } from '../connectors/sdk/seam.ts';
import { SyncError } from '../src/domain/errors.ts';
import type { Question } from '../src/ledger/port.ts';
import { capabilitiesOf, type Deps, type LiveConnection } from './deps.ts';
import { asOutbound, inLanes, pieces } from './outbound.ts';

export interface AnswerInput {
  readonly connection: string;
}
export interface AnswerCounts {
  readonly answered: number;
  readonly more: boolean;
}

// Questions of one round: people wait, so that those who come meanwhile are not held up for long.
const MOST = 500;

const CANNOT: ReadAnswer = {
  error: { class: 'unsupported', message: 'the system cannot be asked for one record', scope: 'item' },
};

/**
 * Read at a connection what views ask of it: questions about one record type go together, and equal ones are one. Safe to
 * repeat: an answer ends its question.
 */
export const createAnswer = (deps: Deps) =>
  asOutbound(deps, 'answer', async ({ connection }: AnswerInput, { signal, heard }): Promise<AnswerCounts> => {
    const { questions, more } = await deps.views.asked(connection, MOST);
    if (questions.length === 0) return { answered: 0, more };
    const open = new Set(questions);
    try {
      await deps.connections.use(connection, async (live) => {
        const left = byRecord(live, questions);
        const call: Call = { signal, beforeRequest: live.leave };
        await inLanes(live.settings.concurrency, async () => {
          const piece = left.shift();
          if (piece === undefined) return false;
          signal.throwIfAborted();
          const from = await deps.capture.now();
          const answers = await readPiece(live, piece, call);
          heard();
          await deps.views.answered(from, answers);
          for (const { question } of answers) open.delete(question);
          return true;
        });
      });
    } catch (error) {
      if (error instanceof SyncError && !signal.aborted)
        await deps.views.unanswered([...open], error.code, error.message);
      throw error;
    }
    return { answered: questions.length, more };
  });

interface Piece {
  readonly record: string;
  readonly ids: readonly string[];
  readonly questions: readonly Question[];
}

const byRecord = (live: LiveConnection, questions: readonly Question[]): Piece[] =>
  [...Map.groupBy(questions, ({ record }) => record)].flatMap(([record, all]) => {
    const ids = [...new Set(all.map(({ id }) => id))];
    return pieces(ids, Math.max(1, capabilitiesOf(live, record).read.maxBatch)).map((some) => ({
      record,
      ids: some,
      questions: all.filter(({ id }) => some.includes(id)),
    }));
  });

const readPiece = async (live: LiveConnection, { record, ids, questions }: Piece, call: Call) => {
  const able = capabilitiesOf(live, record).read.byId;
  const read = able ? await live.connector.read(record, { ids }, call) : [];
  const answers = new Map(ids.map((id, i) => [id, read[i] ?? CANNOT]));
  return questions.map((question) => ({ question, answer: answers.get(question.id) ?? CANNOT }));
};
