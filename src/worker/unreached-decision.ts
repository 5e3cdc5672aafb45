/**
 * What follows when the host of a result was not reached or is out of order. Pure. An outage of the host costs no link
 * a try; a broken URL does, once it shows that others are reached meanwhile.
 */
import { unreachedPolicy } from '../shared/policy.ts';
import { backoffMs } from './backoff.ts';
import type { DownloadRules } from './download-decision.ts';
import type { Evidence } from './result-reach.ts';
import type { Step } from './step.ts';
import type { FetchReply } from './transfer/fetch-reply.ts';

export interface Reach extends Evidence {
  readonly url: string;
  /** How long the halt `results-unavailable` has lasted; null without one. */
  readonly haltedMs: number | null;
}

/** @returns null when the trouble is the link's own: its next way is tried, and the try counts */
export function afterUnreached(
  reply: Extract<FetchReply, { kind: 'host-unavailable' }>,
  reach: Reach,
  tries: number,
  rules: DownloadRules,
  random: number,
): Step | null {
  const { times, reached, links, haltedMs, othersReached, url } = reach;
  const { message, retryAfterMs } = reply;
  const isBroken = reply.answered && links === 1 && haltedMs !== null && haltedMs >= unreachedPolicy.aloneMs;
  if (othersReached || isBroken) return null;
  const unreached = { times, reached };
  const waitMs = Math.max(unreachedPolicy.askAgainMs, retryAfterMs ?? 0);
  // Reporting a current halt would delay its next probe.
  if (haltedMs !== null)
    return { kind: 'download-again', delayMs: waitMs, tries, refresh: false, message, unreached };
  if (links >= unreachedPolicy.outageLinks || times >= unreachedPolicy.outageTimes) {
    return { kind: 'halt', reason: 'results-unavailable', message, delayMs: waitMs, target: url, unreached };
  }
  const delayMs = backoffMs(rules.backoff, times, random, retryAfterMs);
  return { kind: 'download-again', delayMs, tries, refresh: false, message, unreached };
}
