/** A plain client of Tryton's own API for those who test: no product code, one request after the other, errors as they come. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Signed {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** What Tryton answered instead of a result: its name for the error and its own sentence. */
export class Refused extends Error {
  readonly kind: string;
  /** Of a warning: its own name, by which a person says that it was read. */
  readonly about: string;
  constructor(kind: string, message: string, about = '') {
    super(message);
    this.kind = kind;
    this.about = about;
  }
}

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };
export type Row = { readonly [key: string]: Value } & { readonly id: number };

export interface Api {
  /** `call('party.party', 'write', [[1], {name: 'x'}])`: the user's context is added at the end. */
  call(
    model: string,
    method: string,
    args: readonly Value[],
    context?: { readonly [key: string]: Value },
  ): Promise<Value>;
  /** Fills in a wizard's windows and presses one of its buttons. */
  wizard(
    name: string,
    windows: { readonly [window: string]: Value },
    button: string,
    context?: { readonly [key: string]: Value },
  ): Promise<void>;
  /** All rows, page by page in the order of their ids, inactive ones only when the domain names `active`. */
  all(model: string, domain: readonly Value[], fields: readonly string[]): Promise<readonly Row[]>;
}

const PAGE = 200;
const DROPPED = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET']);

/** Signs in and answers an API that signs in again when its session has ended. */
export const signIn = async ({ url, database, user, password }: Signed): Promise<Api> => {
  let header = '';
  let context: { readonly [key: string]: Value } = {};
  const post = async (method: string, params: readonly Value[]): Promise<Response> =>
    fetch(`${url}/${database}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(header === '' ? {} : { authorization: header }) },
      body: JSON.stringify({ id: 1, method, params }),
    });
  const read = async (reply: Response): Promise<Value> => {
    if (reply.status !== 200) throw new Refused(`HTTP ${reply.status}`, (await reply.text()).slice(0, 300));
    const body = (await reply.json()) as { result?: Value; error?: [string, [string, string]] };
    if (body.error) {
      const words = [body.error[1]].flat().map(String);
      throw new Refused(String(body.error[0]), words.filter(Boolean).join(' '), words[0]);
    }
    return body.result ?? null;
  };
  const login = async (): Promise<void> => {
    header = '';
    const [id, session] = (await read(await post('common.db.login', [user, { password }]))) as [number, string];
    header = `Session ${Buffer.from(`${user}:${id}:${session}`).toString('base64')}`;
    context = (await read(await post('model.res.user.get_preferences', [true, {}]))) as typeof context;
  };
  const ask = async (method: string, args: readonly Value[], more: typeof context = {}): Promise<Value> => {
    const send = () => post(method, [...args, { ...context, ...more }]);
    let reply = await send();
    if (reply.status === 401) {
      await login();
      reply = await send();
    }
    return read(reply);
  };
  const call: Api['call'] = (model, method, args, more) => ask(`model.${model}.${method}`, args, more);
  await login();
  return {
    call,
    wizard: async (name, windows, button, more) => {
      const [session] = (await ask(`wizard.${name}.create`, [])) as readonly number[];
      try {
        await ask(`wizard.${name}.execute`, [session ?? 0, windows, button], more);
      } finally {
        await ask(`wizard.${name}.delete`, [session ?? 0]);
      }
    },
    all: async (model, domain, fields) => {
      const rows: Row[] = [];
      for (let after = 0; ; after = rows.at(-1)?.id ?? 0) {
        const page = await call(model, 'search_read', [
          ['AND', domain, [['id', '>', after]]],
          0,
          PAGE,
          [['id', 'ASC']],
          fields,
        ]);
        rows.push(...(page as unknown as Row[]));
        if ((page as readonly Value[]).length < PAGE) return rows;
      }
    },
  };
};

/** Signs in to a Tryton that is just starting; gives up after `ms`. */
export const signInSoon = async (signed: Signed, ms: number): Promise<Api> => {
  const until = Date.now() + ms;
  for (;;) {
    try {
      return await signIn(signed);
    } catch (error) {
      const code = String((error as { cause?: { code?: string } }).cause?.code ?? '');
      if (!DROPPED.has(code) || Date.now() > until) throw error;
      await pause(100);
    }
  }
};
