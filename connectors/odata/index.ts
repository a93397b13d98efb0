/** The engine `odata`: any service that speaks OData V2 or V4, described by a connector.yaml. */
import { callError, createSentence, createSort, type Sort } from '../engine/errors.ts';
import { withoutTwins } from '../engine/pages.ts';
import { type Engine, type EngineInput, invalidPreset, readSettings, resolved } from '../engine/preset.ts';
import { readCorrected } from '../engine/read-preset.ts';
import { createSecrets } from '../engine/secrets.ts';
import { headerTemplate, textTemplate, type Values } from '../engine/template.ts';
import { assemble } from '../rest/assemble.ts';
import { openDoor } from '../rest/open.ts';
import { createAsk, type World } from '../rest/request.ts';
import { createRows } from '../rest/rows.ts';
import { isZone } from '../rest/time.ts';
import type { Http } from '../sdk/http.ts';
import type { Call, Capabilities, Connector } from '../sdk/seam.ts';
import { createDelta } from './delta.ts';
import { createODataDoor, spoken } from './door.ts';
import { type Entity, entitiesOf } from './entity.ts';
import { presetProblems } from './lint.ts';
import { differences, fieldsOf, type Metadata, readMetadata } from './metadata.ts';
import { createOperations } from './operations.ts';
import { written } from './query.ts';
import { signalOf } from './refusal.ts';
import { commonQuery, createCompile } from './requests.ts';
import { ODataPreset } from './schema.ts';
import { withCsrf } from './session.ts';
import { asAssembled } from './translate.ts';

/** What all parts of one connection share. */
interface Opened {
  readonly input: EngineInput;
  readonly preset: ODataPreset;
  readonly values: Values;
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sort: Sort;
  readonly http: Http;
}

const open = (input: EngineInput, preset: ODataPreset): Opened => {
  const given = readSettings(preset.settings, input);
  const values = { settings: given };
  const secrets = createSecrets(
    Object.entries(given).flatMap(([name, value]) => (preset.settings[name]?.secret === true ? [value] : [])),
  );
  const baseUrl = resolved(input.settings.url, input.secret).replace(/\/$/, '');
  const headers = Object.fromEntries(
    Object.entries(preset.headers ?? {}).map(([name, text]) => [name, headerTemplate(text)(values) ?? '']),
  );
  const sort = createSort(preset.errors, createSentence(secrets.all));
  const plain = openDoor(input, preset, values, baseUrl, secrets.learn);
  const { csrf } = preset;
  const http =
    csrf === undefined
      ? plain
      : withCsrf(plain, {
          csrf,
          headers,
          path: `${csrf.path}${written(commonQuery(preset, values))}`,
          learn: secrets.learn,
          refused: (reply) => callError('the request of a CSRF token', sort(signalOf(reply), 'batch'), reply.status),
        });
  return { input, preset, values, baseUrl, headers, sort, http };
};

const createWorld = ({ input, preset, values, baseUrl, headers, sort, http }: Opened): World => {
  const operationsOf = createOperations(preset);
  return {
    http: createODataDoor({ http, preset, baseUrl, headers, common: commonQuery(preset, values) }),
    sort,
    refusal: { code: 'code', message: 'message', fields: ['fields'] },
    retryAfterHeader: preset.retry_after.toLowerCase(),
    headers: {},
    values,
    concurrency: input.settings.concurrency,
    requestBytes: preset.limits.request_bytes,
    baseUrl,
    compile: createCompile({
      preset,
      entities: entitiesOf(preset),
      values,
      headers,
      test: (entity, act, item) => void operationsOf(entity, act, item, undefined),
    }),
    readRefusal: (reply) => signalOf(reply, preset.retry_after.toLowerCase()),
  };
};

/** The preset with the zones of its times, where settings of the connection say them. */
const zoned = (preset: ODataPreset, { settings: { name } }: EngineInput, values: Values): ODataPreset => {
  const records = Object.entries(preset.records).map(([record, type]) => {
    const zone = textTemplate(type.zone)(values) ?? '';
    if (isZone(zone)) return [record, { ...type, zone }] as const;
    const place = `connections.${name}.settings.${/settings\.(\w+)/.exec(type.zone)?.[1] ?? ''}`;
    throw invalidPreset('tallystick.yaml', [`${place}: "${zone}" is not a time zone; write one as in Europe/Berlin`]);
  });
  return { ...preset, records: Object.fromEntries(records) };
};

/** What the service says of itself, and where that parts from the preset. */
const createDescriptions = ({ preset, http, headers, values, sort }: Opened) => {
  const common = written(commonQuery(preset, values));
  const read = async ({ set }: Entity, call: Call): Promise<Metadata> => {
    const path = preset.metadata ?? `/${set.slice(0, set.lastIndexOf('/') + 1)}$metadata`;
    const asked = { method: 'GET', path: `${path}${common}`, intent: 'read' } as const;
    const reply = await http.request({ ...asked, headers: { ...headers, accept: 'application/xml' } }, call);
    if (reply.status < 200 || reply.status > 299)
      throw callError('the service’s $metadata', sort(signalOf(reply), 'batch'), reply.status);
    return readMetadata(reply.text);
  };
  const warnings = async (entities: Iterable<Entity>, call: Call): Promise<readonly string[]> => {
    const found: string[] = [];
    const known = new Map<string, Metadata>();
    for (const entity of entities) {
      const service = entity.set.slice(0, entity.set.lastIndexOf('/') + 1);
      const metadata = known.get(service) ?? (await read(entity, call));
      known.set(service, metadata);
      found.push(...differences(entity, metadata));
    }
    return found;
  };
  return { read, warnings };
};

/** Feeds by delta links, by record type. */
const createDeltas = (opened: Opened, world: World, connector: Connector) => {
  const { preset, baseUrl, headers, values } = opened;
  const { records } = asAssembled(preset);
  const feeds = new Map<string, Connector['changes']>();
  for (const [name, entity] of entitiesOf(preset)) {
    const { changes } = entity.type;
    const type = records[name];
    if (changes?.strategy !== 'delta' || type === undefined) continue;
    const feed = createDelta(
      {
        entity,
        rows: createRows(name, type),
        ask: createAsk({ ...world, http: opened.http }),
        baseUrl,
        headers: { ...spoken(preset), ...headers },
        common: commonQuery(preset, values),
        read: (ids, call) => connector.read(name, { ids }, call),
      },
      changes.page_size,
    );
    feeds.set(name, (_record, request, call) => feed(request, call));
  }
  return feeds;
};

const connect = (input: EngineInput): Connector => {
  const read = readCorrected(input, ODataPreset, presetProblems);
  const opening = open(input, read);
  const opened = { ...opening, preset: zoned(read, input, opening.values) };
  const world = createWorld(opened);
  const connector = withoutTwins(assemble(asAssembled(opened.preset), world, input));
  const deltas = createDeltas(opened, world, connector);
  const descriptions = createDescriptions(opened);
  const entities = entitiesOf(opened.preset);
  return {
    ...connector,
    check: async (call) => {
      const found = await connector.check(call);
      return { ...found, warnings: [...found.warnings, ...(await descriptions.warnings(entities.values(), call))] };
    },
    describe: async (name, call) => {
      const entity = entities.get(name);
      if (entity === undefined) return connector.describe(name, call);
      const capabilities = connector.capabilities[name] as Capabilities;
      return { record: name, fields: fieldsOf(entity, await descriptions.read(entity, call)), capabilities };
    },
    changes: (name, request, call) => (deltas.get(name) ?? connector.changes)(name, request, call),
  };
};

/** OData V2 and V4, by configuration alone. */
export const odata: Engine = { name: 'odata', schema: ODataPreset, connect };
