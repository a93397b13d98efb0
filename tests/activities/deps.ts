/** Everything an activity is given, faked: a ledger that remembers what it was told, and a system that answers as it is told. */

import type { Deps } from '../../activities/deps.ts';
import { createPrecedence } from '../../activities/precedence.ts';
import type { Capabilities, ChangePage, Connector, Outcome, ReadAnswer, WriteItem } from '../../connectors/sdk/seam.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import type {
  CapturePort,
  CapturePosition,
  Hint,
  Hinted,
  PipelinePort,
  Question,
  Reading,
  ReadResult,
  Sending,
  ViewsPort,
} from '../../src/ledger/port.ts';

export const CAPABILITIES: Capabilities = {
  read: { byId: true, byKey: true, maxBatch: 3 },
  changes: { mode: 'timestamp', grainMs: 1_000, overlapMs: 0, deletes: 'absence', complete: true },
  write: { create: true, update: true, delete: false, maxBatch: 200, returnsRecord: true },
  idempotency: 'searchable',
  guard: 'version',
  versionCoversAll: true,
};

export const SETTINGS: ConnectionSettings = {
  name: 'erp',
  connector: 'fake',
  url: 'http://127.0.0.1:1',
  allow: [],
  settings: {},
  concurrency: 2,
  settleMs: 0,
  lagMs: 0,
  callMs: 1_000,
  pollMs: 700,
  sweepMs: 0,
  skewMs: 0,
};

/** Refuses whatever a test did not expect to be called. */
const unexpected = (name: string) => async (): Promise<never> => {
  throw new Error(`${name} was not expected`);
};

const CONNECTOR: Connector = {
  capabilities: { Partner: CAPABILITIES },
  check: unexpected('check'),
  describe: unexpected('describe'),
  changes: unexpected('changes'),
  list: unexpected('list'),
  read: unexpected('read'),
  write: unexpected('write'),
  close: async () => undefined,
};

export const found = (id: string): ReadAnswer => ({ found: [{ id, body: { name: id } }] });
export const upsert = (id: string) => ({ op: 'upsert' as const, record: { id, body: { name: id } } });
export const page = (ids: readonly string[], next: string, more: boolean): ChangePage => ({
  changes: ids.map(upsert),
  next,
  more,
});
export const created = (item: WriteItem): Outcome => ({ status: 'created', id: `P-${item.idempotencyKey}` });

/** What a fake world starts with. */
export interface Given {
  readonly connector?: Partial<Connector>;
  readonly settings?: Partial<ConnectionSettings>;
  readonly position?: Partial<CapturePosition>;
  readonly hints?: readonly Hint[];
  readonly readings?: readonly Reading[];
  readonly questions?: readonly Question[];
  /** Stated writes, by wire batch. */
  readonly batches?: readonly (readonly string[])[];
  /** Milliseconds that pass with each look at the clock. */
  readonly msPerLook?: number;
  /** How many rests end with their time; the next one ends the step. */
  readonly rests?: number;
}

const NO_RESTS = { call: () => undefined, sendHome: () => undefined, close: () => undefined, resting: () => 0 };

/** Questions end when they are answered, or when those who asked are told why not. */
const fakeViews = (given: Given, told: Told): ViewsPort => {
  let open = given.questions ?? [];
  const end = (done: readonly Question[]): void => {
    open = open.filter((question) => !done.includes(question));
  };
  return {
    asked: async (_connection, limit) => ({ questions: open.slice(0, limit), more: open.length > limit }),
    answered: async (from, answers) => {
      for (const { question, answer } of answers)
        told.answers.push({ from, id: question.id, found: 'found' in answer && answer.found.length > 0 });
      end(answers.map(({ question }) => question));
    },
    unanswered: async (questions, code) => {
      for (const { id } of questions) told.answers.push({ id, code });
      end(questions);
    },
  };
};

/** What became of it. */
export interface Told {
  /** Every call of the ledger that matters for order, in order. */
  readonly calls: string[];
  readonly pages: Parameters<CapturePort['storePage']>[0][];
  readonly hinted: Hinted[];
  readonly readings: ReadResult[];
  readonly remembered: { readonly sending: Sending; readonly outcomes: readonly Outcome[] }[];
  readonly failures: { readonly connection: string; readonly code: string; readonly retryAfterMs?: number }[];
  readonly pauses: { readonly connection: string; readonly code: string }[];
  readonly nudges: string[];
  readonly lines: { readonly level: string; readonly facts: object; readonly line: string }[];
  /** What those who asked through views were told. */
  readonly answers: object[];
}

const sendingOf = (keys: readonly string[]): Sending => ({
  segment: 'S1',
  slot: 'erp/Partner',
  record: 'Partner',
  items: keys.map((key) => ({ op: 'create', data: { name: key }, idempotencyKey: key, link: key, no: 1, sends: 1 })),
});

const fakeCapture = (given: Given, told: Told): CapturePort => ({
  position: async (slot) => ({ slot, connection: 'erp', record: 'Partner', feedCursor: '', ...given.position }),
  beginPass: async (slot, feeds) => {
    told.calls.push(`beginPass ${slot} ${feeds}`);
    return given.position?.pass !== undefined;
  },
  now: async () => '2026-11-01T00:00:00.000000Z',
  storePage: async (stored) => {
    told.pages.push(stored);
    return { stored: stored.changes.length, changed: stored.changes.length, nudge: stored.done ? ['customer'] : [] };
  },
  hints: async (_slot, limit) => {
    told.calls.push(`hints ${limit}`);
    return given.hints ?? [];
  },
  storeHinted: async (hinted) => {
    told.hinted.push(hinted);
    const missing = hinted.read.filter(({ answer }) => 'absent' in answer).length;
    return { changed: hinted.read.length - missing, missing, nudge: ['customer'] };
  },
});

const fakePipeline = (given: Given, told: Told): PipelinePort => {
  const batches = [...(given.batches ?? [])];
  const say = (line: string): void => void told.calls.push(line);
  return {
    claim: unexpected('claim'),
    fence: async (segment, part) => {
      say(`fence ${segment} ${part}`);
      return 7;
    },
    readings: async () => given.readings ?? [],
    storeReading: async (_segment, _connection, epoch, result) => {
      say(`storeReading ${epoch}`);
      told.readings.push(result);
    },
    plan: unexpected('plan'),
    order: unexpected('order'),
    doubtUnanswered: async (_segment, _connection, epoch) => {
      say(`doubtUnanswered ${epoch}`);
      return 0;
    },
    beginSend: async (_segment, _connection, epoch, limit) => {
      say(`beginSend ${epoch} ${limit}`);
      const keys = batches.shift();
      return keys === undefined ? null : sendingOf(keys);
    },
    remember: async (sending, outcomes) => {
      say('remember');
      told.remembered.push({ sending, outcomes });
      const count = (status: Outcome['status']) => outcomes.filter((outcome) => outcome.status === status).length;
      const updated = count('updated');
      return {
        created: count('created'),
        updated,
        failed: count('failed'),
        unknown: count('unknown'),
        nudge: [],
        retryAfterMs: 0,
      };
    },
    withdraw: async (segment, connection, reason, ms) => say(`withdraw ${segment} ${connection} ${reason} ${ms}`),
    release: async (segment) => say(`release ${segment}`),
    pauseConnection: async (connection, code) => void told.pauses.push({ connection, code }),
    recordFailure: async (connection, code, _reason, ms) =>
      void told.failures.push({ connection, code, ...(ms === undefined ? {} : { retryAfterMs: ms }) }),
    recordSuccess: async (connection) => say(`recordSuccess ${connection}`),
  };
};

/** Dependencies for plain calls of activities, and what they were told. */
export const aWorld = (given: Given = {}): { readonly deps: Deps; readonly told: Told } => {
  const told: Told = {
    calls: [],
    pages: [],
    hinted: [],
    readings: [],
    remembered: [],
    failures: [],
    pauses: [],
    nudges: [],
    answers: [],
    lines: [],
  };
  const line = (level: string) => (facts: object, text: string) => void told.lines.push({ level, facts, line: text });
  let clock = 0;
  let rested = 0;
  const live = {
    settings: { ...SETTINGS, ...given.settings },
    connector: { ...CONNECTOR, ...given.connector },
    leave: async () => undefined,
  };
  const deps: Deps = {
    capture: fakeCapture(given, told),
    pipeline: fakePipeline(given, told),
    views: fakeViews(given, told),
    connections: { use: (_name, work) => work(live) },
    nudge: async (mappings) => void told.nudges.push(...mappings),
    nudgeOrders: async (orders) =>
      void told.nudges.push(...orders.map(({ mapping, record }) => `${mapping} ${record}`)),
    precedence: createPrecedence(
      () => 0,
      async () => undefined,
    ),
    rests: { rest: async () => (given.rests ?? 0) > rested++, ...NO_RESTS },
    elapsed: () => {
      clock += given.msPerLook ?? 0;
      return clock;
    },
    log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
  };
  return { deps, told };
};
