/** Presets and connections of the sandbox for tests. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createConnector } from '../../connectors/index.ts';
import type { Connector } from '../../connectors/sdk/seam.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import type { Json } from '../../src/domain/json.ts';
import { aConnection } from './fake-http.ts';

/** A shipped connector.yaml, parsed. */
export const presetOf = (name: string): Json =>
  parse(readFileSync(join(import.meta.dirname, '../../connectors', name, 'connector.yaml'), 'utf8')) as Json;

/** A connection made with a shipped preset, in local mode. */
export const connectTo = (connector: string, url: string, over: Partial<ConnectionSettings>): Connector =>
  createConnector({
    settings: aConnection(url, { name: connector, connector, ...over }),
    preset: presetOf(connector),
    mode: 'local',
    secret: (reference) => reference,
  });
