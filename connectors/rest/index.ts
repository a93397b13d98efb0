/** The engine `rest`: any system with JSON over HTTP, described by a connector.yaml. */
import { createSentence, createSort } from '../engine/errors.ts';
import { type Engine, type EngineInput, invalidPreset, readSettings, resolved } from '../engine/preset.ts';
import { readCorrected } from '../engine/read-preset.ts';
import { createSecrets } from '../engine/secrets.ts';
import { headerTemplate, textTemplate, type Values } from '../engine/template.ts';
import { apiKey, basic, bearer, clientCredentials } from '../sdk/credentials.ts';
import { createHttp, type HttpSettings } from '../sdk/http.ts';
import type { Connector } from '../sdk/seam.ts';
import { assemble } from './assemble.ts';
import { presetProblems } from './lint.ts';
import type { World } from './request.ts';
import { type Auth, type RecordType, RestPreset } from './schema.ts';
import { isZone } from './time.ts';

/** How the connection proves who it is. Undefined where the system asks for nothing. */
export const credentialsOf = (
  auth: Auth,
  values: Values,
  learn: (secret: string) => void,
): HttpSettings['credentials'] => {
  const text = (template: string): string => textTemplate(template)(values) ?? '';
  switch (auth.kind) {
    case 'none':
      return undefined;
    case 'basic':
      return basic(text(auth.user), text(auth.password));
    case 'bearer':
      return bearer(text(auth.token));
    case 'api_key':
      return apiKey(auth.header, text(auth.key));
    case 'oauth2_client_credentials':
      return clientCredentials({
        tokenPath: text(auth.token_path),
        clientId: text(auth.client_id),
        clientSecret: text(auth.client_secret),
        ...(auth.scope === undefined ? {} : { scope: text(auth.scope) }),
        send: auth.send,
        learn,
      });
    default:
      return auth satisfies never;
  }
};

const createWorld = (input: EngineInput, preset: RestPreset): World => {
  const { settings } = input;
  const given = readSettings(preset.settings, input);
  const values = { settings: given };
  const secrets = createSecrets(
    Object.entries(given)
      .filter(([name]) => preset.settings[name]?.secret === true)
      .map(([, value]) => value),
  );
  const baseUrl = resolved(settings.url, input.secret);
  const credentials = credentialsOf(preset.auth, values, secrets.learn);
  const headers = Object.entries(preset.headers ?? {}).map(
    ([name, text]) => [name, headerTemplate(text)(values) ?? ''] as const,
  );
  const http = createHttp({
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
  return {
    http,
    sort: createSort(preset.errors, createSentence(secrets.all)),
    refusal: preset.refusal,
    retryAfterHeader: preset.retry_after.toLowerCase(),
    headers: Object.fromEntries(headers),
    values,
    concurrency: settings.concurrency,
    requestBytes: preset.limits.request_bytes,
    baseUrl,
  };
};

/** The preset with the zones of its times, where settings of the connection say them. */
const zoned = (preset: RestPreset, { settings: { name } }: EngineInput, values: Values): RestPreset => {
  const records = Object.entries(preset.records).map(([record, type]): [string, RecordType] => {
    const zone = textTemplate(type.zone)(values) ?? '';
    if (isZone(zone)) return [record, { ...type, zone }];
    const place = `connections.${name}.settings.${/settings\.(\w+)/.exec(type.zone)?.[1] ?? ''}`;
    throw invalidPreset('tallystick.yaml', [`${place}: "${zone}" is not a time zone; write one as in Europe/Berlin`]);
  });
  return { ...preset, records: Object.fromEntries(records) };
};

const connect = (input: EngineInput): Connector => {
  const preset = readCorrected(input, RestPreset, presetProblems);
  const world = createWorld(input, preset);
  return assemble(zoned(preset, input, world.values), world, input);
};

/** REST with JSON bodies, by configuration alone. */
export const rest: Engine = { name: 'rest', schema: RestPreset, connect };
