/**
 * Lets connections take their time. Where a host has several addresses, Node tries one after the other and gives each
 * 250 ms; on a machine with one address family only, a round trip longer than that never connects. The default of
 * the process is the one setting that reaches all clients: the vendor's, downloads, S3, sources and Redis.
 */
import { getDefaultAutoSelectFamilyAttemptTimeout, setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';

/** A lost first packet is sent again after a second. */
const attemptMs = 2500;

/** Called once at the start of a process. A longer time that somebody has set stays. */
export function allowSlowConnects(): void {
  if (getDefaultAutoSelectFamilyAttemptTimeout() < attemptMs)
    setDefaultAutoSelectFamilyAttemptTimeout(attemptMs);
}
