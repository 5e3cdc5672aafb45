/**
 * Opens the connections of the outgoing client. Each name is resolved once, every address it resolves to
 * is judged, and the socket connects to exactly those answers, so a name that changes between check and
 * use gains nothing. One refused address refuses the name: a public name with a private address behind
 * it is either an attack or a mistake.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { type AddressRules, refusalOfAddress } from './address-rules.ts';
import { bareHost } from './url-rules.ts';

export class AddressRefusedError extends Error {
  readonly code = 'ADDRESS_REFUSED';
  override readonly name = 'AddressRefusedError';
}

interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name. A dependency, so that a test can rebind a name between two calls. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export const resolveBySystem: ResolveHost = (hostname) =>
  new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

export function createCheckedConnector(
  rules: AddressRules,
  resolveHost: ResolveHost,
  connectTimeoutMs: number,
): buildConnector.connector {
  const connect = buildConnector({
    lookup: checkedLookup(rules, resolveHost),
    timeout: connectTimeoutMs,
    allowH2: false,
  });
  return (options, callback) => {
    const refusal = refusalOfLiteral(bareHost(options.hostname), rules);
    if (refusal === undefined) connect(options, callback);
    else callback(new AddressRefusedError(refusal), null);
  };
}

/** A literal address never reaches the lookup function, so it is judged here. */
function refusalOfLiteral(host: string, rules: AddressRules): string | undefined {
  return isIP(host) === 0 ? undefined : refusalOfAddress(host, rules);
}

function checkedLookup(rules: AddressRules, resolveHost: ResolveHost): LookupFunction {
  return (hostname, options, callback) => {
    resolveHost(hostname)
      .then((addresses) => judged(hostname, addresses, rules))
      .then(
        (addresses) => {
          const first = addresses[0];
          if (options.all) callback(null, [...addresses]);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, ''),
      );
  };
}

function judged(
  hostname: string,
  addresses: readonly ResolvedAddress[],
  rules: AddressRules,
): [ResolvedAddress, ...ResolvedAddress[]] {
  const [first, ...others] = addresses;
  if (first === undefined) throw new Error(`${hostname} resolves to no address`);
  for (const { address } of addresses) {
    const refusal = refusalOfAddress(address, rules);
    if (refusal !== undefined) throw new AddressRefusedError(`${hostname}: ${refusal}`);
  }
  return [first, ...others];
}
