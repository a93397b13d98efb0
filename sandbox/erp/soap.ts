/**
 * The ERP's SOAP face: the same partners, users and ledgers as its REST face, in document/literal messages. Requests are
 * read by the `soap` package: so what Tallystick writes is read by something else than what Tallystick reads with.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WSDL } from 'soap';
import { Digits, type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import { elementOf, envelopeOf, faultOf } from './xml.ts';

/** Where it is reached. */
export const SOAP_PATH = '/soap/partners';
const FOLDER = join(import.meta.dirname, 'wsdl');
const WRITES = /createPartners|updatePartners|deletePartner/;
const XML = { 'content-type': 'text/xml; charset=utf-8' };

/** A request to the REST face, and how its answer is said in SOAP. */
interface Route {
  readonly ask: (message: Doc) => Pick<Ask, 'method' | 'path'> & { readonly query?: Doc; readonly body?: Doc };
  readonly say: (answer: Doc) => Doc;
}

const onlyGiven = (message: Doc, names: readonly string[]): Doc =>
  Object.fromEntries(names.flatMap((name) => (message[name] === undefined ? [] : [[name, message[name]]])));
const list = (value: Value | undefined): readonly Value[] =>
  Array.isArray(value) ? (value as readonly Value[]) : value === undefined || value === null ? [] : [value];

const page = ({ partners = [], after = null }: Doc): Doc => ({ partner: partners, after });
const answer = (one: Value): Doc => {
  const { partner, partners, ...rest } = isDoc(one) ? one : {};
  return { ...rest, partner: partners ?? list(partner) };
};
const batch = (path: string): Route => ({
  ask: ({ item }) => ({ method: 'POST', path, body: { items: list(item) } }),
  say: ({ results }) => ({ outcome: results ?? [] }),
});

const ROUTES: Readonly<Record<string, Route>> = {
  ping: { ask: () => ({ method: 'GET', path: '/api/ping' }), say: (reply) => reply },
  listPartners: {
    ask: (message) => ({ method: 'GET', path: '/api/partners', query: onlyGiven(message, ['page_size', 'after']) }),
    say: page,
  },
  changedPartners: {
    ask: (message) => ({
      method: 'GET',
      path: '/api/partners/changes',
      query: onlyGiven(message, ['changed_from', 'page_size', 'after']),
    }),
    say: page,
  },
  readPartners: {
    ask: ({ number, reference }) => ({
      method: 'POST',
      path: '/api/partners/read',
      body: reference === undefined ? { numbers: list(number) } : { references: list(reference) },
    }),
    say: ({ results }) => ({ answer: list(results).map(answer) }),
  },
  createPartners: batch('/api/partners/create'),
  updatePartners: batch('/api/partners/update'),
  deletePartner: {
    ask: ({ number }) => ({ method: 'DELETE', path: `/api/partners/${encodeURIComponent(String(number))}` }),
    say: () => ({}),
  },
};

interface Token {
  readonly Username?: unknown;
  readonly Password?: unknown;
  readonly Nonce?: unknown;
  readonly Created?: unknown;
}
interface Envelope {
  readonly Header?: { readonly Security?: { readonly UsernameToken?: Token } | null } | null;
  readonly Body?: Readonly<Record<string, unknown>> | null;
}

const valueIn = (part: unknown): string => {
  const value = typeof part === 'object' && part !== null ? (part as { $value?: unknown }).$value : part;
  return String(value ?? '');
};

/** True for the password itself, or for a digest of it that the token's own nonce and time give (WSS 1.1). */
const proves = ({ Password, Nonce, Created }: Token, password: string): boolean => {
  const type = String((Password as { attributes?: { Type?: unknown } } | undefined)?.attributes?.Type ?? '');
  if (!type.endsWith('#PasswordDigest')) return valueIn(Password) === password;
  const hash = createHash('sha1').update(Buffer.from(valueIn(Nonce), 'base64'));
  return hash.update(valueIn(Created) + password).digest('base64') === valueIn(Password);
};

// Decimals keep their digits; the package would make floats of them.
const exactly = (digits: string): Value => {
  if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(digits)) return digits;
  return String(Number(digits)) === digits ? Number(digits) : new Digits(digits);
};

/** The package's reader, made from the WSDL that is served. */
const openReader = async (): Promise<(xml: string) => Envelope> => {
  const file = join(FOLDER, 'partners.wsdl');
  const options = { handleNilAsNull: true, customDeserializer: { decimal: exactly } };
  const wsdl = new WSDL(readFileSync(file, 'utf8'), file, options);
  await new Promise<void>((done, failed) => wsdl.onReady((error: unknown) => (error ? failed(error) : done())));
  // The package's own list of options forgets these.
  Object.assign(wsdl.options, { preserveWhitespace: true, attributesKey: 'attributes' });
  return (xml) => wsdl.xmlToObject(xml) as Envelope;
};

const refused = (code: string, message: string, family = 'Client'): Answer => ({
  status: 500,
  headers: XML,
  body: envelopeOf(faultOf(family, message, { code, message })),
});

/** The stored files as they are served: the WSDL, and the schema that it imports. */
const served = (query: URLSearchParams): Answer => {
  const name = query.has('wsdl') ? 'partners.wsdl' : query.has('xsd') ? 'partner.xsd' : undefined;
  if (name === undefined)
    return { status: 405, body: text({ code: 'METHOD', message: 'POST a message, or GET ?wsdl' }) };
  const address = `${SOAP_PATH}?xsd`;
  const body = readFileSync(join(FOLDER, name), 'utf8').replace(
    'schemaLocation="partner.xsd"',
    `schemaLocation="${address}"`,
  );
  return { status: 200, headers: XML, body };
};

/** The REST face with the SOAP face beside it. */
export const withSoap = async (rest: Service, users: Readonly<Record<string, string>>): Promise<Service> => {
  const read = await openReader();
  const envelopes = new WeakMap<Ask, Envelope | string>();
  const envelopeIn = (ask: Ask): Envelope | string => {
    const known = envelopes.get(ask);
    if (known !== undefined) return known;
    let found: Envelope | string;
    try {
      found = read(ask.body);
    } catch {
      found = 'the body is no SOAP message';
    }
    envelopes.set(ask, found);
    return found;
  };
  const carryOut = (ask: Ask, actor: string): Answer => {
    if (ask.method === 'GET') return served(ask.query);
    const envelope = envelopeIn(ask);
    if (typeof envelope === 'string') return refused('BAD_MESSAGE', envelope);
    const [name = '', content] = Object.entries(envelope.Body ?? {})[0] ?? [];
    const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined;
    if (route === undefined) return refused('BAD_MESSAGE', `there is no operation ${name}`);
    const wanted = route.ask((content ?? {}) as Doc);
    const query = new URLSearchParams(
      Object.entries(wanted.query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
    );
    const reply = rest.answer({ ...ask, ...wanted, query, body: text(wanted.body ?? {}) }, actor);
    const said = reply.body === undefined ? {} : (parse(reply.body) as Doc);
    if (reply.status >= 400) return refused(String(said['code']), String(said['message']));
    return { ...reply, status: 200, headers: XML, body: envelopeOf(elementOf(`${name}Response`, route.say(said))) };
  };
  const byToken = (ask: Ask): string | undefined => {
    const envelope = ask.method === 'POST' ? envelopeIn(ask) : '';
    const token = typeof envelope === 'string' ? undefined : envelope.Header?.Security?.UsernameToken;
    const user = token === undefined ? '' : valueIn(token.Username);
    const password = Object.hasOwn(users, user) ? users[user] : undefined;
    return token !== undefined && password !== undefined && proves(token, password) ? user : undefined;
  };
  return {
    ...rest,
    actor: (ask) => rest.actor(ask) ?? (ask.path === SOAP_PATH ? byToken(ask) : undefined),
    writes: (method, path, ask) =>
      path === SOAP_PATH ? WRITES.test(ask.headers.soapaction?.toString() ?? ask.body) : rest.writes(method, path, ask),
    failure: (ask) => (ask.path === SOAP_PATH ? refused('INTERNAL', 'something broke', 'Server') : undefined),
    answer: (ask, actor) => (ask.path === SOAP_PATH ? carryOut(ask, actor) : rest.answer(ask, actor)),
  };
};
