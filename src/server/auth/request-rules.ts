/**
 * Checks requests before anything else: against pages of other sites that make a browser act here, and against host
 * names that lead a browser to this machine. Also the headers of every response. Pure.
 */
import { isLoopback } from '../../shared/outgoing/address-rules.ts';

export interface RequestFacts {
  readonly method: string;
  /** As the client sees it: a trusted proxy's `X-Forwarded-Host`, else `Host`. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** An untrusted proxy has forwarded the request. */
  readonly isForwarded: boolean;
}

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/**
 * @param isClosed whether people sign in
 * @param publicOrigin where people see this server, when that is set
 * @returns why the request is refused, or null
 */
export function refuseRequest(
  facts: RequestFacts,
  isClosed: boolean,
  publicOrigin: string | null = null,
): string | null {
  if (!isClosed && !isLocalHost(facts.host))
    return 'Without credentials this server only answers to local host names such as localhost. Set DASHBOARD_USER and DASHBOARD_PASSWORD.';
  if (!isClosed && facts.isForwarded)
    return 'This request came through a proxy, and this server has no sign-in. Set DASHBOARD_USER and DASHBOARD_PASSWORD, or TRUSTED_PROXIES if the proxy authenticates users.';
  if (safeMethods.includes(facts.method) || isOwnPage(facts, publicOrigin)) return null;
  return 'This request comes from another site. If this server is behind a proxy, set PUBLIC_URL to its public address.';
}

/** Browsers do not let pages set either header. A program sends neither. */
function isOwnPage({ fetchSite, origin, host }: RequestFacts, publicOrigin: string | null): boolean {
  if (fetchSite !== undefined) return fetchSite === 'same-origin' || fetchSite === 'none';
  return origin === undefined || origin === publicOrigin || URL.parse(origin)?.host === host;
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
