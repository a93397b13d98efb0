/**
 * `node connectors/soap/store.ts FOLDER ADDRESS`: stores a system's WSDL with all its parts beside a connector.yaml, and
 * says what changed. `WSDL_USER` and `WSDL_PASSWORD` sign in; `TALLY_MODE=local` may reach this machine.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError } from '../../src/domain/errors.ts';
import { basic } from '../sdk/credentials.ts';
import { createHttp } from '../sdk/http.ts';
import { fingerprint, readBundle } from './bundle.ts';
import { type Fetched, fetchBundle } from './fetch.ts';
import { NS } from './namespaces.ts';
import { attributeOf, childrenOf, type Element } from './xml.ts';

const FOLDER = 'wsdl';

const operationsIn = (roots: readonly Element[]): ReadonlySet<string> =>
  new Set(
    roots
      .flatMap((root) => childrenOf(root, NS.wsdl, 'portType'))
      .flatMap((port) => childrenOf(port, NS.wsdl, 'operation'))
      .map((operation) => attributeOf(operation, 'name') ?? ''),
  );

const textIn = (folder: string) => (path: string) => readFile(join(folder, path), 'utf8').catch(() => undefined);

/** The stored documents, or none where nothing that can be read is stored. */
const storedRoots = async (folder: string): Promise<readonly Element[]> => {
  const [entry] = (await readdir(join(folder, FOLDER)).catch(() => [])).filter((name) => name.endsWith('.wsdl')).sort();
  if (entry === undefined) return [];
  const fail = (problem: string): SyncError => new SyncError('CONFIG_INVALID', problem);
  const files = await readBundle(`${FOLDER}/${entry}`, textIn(folder), fail).catch(() => []);
  return files.map(({ root }) => root);
};

/** What a person should look at before writing the new hash. */
const changes = (before: readonly Element[], after: readonly Element[]): readonly string[] => {
  if (before.length === 0) return ['stored for the first time'];
  if (fingerprint(before) === fingerprint(after)) return ['nothing that matters has changed'];
  const [old, now] = [operationsIn(before), operationsIn(after)];
  const [added, gone] = [[...now].filter((name) => !old.has(name)), [...old].filter((name) => !now.has(name))];
  return [
    ...(added.length === 0 ? [] : [`new operations: ${added.join(', ')}`]),
    ...(gone.length === 0 ? [] : [`operations no longer there: ${gone.join(', ')}`]),
    'see the difference of the files before the new hash is written',
  ];
};

/** Puts what was fetched in the place of what was stored. Returns sentences for the person who reviews it. */
export const store = async (folder: string, { files, manifest }: Fetched): Promise<readonly string[]> => {
  const before = await storedRoots(folder);
  const after = files.map(({ root }) => root);
  await rm(join(folder, FOLDER), { recursive: true, force: true });
  await mkdir(join(folder, FOLDER), { recursive: true });
  for (const { name, text } of files) await writeFile(join(folder, FOLDER, name), text);
  await writeFile(join(folder, FOLDER, 'bundle.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return [...changes(before, after), `file: ${FOLDER}/${files[0]?.name ?? ''}`, `sha256: ${fingerprint(after)}`];
};

const main = async ([folder, address]: readonly string[]): Promise<void> => {
  const url = URL.parse(address ?? '');
  if (folder === undefined || url === null)
    throw new SyncError('BAD_REQUEST', 'usage: node connectors/soap/store.ts FOLDER ADDRESS');
  const { WSDL_USER: user, WSDL_PASSWORD: password = '', TALLY_MODE: mode } = process.env;
  const http = createHttp({
    baseUrl: url.origin,
    allow: [],
    mode: mode === 'local' ? 'local' : 'production',
    ...(user === undefined ? {} : { credentials: basic(user, password) }),
  });
  try {
    const fetched = await fetchBundle(http, `${url.pathname}${url.search}`, { signal: new AbortController().signal });
    for (const line of await store(folder, fetched)) process.stdout.write(`${line}\n`);
  } finally {
    http.close();
  }
};

if (import.meta.main)
  await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
