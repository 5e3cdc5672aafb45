/**
 * The passing of time as a dependency. Shells take a Clock, pure decisions take the instant itself, so
 * that no decision reads a clock of its own and a test can say what time it is. What is compared with an instant
 * in Redis is read from time/redis-clock.ts; how long something in this process takes, from `steadyClock`; only
 * what is compared with the times of files is read from this machine's clock, which a person or NTP may set.
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
