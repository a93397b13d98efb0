/** The one outbound door, opened as a preset and its connection say. */
import type { EngineInput } from '../engine/preset.ts';
import { textTemplate, type Values } from '../engine/template.ts';
import { apiKey, basic, bearer, clientCredentials } from '../sdk/credentials.ts';
import { createHttp, type Http, type HttpSettings } from '../sdk/http.ts';
import type { Auth } from './auth.ts';
import type { RestPreset } from './schema.ts';

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

/** HTTP to the connection's system, at `baseUrl`. `learn` is told what must never be shown, such as a token. */
export const openDoor = (
  input: EngineInput,
  { auth, limits }: Pick<RestPreset, 'auth' | 'limits'>,
  values: Values,
  baseUrl: string,
  learn: (secret: string) => void,
): Http => {
  const { settings } = input;
  const credentials = credentialsOf(auth, values, learn);
  return createHttp({
    baseUrl,
    allow: settings.allow,
    mode: input.mode,
    concurrency: settings.concurrency,
    limits: {
      totalMs: settings.callMs,
      ...(limits.first_byte_ms === undefined ? {} : { firstByteMs: limits.first_byte_ms }),
      ...(limits.reply_bytes === undefined ? {} : { maxBytes: limits.reply_bytes }),
    },
    ...(credentials === undefined ? {} : { credentials }),
    ...(input.resolve === undefined ? {} : { resolve: input.resolve }),
  });
};
