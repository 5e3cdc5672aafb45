/**
 * What a request must look like before it is looked at: against pages of other sites that make a browser act
 * here, and against host names that lead a browser to this machine. And what every answer carries. Pure.
 */
import { isLoopback } from '../listen-address.ts';

export interface RequestFacts {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/** @param isClosed whether people sign in; @returns why the request is refused, or null */
export function refuseRequest(facts: RequestFacts, isClosed: boolean): string | null {
  if (!isClosed && !isLocalHost(facts.host))
    return 'Without credentials this server answers only under a name of this machine, like localhost.';
  if (safeMethods.includes(facts.method)) return null;
  if (facts.fetchSite !== undefined && facts.fetchSite !== 'same-origin' && facts.fetchSite !== 'none')
    return 'This request comes from a page of another site.';
  if (facts.origin !== undefined && URL.parse(facts.origin)?.host !== facts.host)
    return 'This request comes from a page of another site.';
  return null;
}

function isLocalHost(host: string | undefined): boolean {
  const name = URL.parse(`http://${host ?? ''}`)?.hostname;
  return name !== undefined && name !== '' && isLoopback(name.replace(/^\[|\]$/g, ''));
}

const policy = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'media-src': "'self'",
  'font-src': "'self'",
  'connect-src': "'self'",
  'form-action': "'self'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
};

/** @param relaxed directives that a foreign interface (Bull Board's) cannot do without */
export function contentPolicy(relaxed: Partial<Record<keyof typeof policy, string>> = {}): string {
  return Object.entries({ ...policy, ...relaxed })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

export const securityHeaders = {
  'content-security-policy': contentPolicy(),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not no-referrer: with it a browser sends `Origin: null` with our own forms.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
} as const;
