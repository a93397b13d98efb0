/**
 * What the fakes of systems that cannot run here share: records, ledgers, faults and control address of the sandbox. Each
 * speaks the protocol of one real system, with its traps, as far as a preset has to do with it. For tests only.
 */
import { faultPlan } from '../kit/faults.ts';
import { type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import { type Running, run, type StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import { openStore, type Row, type Store } from '../kit/store.ts';

/** A system that is played: its record types, its service, and the settings that a test may change. */
export interface Fake {
  readonly name: string;
  readonly records: readonly string[];
  readonly settings: Doc;
  readonly service: (store: Store, setting: (name: string) => number) => Service;
}

/** Starts one in this process; port 0 takes a free one. */
export const startFake = (fake: Fake, options: StartOptions = {}): Promise<Running> => {
  const store = openStore(options.data, fake.name, fake.records, () => []);
  let settings = fake.settings;
  const change = (wanted: Doc): string | undefined => {
    const unknown = Object.keys(wanted).find((name) => !Object.hasOwn(fake.settings, name));
    if (unknown !== undefined) return `there is no setting ${unknown}`;
    settings = { ...settings, ...wanted };
    return undefined;
  };
  return run(
    {
      store,
      service: fake.service(store, (name) => Number(settings[name])),
      faults: faultPlan(options.seed ?? 1),
      latencyMs: () => 0,
      records: fake.records,
      settings: () => settings,
      change,
      quietEdit: () => undefined,
    },
    options,
  );
};

/** An answer in JSON. */
export const answer = (status: number, body: unknown, headers?: Readonly<Record<string, string>>): Answer => ({
  status,
  body: text(body),
  ...(headers === undefined ? {} : { headers }),
});

/** The request's body; empty for what is no JSON object. */
export const bodyOf = (ask: Ask): Doc => {
  try {
    const value = parse(ask.body);
    return isDoc(value) ? value : {};
  } catch {
    return {};
  }
};

/** The documents in a list; anything else in it is left out. */
export const docsIn = (value: Value | undefined): readonly Doc[] =>
  Array.isArray(value) ? (value as readonly Value[]).filter(isDoc) : [];

/** The texts in a list. */
export const textsIn = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly Value[]).map(String) : [];

/** Records of one type, with every write as one commit of the ledger. */
export const createRecords = (store: Store, record: string) => {
  const find = (id: string): Row | undefined => {
    const row = store.get(record, id);
    return row === undefined || row.gone === 1 ? undefined : row;
  };
  return {
    find,
    doc: (row: Row): Doc => parse(row.body) as Doc,
    findRef: (ref: string): Row | undefined => store.byRef(record, ref)[0],
    /** All records that there are, by their ids. */
    all: (): readonly Row[] => store.page(record, '', Number.MAX_SAFE_INTEGER),
    /** Tombstones too, in the order of their change. */
    changed: (): readonly Row[] => store.changes(record, '|', Number.MAX_SAFE_INTEGER),
    save: (id: string, stamp: string, ref: string | null, body: Doc, ask: Ask): Row => {
      const previous = find(id)?.seq ?? null;
      const op = previous === null ? 'create' : 'update';
      store.apply({ actor: 'tally', op, record, id, stamp, ref, body: text(body), previous }, ask.number);
      return find(id) as Row;
    },
    remove: (row: Row, stamp: string, ask: Ask): void =>
      store.apply(
        { actor: 'tally', op: 'delete', record, id: row.id, stamp, ref: null, body: null, previous: row.seq },
        ask.number,
      ),
  };
};
/** What `createRecords` gives. */
export type Records = ReturnType<typeof createRecords>;
