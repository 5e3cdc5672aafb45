/**
 * Which URLs chosen by others may be requested: https (http if private addresses are allowed), no user or password, and
 * no literal address that the address rules refuse. Pure; called for the first URL and for every redirect. Names are
 * checked later, when they are resolved.
 */
import { isIP } from 'node:net';
import { type AddressRules, refusalOfAddress } from './address-rules.ts';

export type UrlVerdict = { readonly url: URL } | { readonly refusal: string };

export function judgeUrl(text: string, rules: AddressRules, base?: URL): UrlVerdict {
  const url = URL.parse(text, base);
  if (url === null) return { refusal: 'not a URL' };
  if (!schemeAllowed(url.protocol, rules)) return { refusal: `the scheme ${url.protocol} is not allowed` };
  if (url.username !== '' || url.password !== '') return { refusal: 'a URL with a user name is not allowed' };
  const host = bareHost(url.hostname);
  const refusal = isIP(host) === 0 ? refusalOfName(host) : refusalOfAddress(host, rules);
  return refusal === undefined ? { url } : { refusal };
}

/** Names of metadata services: a proxy that resolves names itself never shows us where they lead. */
const metadataNames = ['metadata', 'metadata.goog', 'metadata.google.internal', 'instance-data'];

function refusalOfName(host: string): string | undefined {
  const name = host.replace(/\.$/, '');
  return metadataNames.includes(name) || name.endsWith('.metadata.google.internal')
    ? `${host} is a metadata service`
    : undefined;
}

/** A host in the form of network calls: without the brackets of IPv6 in a URL. */
export function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function schemeAllowed(protocol: string, rules: AddressRules): boolean {
  return protocol === 'https:' || (protocol === 'http:' && rules.allowPrivateAddresses);
}
