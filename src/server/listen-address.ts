/**
 * Whether the server may listen where it is told to. Pure. Pages show and change everything, so beyond this
 * machine they need credentials. Callbacks and health do not: a callback's address is its own secret, and
 * neither tells a stranger anything; where only they are to be reached from outside, `serve --callbacks-only`
 * leaves the pages out.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface ListenRequest {
  readonly host: string;
  readonly hasPages: boolean;
  readonly hasCredentials: boolean;
}

/** @returns what to do about it, or null when it may listen */
export function refuseListening({ host, hasPages, hasCredentials }: ListenRequest): string | null {
  if (isLoopback(host) || !hasPages || hasCredentials) return null;
  return [
    `HTTP_HOST=${host} can be reached from other machines: set DASHBOARD_USER and DASHBOARD_PASSWORD,`,
    'or serve callbacks and health alone with --callbacks-only,',
    'or leave HTTP_HOST at 127.0.0.1 and put a proxy in front.',
  ].join(' ');
}

export function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host === 'localhost' || host.endsWith('.localhost');
  return ipaddr.process(host).range() === 'loopback';
}
