/**
 * From the requests that reached a server to the figures of a row. The share of the limit used is the mean
 * number of accepted requests in the window, over its limit: counting requests in an interval instead would
 * depend on where its edges fall between bunches of them.
 */
import type { Request } from './virtual-gate.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

export interface Figures {
  /** Of what the limit leaves after the other client's requests. */
  readonly usedPercent: number;
  readonly refusedPerThousand: number;
  readonly admitted: number;
  /** Windows from the change (or start) until a whole window reached 97 % of the bound; null when none did. */
  readonly windowsToReach: number | null;
}

export function measureRow(
  requests: readonly Request[],
  windowMs: number,
  settled: Span,
  changedAtMs: number,
  boundPercent: number,
): Figures {
  const own = requests.filter(({ other }) => !other);
  const admitted = own.filter(({ accepted }) => accepted).length;
  const goalPercent = 0.97 * boundPercent;
  return {
    usedPercent: usedPercent(requests, windowMs, settled),
    refusedPerThousand: (1000 * (own.length - admitted)) / Math.max(1, admitted),
    admitted,
    windowsToReach: windowsToReach(requests, windowMs, { ...settled, fromMs: changedAtMs }, goalPercent),
  };
}

function usedPercent(requests: readonly Request[], windowMs: number, span: Span): number {
  const accepted = requests.filter((request) => request.accepted);
  const own = meanInWindow(
    accepted.filter(({ other }) => !other),
    windowMs,
    span,
  );
  const others = meanInWindow(
    accepted.filter(({ other }) => other),
    windowMs,
    span,
  );
  return (100 * own) / (span.limit - others);
}

function meanInWindow(requests: readonly Request[], windowMs: number, { fromMs, toMs }: Span): number {
  const spentMs = requests.map(
    ({ arrivedAtMs }) => Math.min(arrivedAtMs + windowMs, toMs) - Math.max(arrivedAtMs, fromMs),
  );
  return spentMs.reduce((sum, ms) => sum + Math.max(0, ms), 0) / (toMs - fromMs);
}

/** A window is looked at as a whole; half a window's step is as fine as the figure needs to be. */
function windowsToReach(
  requests: readonly Request[],
  windowMs: number,
  span: Span,
  goalPercent: number,
): number | null {
  for (let fromMs = span.fromMs; fromMs + windowMs <= span.toMs; fromMs += windowMs / 4) {
    const used = usedPercent(requests, windowMs, { ...span, fromMs, toMs: fromMs + windowMs });
    if (used >= goalPercent) return (fromMs - span.fromMs) / windowMs;
  }
  return null;
}
