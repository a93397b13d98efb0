/** What a product's run did to two systems, and the same again by a bare loop: list both sides, send equal batches. No ledger, no reading back, no second try. */
import {
  basicOf,
  type Commit,
  getJson,
  loginOf,
  postJson,
  type Request,
  type System,
  type Systems,
} from '../systems.ts';
import { type Doc, itemOf, pagePath, type Wire, writable } from './wire.ts';

/** A commit with what it made. */
export interface Effect extends Commit {
  readonly record: string;
  readonly before: Doc | null;
  readonly after: Doc | null;
}

/** One request's worth of writes at one side. */
export interface Batch {
  readonly side: 'crm' | 'erp';
  readonly path: string;
  readonly op: 'create' | 'update';
  readonly items: readonly Doc[];
}

const chunked = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

const changedOf = ({ before, after }: Effect): Doc =>
  Object.fromEntries(
    Object.entries(after ?? {}).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before?.[name])),
  );

/** The effects of one side as batches of the size that its connector declares: creates, then updates, each in its order. */
export const batchesOf = (side: Batch['side'], wire: Wire, effects: readonly Effect[]): readonly Batch[] =>
  (['create', 'update'] as const).flatMap((op) => {
    const { request, item } = wire.write[op];
    const items = effects
      .filter((effect) => effect.op === op && effect.record === wire.kind)
      .map((effect) =>
        itemOf(item, {
          key: `bare-${effect.seq}`,
          ...(op === 'update' && { id: effect.id }),
          data: writable(op === 'create' ? (effect.after ?? {}) : changedOf(effect), wire.readOnly),
        }),
      );
    return chunked(items, wire.write.max).map((part) => ({ side, path: request.path, op, items: part }));
  });

/** Records made. */
export interface Span {
  readonly records: number;
  readonly updates: number;
  readonly ms: number;
  readonly requests: number;
}

/** What the ledgers say of a run, of requests and effects of this record type alone. */
export const spanOf = (requests: readonly Request[], effects: readonly Effect[], target: string): Span | undefined => {
  const [records, updates] = [
    effects.filter(({ op, record }) => op === 'create' && record === target).length,
    effects.filter(({ op }) => op === 'update').length,
  ];
  if (records === 0 || requests.length === 0) return undefined;
  const first = Math.min(...requests.map(({ at }) => Date.parse(at)));
  const last = Math.max(...effects.map(({ at }) => Date.parse(at)));
  const during = requests.filter(({ at }) => Date.parse(at) <= last);
  return { records, updates, ms: last - first, requests: during.length };
};

const readAll = async (url: string, wire: Wire, headers: Record<string, string>): Promise<number> => {
  let requests = 0;
  for (let cursor: string | null = ''; cursor !== null; requests += 1) {
    const page: Doc = await getJson(`${url}${pagePath(wire, cursor)}`, { headers });
    cursor = page[wire.list.paging.next] as string | null;
  }
  return requests;
};

const refused = ({ op }: Batch, wire: Wire, reply: Doc): readonly Doc[] => {
  const { results, status, done } = wire.write[op];
  return (reply[results] as readonly Doc[]).filter((one) => !done.some((each) => each.status.includes(one[status])));
};

/** List both sides, then send what was recorded, so many requests at once; updates after all creates, as they lead to them. */
export const bareRun = async (
  systems: Systems,
  wires: Readonly<Record<Batch['side'], Wire>>,
  batches: readonly Batch[],
  concurrency: number,
): Promise<{ readonly ms: number; readonly requests: number }> => {
  const headers = { crm: { ...(await loginOf(systems.crm, 'tally')) }, erp: { ...basicOf('tally') } };
  const of = (side: Batch['side']): System => systems[side];
  const began = performance.now();
  let requests = 0;
  for (const side of ['crm', 'erp'] as const) requests += await readAll(of(side).url, wires[side], headers[side]);
  for (const op of ['create', 'update'] as const) {
    const due = batches.filter((batch) => batch.op === op).values();
    const lane = async (): Promise<void> => {
      for (const batch of due) {
        const reply = await postJson<Doc>(
          `${of(batch.side).url}${batch.path}`,
          { items: batch.items },
          headers[batch.side],
        );
        requests += 1;
        const [first] = refused(batch, wires[batch.side], reply);
        if (first !== undefined)
          throw new Error(`the bare loop was refused at ${batch.path}: ${JSON.stringify(first)}`);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, lane));
  }
  return { ms: performance.now() - began, requests };
};
