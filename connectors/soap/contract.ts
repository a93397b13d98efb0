/** The stored contract of a connection: read once, held to the hash that was reviewed, compared with the system's own on demand. */
import { posix } from 'node:path';
import { SyncError } from '../../src/domain/errors.ts';
import { type EngineInput, invalidPreset, presetFile } from '../engine/preset.ts';
import type { Http } from '../sdk/http.ts';
import type { Call } from '../sdk/seam.ts';
import { createResolver, fingerprint, readBundle, readManifest } from './bundle.ts';
import { fetchBundle } from './fetch.ts';
import type { SoapPreset } from './schema.ts';
import { type Contract, readContract } from './wsdl.ts';

/** Ways to the stored contract. */
export interface Stored {
  contract(): Promise<Contract>;
  /** How the system's own WSDL differs now from the stored one, in sentences. */
  differences(call: Call): Promise<readonly string[]>;
}

/** Makes them. Nothing is read before the first use. */
export const readStored = (
  { read, settings }: Pick<EngineInput, 'read' | 'settings'>,
  { wsdl }: SoapPreset,
  http: Http,
): Stored => {
  const file = presetFile(settings);
  const place = file.replace('connector.yaml', wsdl.file);
  const fail = (problem: string): SyncError => invalidPreset(place, [`${place}: ${problem}`]);

  const load = async (): Promise<Contract> => {
    const files = await readBundle(wsdl.file, read, fail);
    const hash = fingerprint(files.map(({ root }) => root));
    if (hash !== wsdl.sha256)
      throw invalidPreset(file, [
        `${file}: "wsdl.sha256": the stored files have the hash ${hash}, and not the one that was reviewed; look at what changed, then write the new one there`,
      ]);
    const folder = posix.dirname(wsdl.file);
    const resolve = createResolver(folder, await readManifest(folder, read, fail));
    return readContract(files, resolve, wsdl, fail);
  };
  let loaded: Promise<Contract> | undefined;
  const contract = (): Promise<Contract> => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
  const differences = async (call: Call): Promise<readonly string[]> => {
    if (wsdl.from === undefined) return [];
    try {
      const { files } = await fetchBundle(http, wsdl.from, call);
      const hash = fingerprint(files.map(({ root }) => root));
      if (hash === wsdl.sha256) return [];
      return [
        `the WSDL at ${wsdl.from} is not the stored one any more (its hash is ${hash}): store it again beside ${file}, look at what changed, and write the new hash there`,
      ];
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      return [`the WSDL at ${wsdl.from} cannot be compared with the stored one: ${error.message}`];
    }
  };
  return { contract, differences };
};
