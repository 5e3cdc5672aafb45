/**
 * What the contenders go through: 20 per 10 s configured, and a server that has its own idea. Delays are 40
 * to 50 ms each way: 80 ms of latency and 20 ms of spread.
 */

export interface Scenario {
  readonly name: string;
  /** The server's limit at first, and from the middle on. */
  readonly limit: number;
  readonly changesTo?: number;
  /** Whether the contender may take the configured limit for the truth. */
  readonly known: boolean;
  /** Another client of the account: draws the time to its next request. */
  readonly otherGapMs?: (random: () => number) => number;
}

export const configuredMax = 20;
export const windowMs = 10_000;
export const delayMs: readonly [least: number, most: number] = [40, 50];

/** The other client sends 6 requests a window. */
const meanGapMs = windowMs / 6;
const regularGap = (random: () => number) => meanGapMs * (0.9 + 0.2 * random());
const poissonGap = (random: () => number) => -Math.log(1 - random()) * meanGapMs;

export const scenarios: readonly Scenario[] = [
  { name: 'known', limit: 20, known: true },
  { name: 'right, not known', limit: 20, known: false },
  { name: 'too high', limit: 10, known: false },
  { name: 'too low', limit: 40, known: false },
  { name: 'falls to half', limit: 20, changesTo: 10, known: false },
  { name: 'rises to double', limit: 20, changesTo: 40, known: false },
  { name: 'shared, regular', limit: 20, known: false, otherGapMs: regularGap },
  { name: 'shared, random', limit: 20, known: false, otherGapMs: poissonGap },
];

/** What a client that never risks a refusal can use: it can't know better than this when a request arrived. */
export function boundPercent(window: number, [least, most]: readonly [number, number]): number {
  return (100 * window) / (window + 2 * (most - least));
}
