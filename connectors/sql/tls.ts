/** How a connection is encrypted: always and verified, unless it may be plain and says so. */
import { BlockList, isIP } from 'node:net';
import { type EngineInput, invalidPreset, presetFile } from '../engine/preset.ts';
import { readAllowList } from '../sdk/address.ts';
import type { Place } from './address.ts';
import type { Tls } from './dialect.ts';
import type { SqlPreset } from './schema.ts';

const PLAIN =
  'outside local mode an unencrypted connection may only go to a private address whose network is under `allow`';

/** True for an address, written as one, in a network that the connection lists. */
const isListed = (host: string, allow: readonly string[]): boolean => {
  const networks = new BlockList();
  for (const cidr of readAllowList(allow).cidrs) {
    const [network = '', bits] = cidr.split('/');
    networks.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  const family = isIP(host);
  return family !== 0 && networks.check(host, family === 6 ? 'ipv6' : 'ipv4');
};

/** What TLS is spoken with; undefined for a plain connection. CONFIG_INVALID where it may not be one. */
export const tlsOf = (
  { tls }: SqlPreset,
  text: (template: string) => string,
  place: Place,
  input: EngineInput,
): Tls | undefined => {
  const mode = text(tls.mode);
  const file = presetFile(input.settings);
  if (mode !== 'verify' && mode !== 'plain')
    throw invalidPreset(file, [`${file}: "tls.mode": "${mode}" is not known; write verify or plain`]);
  if (mode === 'verify') {
    const given = Object.entries({ ca: tls.ca, cert: tls.cert, key: tls.key });
    return Object.fromEntries(
      given.flatMap(([name, template]) => (template === undefined ? [] : [[name, text(template)]])),
    );
  }
  if (input.mode !== 'local' && !isListed(place.host, input.settings.allow))
    throw invalidPreset(file, [`${file}: "tls.mode": ${PLAIN}`]);
  return undefined;
};
