/** The stored WSDL with everything that it imports: read from the preset's own folder, never from the network. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { z } from 'zod';
import type { EngineInput } from '../engine/preset.ts';
import { NS } from './namespaces.ts';
import { attributeOf, type Element, readXml } from './xml.ts';

/** One stored file. */
export interface StoredFile {
  /** Below the preset's folder. */
  readonly path: string;
  readonly root: Element;
}
/** A file in the folder of the WSDL, and no way out of it. */
export const STORED_NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;
/** Where imports of a stored bundle lead: the address of the WSDL it was stored from, and of each file by its name. */
const Manifest = z.strictObject({
  from: z.string(),
  files: z.record(z.string(), z.string().regex(STORED_NAME)),
});
export type Manifest = z.infer<typeof Manifest>;

/** How much one bundle may be. */
export const BUNDLE_LIMITS = { files: 50, bytes: 5 * 1024 * 1024, depth: 10 } as const;

const IMPORTS = new Set(['import', 'include', 'redefine', 'override']);
/** Namespaces that everybody knows without a file. */
const KNOWN = new Set<string>([NS.xml, NS.xsd, NS.xsi, NS.encoding, NS.envelope11, NS.envelope12]);

/** Every place in a document that names another one. */
export const importsIn = (root: Element): readonly { readonly location: string; readonly namespace: string }[] => {
  const found: { location: string; namespace: string }[] = [];
  const walk = (element: Element): void => {
    const ours = element.ns === NS.xsd || element.ns === NS.wsdl;
    if (ours && IMPORTS.has(element.name)) {
      const location = attributeOf(element, 'schemaLocation') ?? attributeOf(element, 'location');
      const namespace = attributeOf(element, 'namespace') ?? '';
      if (location !== undefined && !(element.name === 'import' && KNOWN.has(namespace)))
        found.push({ location, namespace });
    }
    if (ours) element.children.forEach(walk);
  };
  walk(root);
  return found;
};

const BASE = 'http://stored.invalid';
/** Where an import leads from an address: below the connection's own where that one was, else where it says. */
export const addressFrom = (importer: string, location: string): string | undefined => {
  const url = URL.parse(location, new URL(importer, BASE).href);
  if (url === null) return undefined;
  return url.origin === BASE ? `${url.pathname}${url.search}` : url.href;
};

/** The stored file that an import means; undefined when it lies outside the bundle. */
export const createResolver = (folder: string, manifest: Manifest | undefined) => {
  const addresses = new Map(
    Object.entries(manifest?.files ?? {}).map(([address, name]) => [`${folder}/${name}`, address]),
  );
  return (location: string, importer: string): string | undefined => {
    const base = addresses.get(importer);
    const address = base === undefined ? undefined : addressFrom(base, location);
    const stored = address === undefined ? undefined : manifest?.files[address];
    if (stored !== undefined) return `${folder}/${stored}`;
    if (/^[a-z][a-z0-9+.-]*:|^[/\\]|\\/i.test(location)) return undefined;
    const path = posix.join(posix.dirname(importer), location);
    return path.startsWith(`${folder}/`) ? path : undefined;
  };
};

// The address changes with the installation and is never used; blanks between elements mean nothing.
const withoutAddress = (element: Element): boolean =>
  element.name === 'address' && (element.ns === NS.soap11Binding || element.ns === NS.soap12Binding);

const canonical = (element: Element): unknown => [
  `{${element.ns}}${element.name}`,
  element.attributes
    .filter(({ name }) => !(withoutAddress(element) && name === 'location'))
    .map(({ ns, name, value }) => `{${ns}}${name}=${name === 'schemaLocation' || name === 'location' ? '' : value}`)
    .sort(),
  element.children.filter(({ name, ns }) => !(ns === NS.xsd && name === 'annotation')).map(canonical),
  element.children.length === 0 ? element.text.trim() : '',
];

/** What the documents say, as one hash: comments, blanks, documentation, addresses and places of imports do not count. */
export const fingerprint = (roots: readonly Element[]): string => {
  const texts = roots.map((root) => JSON.stringify(canonical(root))).sort();
  return createHash('sha256').update(texts.join('\n')).digest('hex');
};

/** Reads the WSDL and what it imports, each file once; `fail` makes the error for what is wrong. */
export const readBundle = async (
  entry: string,
  read: EngineInput['read'],
  fail: (problem: string) => Error,
): Promise<readonly StoredFile[]> => {
  const folder = posix.dirname(entry);
  const manifest = await readManifest(folder, read, fail);
  const resolve = createResolver(folder, manifest);
  const files = new Map<string, StoredFile>();
  let bytes = 0;
  const load = async (path: string, importer: string, depth: number): Promise<void> => {
    if (files.has(path)) return;
    if (depth > BUNDLE_LIMITS.depth) throw fail(`${path} is imported deeper than ${BUNDLE_LIMITS.depth} files`);
    if (files.size >= BUNDLE_LIMITS.files) throw fail(`it has more than ${BUNDLE_LIMITS.files} files`);
    const text = await read(path);
    if (text === undefined) throw fail(`${importer} needs ${path}, which is not stored; store the WSDL again`);
    bytes += Buffer.byteLength(text);
    if (bytes > BUNDLE_LIMITS.bytes) throw fail(`it has more than ${BUNDLE_LIMITS.bytes} bytes`);
    const root = readXml(text, (problem) => fail(`${path} is not XML that can be read: ${problem}`));
    files.set(path, { path, root });
    for (const { location } of importsIn(root)) {
      const next = resolve(location, path);
      if (next === undefined)
        throw fail(
          `${path} imports "${location.slice(0, 200)}", which is not in the stored bundle; nothing is fetched from elsewhere`,
        );
      await load(next, path, depth + 1);
    }
  };
  await load(entry, 'connector.yaml', 1);
  return [...files.values()];
};

/** Where imports lead, as it was when the WSDL was stored; undefined for files that somebody put there by hand. */
export const readManifest = async (
  folder: string,
  read: EngineInput['read'],
  fail: (problem: string) => Error,
): Promise<Manifest | undefined> => {
  const text = await read(`${folder}/bundle.json`);
  if (text === undefined) return undefined;
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    throw fail(`${folder}/bundle.json is not what storing a WSDL writes; store it again`);
  }
};
