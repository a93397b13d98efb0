/** A real SAP CAP for tests, with a proxy before it that makes trouble on demand. */
import { onTestFinished } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { Connector } from '../../connectors/sdk/seam.ts';
import { type Cap, startCap, USERS } from '../../sandbox/cap/start.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { ConformanceWorld } from './conformance.ts';
import { aConnection } from './fake-http.ts';
import { presetOf } from './preset.ts';
import { startTroubledHttp } from './troubled-http.ts';

/** A password that is not the one. */
export const WRONG = 'another-password';

/** A shipped preset with other words in it. */
export const presetWith = (name: string, over: JsonObject): Json => ({ ...(presetOf(name) as JsonObject), ...over });

/** A connector for CAP. */
export const connectCap = (url: string, preset: Json, password: string = USERS.tally): Connector =>
  createConnector({
    settings: aConnection(url, { connector: 'cap-s4', settings: { user: 'tally', password } }),
    preset,
    mode: 'local',
    secret: (reference) => reference,
  });

/** Only writes have a body, but for batches, which we send for writes alone. */
const writes = (body: string): boolean => body !== '';

/** CAP behind its proxy. `path` is where the service begins. */
export const openCap = async (version: 'v2' | 'v4') => {
  const cap: Cap = await startCap();
  const proxy = await startTroubledHttp(cap.port, writes);
  return {
    url: `${proxy.url}/odata/${version}/s4`,
    strike: proxy.strike,
    close: async (): Promise<void> => {
      await proxy.close();
      await cap.close();
    },
  };
};

/** A preset whose products have no children: then a reply to a write is the whole record. */
export const plainProducts = (preset: Json): Json => {
  const { records, ...rest } = preset as { readonly records: Readonly<Record<string, JsonObject>> };
  const { children: _none, write, capabilities, ...product } = records['Product'] ?? {};
  const { children: _way, ...writes } = write as JsonObject;
  const promised = { ...(capabilities as JsonObject), returns_record: true };
  return { ...rest, records: { ...records, Product: { ...product, write: writes, capabilities: promised } } };
};

/** A world for the laws, of products without their descriptions. */
export const productWorld =
  (version: 'v2' | 'v4', preset: () => Json): (() => Promise<ConformanceWorld>) =>
  async () => {
    const cap = await openCap(version);
    return {
      record: 'Product',
      connect: (who) => connectCap(cap.url, plainProducts(preset()), who === 'impostor' ? WRONG : USERS.tally),
      draft: (name) => ({ ProductType: 'FERT', ProductGroup: name.slice(-9) }),
      change: (name) => ({ ProductGroup: name.slice(-9) }),
      refused: { ProductType: 'FERT', BaseUnit: 'KILOGRAM' },
      decimal: (name, digits) => ({ ProductType: 'FERT', ProductGroup: name.slice(-9), GrossWeight: digits }),
      readDecimal: (body) => body['GrossWeight'],
      empties: () => ({ ProductType: 'FERT', ProductGroup: null, BaseUnit: '' }),
      readEmpties: (body) => [body['ProductGroup'], body['BaseUnit']],
      strike: cap.strike,
      secrets: [USERS.tally, WRONG],
      close: cap.close,
    };
  };

/** CAP for one test; it ends with it. */
export const aCap = async (version: 'v2' | 'v4') => {
  const cap = await openCap(version);
  onTestFinished(cap.close);
  return cap;
};
