/**
 * Time as a dependency. Shells get a Clock, and pure decisions get the instant, so that no decision reads a clock and
 * tests can set the time. Instants in Redis are compared with time/redis-clock.ts, durations within a process use
 * `steadyClock`, and only file times are compared with this machine's clock, which a person or NTP may change.
 */
export interface Clock {
  now(): number;
}

/** Kept, since process-time.ts may replace it. */
const readMachineClock = Date.now;

/** This machine's clock. It can be wrong, and can be set forward or back at any time. */
export const systemClock: Clock = { now: () => readMachineClock() };

/** The machine's time at process start plus what has passed since: it is never set back. */
export const steadyClock: Clock = { now: () => performance.timeOrigin + performance.now() };
