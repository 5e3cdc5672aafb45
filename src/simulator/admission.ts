/**
 * Whether a new task may be made now: the account's limit, and a second client of the same account that
 * takes its share of it. The second client asks at even intervals; its requests are made up when the next
 * real one comes, at the instants they would have had, so it costs no timer.
 */
import type { RateLimit } from '../shared/configuration/values.ts';
import { createLimiter, type LimiterKind, type Verdict } from './limiters.ts';

interface AdmissionSettings {
  readonly limit: RateLimit;
  readonly limiter: LimiterKind;
  readonly otherClientShare: number;
}

export interface Admission {
  /** Asks for one new task. The instant must not be earlier than the last one. */
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
