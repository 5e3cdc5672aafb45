/**
 * Distinguishes a stalled transfer from a slow one: a transfer has an allowance of waiting time, which is used up while
 * it waits for the network and earned back by bytes at the lowest speed. Pure; the caller checks it periodically. Time
 * in which the transfer itself holds back (a full disk queue, a bandwidth limit) does not count.
 */

export interface StallRules {
  /** Below this, averaged over the window, a transfer counts as stalled. */
  readonly lowestBytesPerSecond: number;
  readonly stallWindowMs: number;
}

export interface StallAllowance {
  /** The wait for the next bytes begins. */
  waitFrom(nowMs: number): void;
  /** They arrived. */
  received(bytes: number, nowMs: number): void;
  isStalled(nowMs: number): boolean;
}

export function createStallAllowance(rules: StallRules): StallAllowance {
  let leftMs = rules.stallWindowMs;
  let waitingSince: number | undefined;
  return {
    waitFrom(nowMs) {
      waitingSince = nowMs;
    },
    received(bytes, nowMs) {
      const waitedMs = waitingSince === undefined ? 0 : nowMs - waitingSince;
      const earnedMs = (bytes * 1000) / rules.lowestBytesPerSecond;
      leftMs = Math.min(rules.stallWindowMs, leftMs - waitedMs + earnedMs);
      waitingSince = undefined;
    },
    isStalled: (nowMs) => leftMs < 0 || (waitingSince !== undefined && nowMs - waitingSince > leftMs),
  };
}
