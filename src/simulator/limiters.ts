/**
 * The ways a server counts a limit, each exact and without a clock: the instant and the limit are passed with each
 * call, so the limit may change between two calls and a test can set the time. Instants must not decrease. None of them
 * counts refused requests.
 */
import type { RateLimit } from '../shared/configuration/values.ts';

export type LimiterKind = 'sliding-window' | 'fixed-window' | 'token-bucket';

export type Verdict =
  | { readonly admitted: true; readonly remaining: number }
  | { readonly admitted: false; readonly retryAfterMs: number };

export interface Limiter {
  admit(nowMs: number, limit: RateLimit): Verdict;
}

export function createLimiter(kind: LimiterKind): Limiter {
  switch (kind) {
    case 'sliding-window':
      return createSlidingWindow();
    case 'fixed-window':
      return createFixedWindow();
    case 'token-bucket':
      return createTokenBucket();
    default:
      return kind satisfies never;
  }
}

/**
 * At most `max` in any window: a request leaves exactly `windowMs` after its arrival. A window made longer
 * while it runs does not see what had left the shorter one already.
 */
function createSlidingWindow(): Limiter {
  let admittedAt: number[] = [];
  let oldest = 0;
  return {
    admit(nowMs, { max, windowMs }) {
      while (oldest < admittedAt.length && (admittedAt[oldest] ?? 0) <= nowMs - windowMs) oldest += 1;
      if (oldest > 1024 && oldest * 2 > admittedAt.length) {
        admittedAt = admittedAt.slice(oldest);
        oldest = 0;
      }
      const held = admittedAt.length - oldest;
      if (held >= max) {
        const leaving = admittedAt[admittedAt.length - max] ?? nowMs;
        return { admitted: false, retryAfterMs: leaving + windowMs - nowMs };
      }
      admittedAt.push(nowMs);
      return { admitted: true, remaining: max - held - 1 };
    },
  };
}

/** A counter that starts with the first request and is discarded `windowMs` later. */
function createFixedWindow(): Limiter {
  let startedAt = Number.NEGATIVE_INFINITY;
  let count = 0;
  return {
    admit(nowMs, { max, windowMs }) {
      if (nowMs >= startedAt + windowMs) {
        startedAt = nowMs;
        count = 0;
      }
      if (count >= max) return { admitted: false, retryAfterMs: startedAt + windowMs - nowMs };
      count += 1;
      return { admitted: true, remaining: max - count };
    },
  };
}

/** A bucket of `max` tokens, full at first, that refills evenly at `max` a window. */
function createTokenBucket(): Limiter {
  let tokens = Number.POSITIVE_INFINITY;
  let filledAt = Number.NEGATIVE_INFINITY;
  return {
    admit(nowMs, { max, windowMs }) {
      const refillMs = windowMs / max;
      tokens = Math.min(
        max,
        filledAt === Number.NEGATIVE_INFINITY ? max : tokens + (nowMs - filledAt) / refillMs,
      );
      filledAt = nowMs;
      if (tokens < 1) return { admitted: false, retryAfterMs: (1 - tokens) * refillMs };
      tokens -= 1;
      return { admitted: true, remaining: Math.floor(tokens) };
    },
  };
}

/** The greatest number of instants, given in order, that fall into any half-open window of this length. */
export function greatestInWindow(instants: readonly number[], windowMs: number): number {
  let greatest = 0;
  let oldest = 0;
  for (const [index, instant] of instants.entries()) {
    while ((instants[oldest] ?? 0) <= instant - windowMs) oldest += 1;
    greatest = Math.max(greatest, index - oldest + 1);
  }
  return greatest;
}
