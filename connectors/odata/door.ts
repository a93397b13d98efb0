/**
 * OData through the one outbound door. What comes back is an ordinary reply with JSON in it, the same for both versions: so
 * lists, reads and writes are what they are everywhere.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { pieces } from '../engine/pool.ts';
import type { Http, HttpReply, HttpRequest } from '../sdk/http.ts';
import type { Call } from '../sdk/seam.ts';
import { createBatches } from './batch.ts';
import { type Entity, toBody } from './entity.ts';
import { createOperations, type Known, type Operation, textOf } from './operations.ts';
import { idsFilter, shapeOf, written } from './query.ts';
import type { Ask, Asking, Item } from './requests.ts';
import { createOutcomes } from './results.ts';
import type { ODataPreset } from './schema.ts';

type Headers = Readonly<Record<string, string>>;

/** Headers that say which version is spoken, and that no digit may be lost. */
export const spoken = ({ version, batch }: ODataPreset): Headers =>
  version === 'v2'
    ? { accept: 'application/json', dataserviceversion: '2.0', maxdataserviceversion: '2.0' }
    : {
        accept: 'application/json;odata.metadata=minimal;IEEE754Compatible=true',
        'odata-maxversion': batch?.kind === 'json' ? '4.01' : '4.0',
      };

/** The type of a body that is written. */
export const bodyType = ({ version }: ODataPreset): string =>
  version === 'v2' ? 'application/json' : 'application/json;IEEE754Compatible=true';

/** A reply like the one that came, with this in it. */
const answered = (from: Pick<HttpReply, 'headers'>, status: number, body: Json): HttpReply => ({
  status,
  headers: from.headers,
  get text() {
    return stringifyJson(body);
  },
  json: () => body,
});

const own = (value: Json | undefined, name: string): Json | undefined =>
  value !== undefined && isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** The rows of a list and the link to its next page, wherever the version puts them. */
const rowsIn = (body: Json): { readonly rows: Json | undefined; readonly next: Json | undefined } => {
  const d = own(body, 'd');
  if (d !== undefined) return { rows: Array.isArray(d) ? d : own(d, 'results'), next: own(d, '__next') };
  return { rows: own(body, 'value'), next: own(body, '@odata.nextLink') ?? own(body, '@nextLink') };
};

/** The entity alone, without V2's wrapping. */
export const entityIn = (body: Json): Json => own(body, 'd') ?? body;

/**
 * A link of a reply as an address of ours: services behind a gateway name their own host, and relative ones begin at the
 * service's root. What leads out of our address stays as it is, and the door refuses it.
 */
export const relinked = (link: string, baseUrl: string, set: string): string => {
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const root = new URL(set.slice(0, set.lastIndexOf('/') + 1), base);
  const url = URL.parse(link, root.href);
  if (url === null) return link;
  return url.pathname.startsWith(base.pathname) ? `${base.origin}${url.pathname}${url.search}` : url.href;
};

const succeeded = ({ status }: HttpReply): boolean => status >= 200 && status < 300;
const KNOWN_AT_ONCE = 20;

/** What a door is made of. */
export interface DoorParts {
  readonly http: Http;
  readonly preset: ODataPreset;
  readonly baseUrl: string;
  readonly headers: Headers;
  /** Parameters of every request. */
  readonly common: Readonly<Record<string, string | undefined>>;
}

const sentAs = (operation: Operation): { readonly method: HttpRequest['method']; readonly headers: Headers } =>
  // A tunnel that every V2 service knows; many proxies let no MERGE pass.
  operation.method === 'MERGE'
    ? { method: 'POST', headers: { ...operation.headers, 'x-http-method': 'MERGE' } }
    : { method: operation.method, headers: operation.headers };

/** A door that questions go through, over the one that bytes go through. */
export const createODataDoor = ({ http, preset, baseUrl, headers, common }: DoorParts): Http => {
  const speech = spoken(preset);
  const operationsOf = createOperations(preset);
  const outcomes = createOutcomes();
  const batches = createBatches(preset, outcomes);
  const format = preset.version === 'v2' ? { $format: 'json' } : {};

  const readRows = (ask: Extract<Ask, { kind: 'rows' }>, reply: HttpReply): HttpReply => {
    const { rows, next } = rowsIn(reply.json());
    if (!Array.isArray(rows)) return answered(reply, reply.status, {});
    const link = typeof next === 'string' && next !== '' ? relinked(next, baseUrl, ask.entity.set) : undefined;
    if (ask.whole && link !== undefined)
      throw new SyncError('PROTOCOL_ERROR', 'records asked for by name come in pages; set a smaller `read.max`');
    const bodies = (rows as readonly Json[]).map((row) => toBody(ask.entity, row));
    return answered(reply, reply.status, { rows: bodies, ...(link === undefined ? {} : { next: link }) });
  };

  const readOne = (entity: Entity, reply: HttpReply): HttpReply =>
    reply.status === 204
      ? answered(reply, 404, {})
      : answered(reply, reply.status, toBody(entity, entityIn(reply.json())));

  /** The children that the records of some items have now. */
  const look = async (entity: Entity, items: readonly Item[], call: Call): Promise<ReadonlyMap<string, JsonObject>> => {
    const found = new Map<string, JsonObject>();
    const ids = items.flatMap(({ id }) => (id === undefined ? [] : [id]));
    for (const some of pieces(ids, KNOWN_AT_ONCE)) {
      const query = written({ ...shapeOf(entity), $filter: idsFilter(entity, some), ...format, ...common });
      const asked: HttpRequest = { method: 'GET', path: `/${entity.set}${query}`, intent: 'read' };
      const reply = await http.request({ ...asked, headers: { ...headers, ...speech } }, call);
      if (!succeeded(reply))
        throw new SyncError(
          'TARGET_UNAVAILABLE',
          `the children of ${entity.name} cannot be read before they are written`,
          {
            unsent: true,
            status: reply.status,
          },
        );
      const { rows } = readRows({ kind: 'rows', entity, whole: true }, reply).json() as {
        rows?: readonly JsonObject[];
      };
      for (const row of rows ?? []) found.set(String(row['@id']), row);
    }
    return found;
  };

  /** The requests of every item. Where all children travel along, they were read, and are guarded by what was read. */
  const operate = async (
    ask: Extract<Ask, { kind: 'write' }>,
    call: Call,
  ): Promise<readonly (readonly Operation[])[]> => {
    const { entity, act, items } = ask;
    const names = entity.children.map(({ name }) => name);
    const parents = items.filter(({ data }) => act === 'update' && names.some((name) => data[name] !== undefined));
    const known = parents.length === 0 ? new Map<string, JsonObject>() : await look(entity, parents, call);
    return items.map((item) => {
      const now: Known = known.get(item.id ?? '');
      const seen = now?.['@etag'];
      const version = item.version ?? (typeof seen === 'string' ? seen : undefined);
      return operationsOf(entity, act, version === undefined ? item : { ...item, version }, now);
    });
  };

  const writeOne = async (
    request: HttpRequest,
    ask: Extract<Ask, { kind: 'write' }>,
    operation: Operation,
    call: Call,
  ) => {
    const { method, headers: own } = sentAs(operation);
    const text = textOf(operation);
    const body = text === '' ? {} : { body: { text, type: bodyType(preset) } };
    const path = `/${operation.path}${written(common)}`;
    const { body: _asked, ...rest } = request;
    const sent: HttpRequest = { ...rest, method, path, headers: { ...request.headers, ...speech, ...own }, ...body };
    const reply = await http.request(sent, call);
    const status = outcomes.statusOf(reply.status, operation);
    return succeeded(reply)
      ? answered(reply, status, outcomes.done(ask, reply))
      : { ...reply, text: reply.text, status };
  };

  const write = async (request: HttpRequest, ask: Extract<Ask, { kind: 'write' }>, call: Call): Promise<HttpReply> => {
    const operations = await operate(ask, call);
    const [only] = operations[0] ?? [];
    if (!ask.batched) {
      if (only === undefined) throw new SyncError('INTERNAL', 'a write without a request');
      return writeOne(request, ask, only, call);
    }
    const { body, headers: own } = batches.sent(operations);
    const path = `${preset.batch?.path ?? '/$batch'}${written(common)}`;
    const sent = { ...request, path, body, headers: { ...request.headers, ...speech, ...own } };
    const reply = await http.request(sent, call);
    return succeeded(reply) ? answered(reply, reply.status, batches.read(ask, operations, reply)) : reply;
  };

  const request = async (asked: HttpRequest & Asking, call: Call): Promise<HttpReply> => {
    const { ask, ...plain } = asked;
    if (ask?.kind === 'nobody') return answered({ headers: {} }, 404, {});
    if (ask?.kind === 'write') return write(plain, ask, call);
    const reply = await http.request({ ...plain, headers: { ...speech, ...plain.headers } }, call);
    // The check's reply says nothing about anybody, whatever it is written in.
    if (ask === undefined) return succeeded(reply) ? answered(reply, reply.status, {}) : reply;
    if (!succeeded(reply)) return reply;
    return ask.kind === 'rows' ? readRows(ask, reply) : readOne(ask.entity, reply);
  };
  return { request, close: () => http.close() };
};
