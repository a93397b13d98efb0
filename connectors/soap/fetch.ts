/** Gets a system's own WSDL with all its parts through the one outbound door, to be stored or compared. Never used while working. */
import { createHash } from 'node:crypto';
import { SyncError } from '../../src/domain/errors.ts';
import type { Http } from '../sdk/http.ts';
import type { Call } from '../sdk/seam.ts';
import { addressFrom, BUNDLE_LIMITS, importsIn, type Manifest } from './bundle.ts';
import { type Element, readXml } from './xml.ts';

/** One fetched part. */
export interface FetchedFile {
  readonly address: string;
  /** What it is stored as. */
  readonly name: string;
  readonly text: string;
  readonly root: Element;
}
/** All of them, the WSDL itself first. */
export interface Fetched {
  readonly files: readonly FetchedFile[];
  readonly manifest: Manifest;
}

/** A name made of the address: the same one each time, and never a way out of the folder. */
const nameOf = (address: string, isWsdl: boolean): string => {
  const last =
    address
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '';
  const plain =
    last
      .replace(/\.(wsdl|xsd|xml|php|asmx|svc)$/i, '')
      .replace(/[^A-Za-z0-9_-]/g, '-')
      .slice(0, 40) || 'part';
  const tag = createHash('sha256').update(address).digest('hex').slice(0, 6);
  return isWsdl ? `${plain}.wsdl` : `${plain}-${tag}.xsd`;
};

const broken = (problem: string): SyncError => new SyncError('PROTOCOL_ERROR', problem);

/** Fetches the WSDL at a path below the connection's address and everything it imports, within the bundle's limits. */
export const fetchBundle = async (http: Http, from: string, call: Call): Promise<Fetched> => {
  const files: FetchedFile[] = [];
  const known = new Set<string>();
  let bytes = 0;
  const load = async (address: string, depth: number): Promise<void> => {
    if (known.has(address)) return;
    known.add(address);
    if (depth > BUNDLE_LIMITS.depth) throw broken(`the WSDL is imported deeper than ${BUNDLE_LIMITS.depth} files`);
    if (files.length >= BUNDLE_LIMITS.files) throw broken(`the WSDL has more than ${BUNDLE_LIMITS.files} files`);
    const reply = await http.request(
      { method: 'GET', path: address, headers: { accept: 'text/xml, application/xml' }, intent: 'read' },
      call,
    );
    if (reply.status !== 200) throw broken(`the WSDL’s part at ${address} was answered with status ${reply.status}`);
    bytes += Buffer.byteLength(reply.text);
    if (bytes > BUNDLE_LIMITS.bytes) throw broken(`the WSDL has more than ${BUNDLE_LIMITS.bytes} bytes`);
    const root = readXml(reply.text, (problem) => broken(`the WSDL’s part at ${address} cannot be read: ${problem}`));
    files.push({ address, name: nameOf(address, files.length === 0), text: reply.text, root });
    for (const { location } of importsIn(root)) {
      const next = addressFrom(address, location);
      if (next === undefined) throw broken(`the WSDL imports "${location.slice(0, 200)}", which is no address`);
      await load(next, depth + 1);
    }
  };
  await load(from, 1);
  const stored = files.map(({ address, name }) => [address, name] as const);
  return { files, manifest: { from, files: Object.fromEntries(stored) } };
};
