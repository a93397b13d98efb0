/** Makes connectors. The only place that knows which engines there are. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionSettings } from '../src/config/port.ts';
import { SyncError } from '../src/domain/errors.ts';
import { isObject, type Json } from '../src/domain/json.ts';
import { type Engine, type EngineInput, presetFile } from './engine/preset.ts';
import { refusingRemovals } from './engine/removals.ts';
import { files } from './files/index.ts';
import { jsonrpc } from './jsonrpc/index.ts';
import { odata } from './odata/index.ts';
import { outbox } from './outbox/index.ts';
import { rest } from './rest/index.ts';
import type { Mode } from './sdk/address.ts';
import type { Connector } from './sdk/seam.ts';
import { soap } from './soap/index.ts';
import { sql } from './sql/index.ts';

/** Every engine, by the word that a preset chooses it with. */
export const ENGINES: Readonly<Record<string, Engine>> = { rest, odata, jsonrpc, files, sql, soap, outbox };

/** The folder of a preset: beside this file for a name, where it says for a path. */
const folderOf = ({ connector }: ConnectionSettings): string =>
  connector.includes('/') ? connector : join(import.meta.dirname, connector);

/** A file of the preset's own folder; undefined when there is none. */
const readIn =
  (folder: string): EngineInput['read'] =>
  async (path) => {
    try {
      return await readFile(join(folder, path), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };

/** What a connector is made of. */
export interface ConnectorInput {
  readonly settings: ConnectionSettings;
  readonly preset: Json;
  readonly mode: Mode;
  readonly secret: (reference: string) => string;
  /** Files of the preset's folder, where they do not stand on this machine. */
  readonly read?: EngineInput['read'];
  readonly resolve?: NonNullable<EngineInput['resolve']>;
  readonly outbox?: NonNullable<EngineInput['outbox']>;
}

const engineOf = ({ preset, settings }: ConnectorInput): Engine => {
  const word = isObject(preset) ? preset['engine'] : undefined;
  const engine = typeof word === 'string' && Object.hasOwn(ENGINES, word) ? ENGINES[word] : undefined;
  if (engine !== undefined) return engine;
  const file = presetFile(settings);
  throw new SyncError('CONFIG_INVALID', `${file}: "engine": must be one of ${Object.keys(ENGINES).join(', ')}`, {
    file,
  });
};

const whole = ({ read, ...rest }: ConnectorInput): EngineInput => ({
  ...rest,
  read: read ?? readIn(folderOf(rest.settings)),
});

/** Makes the connector of a connection. CONFIG_INVALID names file, place and remedy. Nothing is sent before the first call. */
export const createConnector = (input: ConnectorInput): Connector =>
  refusingRemovals(engineOf(input).connect(whole(input)));

/** What is wrong with the files beside a preset that making its connector does not read, such as a stored WSDL. */
export const examineConnector = async (input: ConnectorInput): Promise<readonly string[]> =>
  (await engineOf(input).examine?.(whole(input))) ?? [];
