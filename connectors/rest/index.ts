/** The engine `rest`: any system with JSON over HTTP, described by a connector.yaml. */
import { type Json, sameJson } from '../../src/domain/json.ts';
import { parsePath } from '../../src/mapping/path.ts';
import { createSentence, createSort } from '../engine/errors.ts';
import { type Engine, type EngineInput, invalidPreset, readSettings, resolved } from '../engine/preset.ts';
import { readCorrected } from '../engine/read-preset.ts';
import { createSecrets } from '../engine/secrets.ts';
import { headerTemplate, textTemplate, type Values } from '../engine/template.ts';
import type { Connector } from '../sdk/seam.ts';
import { assemble } from './assemble.ts';
import { presetProblems } from './lint.ts';
import { openDoor } from './open.ts';
import { compilePath, type World } from './request.ts';
import { type RecordType, RestPreset } from './schema.ts';
import { isZone } from './time.ts';

const saying = ({ path, is }: NonNullable<RestPreset['success']>): ((body: Json) => boolean) => {
  const read = compilePath(path);
  return (body) => is.some((value) => sameJson(read(body), value as Json));
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
  const headers = Object.entries(preset.headers ?? {}).map(
    ([name, text]) => [name, headerTemplate(text)(values) ?? ''] as const,
  );
  const http = openDoor(input, preset, values, baseUrl, secrets.learn);
  return {
    http,
    sort: createSort(preset.errors, createSentence(secrets.all)),
    refusal: preset.refusal,
    ...(preset.success === undefined ? {} : { saysSuccess: saying(preset.success) }),
    retryAfterHeader: preset.retry_after.toLowerCase(),
    headers: Object.fromEntries(headers),
    values,
    concurrency: settings.concurrency,
    requestBytes: preset.limits.request_bytes,
    baseUrl,
  };
};

/** The place of our key, where a setting of the connection is part of it. */
const referenceOf = (template: string, values: Values): string | undefined => {
  const path = textTemplate(template)(values);
  return path === undefined || parsePath(path) === undefined ? undefined : path;
};

/** The preset with what settings of the connection say inside its record types: zones of times, and the place of our key. */
const settled = (preset: RestPreset, { settings: { name } }: EngineInput, values: Values): RestPreset => {
  const wrong = (text: string, found: string, remedy: string): never => {
    const place = `connections.${name}.settings.${/settings\.(\w+)/.exec(text)?.[1] ?? ''}`;
    throw invalidPreset('tallystick.yaml', [`${place}: "${found}" ${remedy}`]);
  };
  const records = Object.entries(preset.records).map(([record, type]): [string, RecordType] => {
    const zone = textTemplate(type.zone)(values) ?? '';
    if (!isZone(zone)) wrong(type.zone, zone, 'is not a time zone; write one as in Europe/Berlin');
    if (type.reference === undefined) return [record, { ...type, zone }];
    const reference = referenceOf(type.reference, values) ?? wrong(type.reference, '', 'is no name of a field');
    return [record, { ...type, zone, reference }];
  });
  return { ...preset, records: Object.fromEntries(records) };
};

const connect = (input: EngineInput): Connector => {
  const preset = readCorrected(input, RestPreset, presetProblems);
  const world = createWorld(input, preset);
  return assemble(settled(preset, input, world.values), world, input);
};

/** REST with JSON bodies, by configuration alone. */
export const rest: Engine = { name: 'rest', schema: RestPreset, connect };
