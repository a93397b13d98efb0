/** Webhooks of a connection, by its preset alone. Apart from the engines, whose protocols and drivers intake does not need. */
import { z } from 'zod';
import type { ConnectionSettings } from '../src/config/port.ts';
import { isObject, type Json } from '../src/domain/json.ts';
import { createInbound } from './engine/inbound.ts';
import { parsePreset, presetFile, readSettings, SettingDeclarations } from './engine/preset.ts';
import { Webhook } from './engine/webhook.ts';
import type { Mode } from './sdk/address.ts';
import type { Inbound } from './sdk/seam.ts';

// The rest of the file is its engine's business.
const Part = z.object({ settings: SettingDeclarations.prefault({}), webhook: Webhook });

/** The reader of a connection's webhooks; undefined where its system sends none, or no secret is set. */
export const inboundOf = (input: {
  readonly settings: ConnectionSettings;
  readonly preset: Json;
  readonly mode: Mode;
  readonly secret: (reference: string) => string;
}): Inbound | undefined => {
  const { settings, preset, mode, secret } = input;
  if (!isObject(preset) || preset['webhook'] === undefined) return undefined;
  const part = parsePreset(Part, preset, presetFile(settings));
  const used = [...part.webhook.secrets.matchAll(/\{settings\.(\w+)/g)].map(([, name = '']) => name);
  const signed = part.webhook.scheme === 'hmac' ? [...part.webhook.signs.matchAll(/\{settings\.(\w+)/g)] : [];
  const names = new Set([...used, ...signed.map(([, name = '']) => name)]);
  // Only what webhooks need: the others may stand where this process does not reach.
  const only = <T>(all: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name)));
  const given = readSettings(only(part.settings), {
    settings: { ...settings, settings: only(settings.settings) },
    mode,
    secret,
  });
  return createInbound(part.webhook, given);
};
