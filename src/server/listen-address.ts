/**
 * Whether the server may listen on the configured address. Pure. Pages show and change everything, so beyond this
 * machine they need credentials. Callbacks and health checks do not: a callback's address is its secret, and neither
 * tells a stranger anything. If only they should be reachable from outside, `serve --callbacks-only` omits the pages.
 */
import { isLoopback } from '../shared/outgoing/address-rules.ts';

export interface ListenRequest {
  readonly host: string;
  readonly hasPages: boolean;
  /** Of the operator account; undefined without sign-in. */
  readonly password: string | undefined;
}

/** Sign-in tries are bounded, so a short password is found in years, not at once; a very short one in days. */
const leastPassword = 8;

/** @returns what to do about it, or null when it may listen */
export function refuseListening({ host, hasPages, password }: ListenRequest): string | null {
  if (isLoopback(host) || !hasPages) return null;
  if (password !== undefined) {
    if (password.length >= leastPassword) return null;
    return `DASHBOARD_PASSWORD is too short for HTTP_HOST=${host}, which other machines can reach: use ${leastPassword} characters or more.`;
  }
  return [
    `HTTP_HOST=${host} can be reached from other machines: set DASHBOARD_USER and DASHBOARD_PASSWORD,`,
    'or serve only callbacks and health checks with --callbacks-only,',
    'or leave HTTP_HOST at 127.0.0.1 and put a proxy in front.',
  ].join(' ');
}

/** @returns what to say loudly, or null */
export function warnOfListening(host: string, publicUrl: string | undefined): string | null {
  if (isLoopback(host) || publicUrl?.startsWith('https:')) return null;
  return `Passwords and pages cross the network unencrypted (HTTP_HOST=${host}). Put a reverse proxy with TLS in front and set PUBLIC_URL to its https address.`;
}
