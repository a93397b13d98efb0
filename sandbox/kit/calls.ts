/** Plain calls to a sandbox system, for those who test it: people, checker and tests. */
import { type Doc, isDoc, parse, text, type Value } from './json.ts';

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly body: Value;
  readonly headers: Headers;
}

/** One request; the body goes and comes as JSON with every digit. Rejects when the connection breaks. */
export const call = async (
  method: string,
  url: string,
  options: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Promise<Reply> => {
  const response = await fetch(url, {
    method,
    headers: { ...(options.body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(options.body === undefined ? {} : { body: text(options.body) }),
  });
  const answer = await response.text();
  return { status: response.status, body: answer === '' ? null : parse(answer), headers: response.headers };
};

/** The body as an object; `{}` when it is none. */
export const docOf = (reply: Reply): Doc => (isDoc(reply.body) ? reply.body : {});

/** The list under this key; empty when there is none. */
export const listOf = (doc: Doc, key: string): readonly Doc[] => {
  const list = doc[key];
  return Array.isArray(list) ? (list as readonly Value[]).filter(isDoc) : [];
};

/** Headers of the ERP's users. */
export const basic = (user: string, secret: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`,
});

/** A fresh token of the CRM as headers. */
export const bearer = async (crmUrl: string, client: string, secret: string): Promise<Record<string, string>> => {
  const response = await fetch(`${crmUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client, client_secret: secret }),
  });
  const body = parse(await response.text());
  if (!response.ok || !isDoc(body)) throw new Error(`the CRM gave no token: ${response.status}`);
  return { authorization: `Bearer ${String(body['access_token'])}` };
};
