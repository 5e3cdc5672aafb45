/**
 * The passing of time as a dependency. Shells take a Clock, pure decisions take the instant itself, so
 * that no decision reads a clock of its own and a test can say what time it is.
 */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
