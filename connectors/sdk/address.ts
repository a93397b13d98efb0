/** Which hosts and addresses a connection may reach, tested on the address that is dialled. */
import { lookup as dnsLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { SyncError } from '../../src/domain/errors.ts';

/** Where the process runs: `local` may reach loopback, `production` never. */
export type Mode = 'local' | 'production';
/** An address that a name stands for. */
export interface Address {
  readonly address: string;
  readonly family: number;
}
/** How a host name becomes addresses; tests give their own. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

const resolveBySystem: Resolve = (host) => dnsLookup(host, { all: true, verbatim: true });

const denied = (message: string): SyncError => new SyncError('EGRESS_DENIED', message, { unsent: true });

/** NAT64 as everybody has it; networks choose where their own form keeps the IPv4 address, so that one is not unwrapped. */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96') as [ipaddr.IPv6, number];
/** All IPv6 that is given to anybody (RFC 4291): what lies outside and has no range of its own is no address to dial. */
const GLOBAL = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** Unwraps IPv4 that travels inside IPv6 (mapped, 6to4, NAT64), so that it cannot hide its range. */
const unwrapped = (text: string): ipaddr.IPv4 | ipaddr.IPv6 => {
  const address = ipaddr.process(text);
  if (!(address instanceof ipaddr.IPv6)) return address;
  const bytes = address.toByteArray();
  if (address.range() === '6to4') return new ipaddr.IPv4(bytes.slice(2, 6));
  if (address.match(NAT64)) return new ipaddr.IPv4(bytes.slice(12, 16));
  return address;
};

const rangeOf = (address: ipaddr.IPv4 | ipaddr.IPv6): string => {
  const range = address.range();
  const unassigned = range === 'unicast' && address instanceof ipaddr.IPv6 && !address.match(GLOBAL);
  return unassigned ? 'unassigned' : range;
};

const inside = (address: ipaddr.IPv4 | ipaddr.IPv6, cidrs: readonly string[]): boolean =>
  cidrs.some((cidr) => {
    const [network, bits] = ipaddr.parseCIDR(cidr);
    return network.kind() === address.kind() && address.match([network, bits] as [ipaddr.IPv4, number]);
  });

/** Where clouds tell a machine its own secrets, outside the link-local range; no network entry opens them. */
const METADATA = new Set(['168.63.129.16', '100.100.100.200', 'fd00:ec2::254', '192.0.0.192']);

/** Throws EGRESS_DENIED unless this address may be dialled. */
export const testAddress = (host: string, text: string, mode: Mode, cidrs: readonly string[]): void => {
  const address = unwrapped(text);
  const range = rangeOf(address);
  if (METADATA.has(address.toString()))
    throw denied(`"${host}" is the metadata address ${text}, which nobody may reach`);
  if (range === 'unicast') return;
  if (range === 'loopback' && mode === 'local') return;
  if (range === 'loopback') throw denied(`"${host}" is the loopback address ${text}; only local mode may reach it`);
  const privateRange = range === 'private' || range === 'uniqueLocal' || range === 'carrierGradeNat';
  if (privateRange && inside(address, cidrs)) return;
  const remedy = privateRange ? `; add its network to "allow", for example ${text}/32` : '';
  throw denied(`"${host}" is the ${range} address ${text}, which this connection may not reach${remedy}`);
};

/** A `lookup` for sockets: resolves once, tests every address, and gives back exactly those. */
export const pinnedLookup = (
  mode: Mode,
  cidrs: readonly string[],
  resolve: Resolve = resolveBySystem,
): LookupFunction => {
  return (host, options, done) => {
    resolve(host).then(
      (found) => {
        try {
          if (found.length === 0) throw denied(`"${host}" has no address`);
          for (const { address } of found) testAddress(host, address, mode, cidrs);
        } catch (error) {
          done(error as NodeJS.ErrnoException, '', 4);
          return;
        }
        const first = found[0] as Address;
        if (options.all) done(null, [...found]);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 4),
    );
  };
};

/** Splits an allow-list into hosts (with port) and networks. */
export const readAllowList = (
  allow: readonly string[],
): { readonly hosts: readonly string[]; readonly cidrs: readonly string[] } => {
  const cidrs = allow.filter((entry) => ipaddr.isValidCIDR(entry));
  return { hosts: allow.filter((entry) => !cidrs.includes(entry)).map((entry) => entry.toLowerCase()), cidrs };
};

/** The host of a URL when it is written as an address; undefined for a name. */
export const literalAddress = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(bare) ? bare : undefined;
};
