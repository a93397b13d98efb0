/** The engine `odata`: any service that speaks OData V2 or V4, described by a connector.yaml. */
import { callError, createSentence, createSort, type Sort } from '../engine/errors.ts';
import { withoutTwins } from '../engine/pages.ts';
import { type Engine, type EngineInput, invalidPreset, readSettings, resolved } from '../engine/preset.ts';
import { readCorrected } from '../engine/read-preset.ts';
import { createSecrets } from '../engine/secrets.ts';
import { headerTemplate, textTemplate, type Values } from '../engine/template.ts';
import { assemble } from '../rest/assemble.ts';
import { credentialsOf } from '../rest/index.ts';
import type { World } from '../rest/request.ts';
import { isZone } from '../rest/time.ts';
import { createHttp, type Http } from '../sdk/http.ts';
import type { Connector } from '../sdk/seam.ts';
import { createODataDoor } from './door.ts';
import { entitiesOf } from './entity.ts';
import { presetProblems } from './lint.ts';
import { createOperations } from './operations.ts';
import { written } from './query.ts';
import { signalOf } from './refusal.ts';
import { commonQuery, createCompile } from './requests.ts';
import { ODataPreset } from './schema.ts';
import { withCsrf } from './session.ts';
import { asAssembled } from './translate.ts';

type Secrets = ReturnType<typeof createSecrets>;

const openDoor = (input: EngineInput, preset: ODataPreset, values: Values, baseUrl: string, secrets: Secrets): Http => {
  const { settings } = input;
  const credentials = credentialsOf(preset.auth, values, secrets.learn);
  return createHttp({
    baseUrl,
    allow: settings.allow,
    mode: input.mode,
    concurrency: settings.concurrency,
    limits: {
      totalMs: settings.callMs,
      ...(preset.limits.first_byte_ms === undefined ? {} : { firstByteMs: preset.limits.first_byte_ms }),
      ...(preset.limits.reply_bytes === undefined ? {} : { maxBytes: preset.limits.reply_bytes }),
    },
    ...(credentials === undefined ? {} : { credentials }),
    ...(input.resolve === undefined ? {} : { resolve: input.resolve }),
  });
};

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
  const plain = openDoor(input, preset, values, baseUrl, secrets);
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

const connect = (input: EngineInput): Connector => {
  const read = readCorrected(input, ODataPreset, presetProblems);
  const opened = open(input, read);
  const preset = zoned(read, input, opened.values);
  return withoutTwins(assemble(asAssembled(preset), createWorld({ ...opened, preset }), input));
};

/** OData V2 and V4, by configuration alone. */
export const odata: Engine = { name: 'odata', schema: ODataPreset, connect };
