/** Who may send webhooks, by the configuration in force. Secrets are looked up for each message and never kept. */
import { inboundOf } from '../../connectors/inbound.ts';
import { createSecrets } from '../config/secrets.ts';
import type { Compilation, ServerDeps } from './deps.ts';

/** Finds the reader of a connection's webhooks; undefined for one that is unknown, has no webhooks or no secret for them. */
export const followInbound = (
  compilation: () => Compilation,
  mode: 'local' | 'production',
  env: Readonly<Record<string, string | undefined>>,
): ServerDeps['inbound'] => {
  const secret = createSecrets(env);
  return (name) => {
    const { configuration } = compilation();
    const settings = configuration?.connections.find((each) => each.name === name);
    if (configuration === undefined || settings === undefined) return undefined;
    return inboundOf({ settings, preset: configuration.presets[settings.connector] ?? null, mode, secret });
  };
};
