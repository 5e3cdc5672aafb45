/**
 * Gives connections enough time. If a host has several addresses, Node tries them in turn with 250 ms each; on a
 * machine with one address family, a longer round trip then never connects. The default of the process is the only
 * setting that reaches all clients: the vendor's, downloads, S3, sources and Redis.
 */
import { getDefaultAutoSelectFamilyAttemptTimeout, setDefaultAutoSelectFamilyAttemptTimeout } from 'node:net';

/** A lost first packet is sent again after a second. */
const attemptMs = 2500;

/** Called once at the start of a process. A longer configured time is kept. */
export function allowSlowConnects(): void {
  if (getDefaultAutoSelectFamilyAttemptTimeout() < attemptMs)
    setDefaultAutoSelectFamilyAttemptTimeout(attemptMs);
}
