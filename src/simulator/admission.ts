/**
 * Whether a new task is accepted now: the account's limit, and a second client of the same account that uses a share of
 * it. The second client calls at even intervals; its requests are simulated when the next real one arrives, with their
 * own instants, so it needs no timer.
 */
import type { RateLimit } from '../shared/configuration/values.ts';
import { createLimiter, type LimiterKind, type Verdict } from './limiters.ts';

interface AdmissionSettings {
  readonly limit: RateLimit;
  readonly limiter: LimiterKind;
  readonly otherClientShare: number;
}

export interface Admission {
  /** Requests one new task. The instant must not be earlier than the last one. */
  admit(nowMs: number, settings: AdmissionSettings): Verdict;
  /** Tasks the second client got so far. */
  otherClientAdmitted(): number;
}

export function createAdmission(startedAtMs: number): Admission {
  let kind: LimiterKind = 'sliding-window';
  let limiter = createLimiter(kind);
  let otherLastAt = startedAtMs;
  let otherAdmitted = 0;

  function admitOther(nowMs: number, { limit, otherClientShare }: AdmissionSettings): void {
    // After a long silence only the last two windows matter to any limiter.
    otherLastAt = Math.max(otherLastAt, nowMs - 2 * limit.windowMs);
    const intervalMs = limit.windowMs / (limit.max * otherClientShare);
    while (otherLastAt + intervalMs <= nowMs) {
      otherLastAt += intervalMs;
      if (limiter.admit(otherLastAt, limit).admitted) otherAdmitted += 1;
    }
  }

  return {
    admit(nowMs, settings) {
      if (settings.limiter !== kind) {
        kind = settings.limiter;
        limiter = createLimiter(kind);
      }
      if (settings.otherClientShare > 0) admitOther(nowMs, settings);
      else otherLastAt = nowMs;
      return limiter.admit(nowMs, settings.limit);
    },
    otherClientAdmitted: () => otherAdmitted,
  };
}
