/** A person at a desk: reads a record, writes it, and when the line breaks looks whether it was done. */
import { setTimeout as pause } from 'node:timers/promises';
import { basic, bearer, call, docOf, listOf, type Reply } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';

/** One system as people use it. `write` answers false when somebody else was quicker: read again. */
export interface Desk {
  readonly list: () => Promise<readonly Doc[]>;
  readonly read: (id: string) => Promise<Doc | undefined>;
  readonly write: (record: Doc, values: Doc) => Promise<boolean>;
  /** The new record's id. `mark` finds it again when the answer was lost. */
  readonly create: (values: Doc, mark: string) => Promise<string>;
}

const TRIES = 40;
const PAUSE_MS = 50;

type Send = (method: string, path: string, body?: unknown) => Promise<Reply>;

/** What a call came to: an answer, or nobody knows. */
type Fate = { readonly reply: Reply } | { readonly lost: true };

const once = async (send: Send, method: string, path: string, body?: unknown): Promise<Fate> => {
  try {
    const reply = await send(method, path, body);
    return reply.status >= 500 ? { lost: true } : { reply };
  } catch {
    return { lost: true };
  }
};

/** Ask until there is an answer that is neither a fault nor a request to wait. Only for what may be done twice. */
const ask = async (send: Send, method: string, path: string, body?: unknown): Promise<Reply> => {
  for (let left = TRIES; left > 0; left -= 1) {
    const fate = await once(send, method, path, body);
    if ('reply' in fate && fate.reply.status !== 429 && fate.reply.status !== 401) return fate.reply;
    await pause(PAUSE_MS);
  }
  throw new Error(`${method} ${path} does not answer`);
};

/** Write until it is certain: a refusal to wait is waited for, a lost answer is looked up by `done`. */
const writeSurely = async <T>(
  send: () => Promise<Fate>,
  answer: (reply: Reply) => T,
  done: () => Promise<T | undefined>,
): Promise<T> => {
  for (let left = TRIES; left > 0; left -= 1) {
    const fate = await send();
    if ('reply' in fate && fate.reply.status !== 429 && fate.reply.status !== 401) return answer(fate.reply);
    const found = 'lost' in fate ? await done() : undefined;
    if (found !== undefined) return found;
    await pause(PAUSE_MS);
  }
  throw new Error('a write does not come through');
};

/** Does the record say all of these values already? */
const says = (record: Doc | undefined, values: Doc): boolean =>
  record !== undefined &&
  Object.entries(values).every(([key, value]) => {
    const now = record[key];
    if (Array.isArray(value))
      return Array.isArray(now) && value.every((item: Doc) => now.some((one: Doc) => says(one, item)));
    return typeof value === 'object' && value !== null && 'toJSON' in value === false
      ? says(now as Doc, value as Doc)
      : String(now) === String(value);
  });

const refused = (what: unknown): Error => new Error(`people were refused: ${JSON.stringify(what)}`);

const [CLIENT, SECRET] = ['people', 'people-secret'];

/** The CRM as its people use it, for one kind of record. */
export const crmDesk = (url: string, kind = 'account'): Desk => {
  const address = `/v1/${kind}s`;
  let headers: Record<string, string> | undefined;
  const send: Send = async (method, path, body) => {
    headers ??= await bearer(url, CLIENT, SECRET);
    const guard = body !== undefined && method === 'PATCH' ? (body as { guard: string; values: Doc }) : undefined;
    const reply = await call(method, `${url}${path}`, {
      headers: guard === undefined ? headers : { ...headers, 'if-match': guard.guard },
      ...(body === undefined ? {} : { body: guard?.values ?? body }),
    });
    if (reply.status === 401) headers = undefined;
    return reply;
  };
  const read = async (id: string): Promise<Doc | undefined> => {
    const reply = await ask(send, 'GET', `${address}/${id}`);
    return reply.status === 200 ? docOf(reply) : undefined;
  };
  const list = async (): Promise<readonly Doc[]> => {
    const all: Doc[] = [];
    for (let cursor = ''; ; ) {
      const page = docOf(await ask(send, 'GET', `${address}?limit=500${cursor}`));
      all.push(...listOf(page, 'items'));
      if (typeof page['next_cursor'] !== 'string') return all;
      cursor = `&cursor=${page['next_cursor']}`;
    }
  };
  const write: Desk['write'] = (record, values) =>
    writeSurely(
      () => once(send, 'PATCH', `${address}/${String(record['id'])}`, { guard: `"${String(record['etag'])}"`, values }),
      (reply) => {
        if (reply.status === 200) return true;
        if (reply.status === 412 || reply.status === 404) return false;
        throw refused(reply.body);
      },
      async () => (says(await read(String(record['id'])), values) ? true : undefined),
    );
  const byMark = async (mark: string): Promise<string | undefined> => {
    const [result] = listOf(
      docOf(await ask(send, 'POST', `${address}/batch/read`, { external_ids: [mark] })),
      'results',
    );
    return result?.['status'] === 200 ? String((result['record'] as Doc)['id']) : undefined;
  };
  const create: Desk['create'] = (values, mark) =>
    writeSurely(
      () => once(send, 'POST', address, { ...values, external_id: mark }),
      (reply) => {
        if (reply.status !== 201) throw refused(reply.body);
        return String(docOf(reply)['id']);
      },
      () => byMark(mark),
    );
  return { list, read, write, create };
};

/** The ERP as its people use it, for one kind of record. */
export const erpDesk = (url: string, kind = 'partner'): Desk => {
  const address = `/api/${kind}s`;
  const headers = basic(CLIENT, SECRET);
  const send: Send = (method, path, body) =>
    call(method, `${url}${path}`, { headers, ...(body === undefined ? {} : { body }) });
  const results = (reply: Reply): Doc => {
    if (reply.status !== 200) throw refused(reply.body);
    return listOf(docOf(reply), 'results')[0] ?? {};
  };
  const read = async (id: string): Promise<Doc | undefined> => {
    const found = results(await ask(send, 'POST', `${address}/read`, { numbers: [id] }));
    return found['ok'] === true ? (found[kind] as Doc) : undefined;
  };
  const list = async (): Promise<readonly Doc[]> => {
    const all: Doc[] = [];
    for (let after = ''; ; ) {
      const page = docOf(await ask(send, 'GET', `${address}?page_size=500&after=${after}`));
      all.push(...listOf(page, `${kind}s`));
      if (typeof page['after'] !== 'string') return all;
      after = page['after'];
    }
  };
  const write: Desk['write'] = ({ number = null, row_version = null }, values) =>
    writeSurely(
      () => once(send, 'POST', `${address}/update`, { items: [{ number, row_version, [kind]: values }] }),
      (reply) => {
        const result = results(reply);
        if (result['ok'] === true) return true;
        if (result['code'] === 'STALE' || result['code'] === 'NOT_FOUND') return false;
        throw refused(result);
      },
      async () => (says(await read(String(number)), values) ? true : undefined),
    );
  const byMark = async (mark: string): Promise<string | undefined> => {
    const [found] = listOf(results(await ask(send, 'POST', `${address}/read`, { references: [mark] })), `${kind}s`);
    return found === undefined ? undefined : String(found['number']);
  };
  const create: Desk['create'] = (values, mark) =>
    writeSurely(
      () => once(send, 'POST', `${address}/create`, { items: [{ reference: mark, [kind]: values }] }),
      (reply) => {
        const result = results(reply);
        if (result['ok'] !== true) throw refused(result);
        return String(result['number']);
      },
      () => byMark(mark),
    );
  return { list, read, write, create };
};
