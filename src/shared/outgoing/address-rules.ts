/**
 * To which network addresses a request for a URL chosen by others may connect: public unicast only, unless private ones
 * are allowed. Pure; called for literal hosts and, in the connector, for every address that a name resolves to.
 * Invariant: an address inside another (IPv4-mapped, NAT64) is judged as the inner one, and a form that hides one in
 * another way (6to4, Teredo) is not public.
 */
import ipaddr from 'ipaddr.js';

export interface AddressRules {
  /** Loopback and private networks become reachable; metadata and link-local addresses never do. */
  readonly allowPrivateAddresses: boolean;
}

/** Cloud metadata services that live outside the link-local ranges. */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
]);

const PRIVATE_RANGES: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'uniqueLocal',
  'carrierGradeNat',
  'unspecified',
]);

const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether a host, by name or address, is this machine itself. */
export function isLoopback(host: string): boolean {
  if (!ipaddr.isValid(host)) return host === 'localhost' || host.endsWith('.localhost');
  return ipaddr.process(host).range() === 'loopback';
}

/** Why the address must not be connected to, or undefined where it may be. */
export function refusalOfAddress(address: string, rules: AddressRules): string | undefined {
  if (!ipaddr.isValid(address)) return `${address} is not an IP address`;
  const inner = innermost(ipaddr.process(address));
  const range = rangeOf(inner);
  if (range === 'unicast') return undefined;
  if (rules.allowPrivateAddresses && PRIVATE_RANGES.has(range)) return undefined;
  return `${address} is not a public address (${range})`;
}

function innermost(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6) || !address.match(NAT64)) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(12));
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  if (METADATA_ADDRESSES.has(address.toString())) return 'metadata';
  const range = address.range();
  if (range === 'unicast' && address instanceof ipaddr.IPv6 && !address.match(GLOBAL_UNICAST))
    return 'reserved';
  return range;
}
