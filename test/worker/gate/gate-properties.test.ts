/** What the gate promises whatever the schedule: over random limits, latencies, workers and crashes. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createServer } from '../../../bench/gate/servers.ts';
import { runVirtually } from '../../../bench/gate/virtual-gate.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { acceptedBetween, refusalsOf } from './count-requests.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

const circumstances = fc.record({
  seed: fc.nat(),
  max: fc.integer({ min: 1, max: 25 }),
  windowMs: fc.integer({ min: 200, max: 10_000 }),
  workers: fc.integer({ min: 1, max: 5 }),
  leastMs: fc.integer({ min: 1, max: 60 }),
  spreadMs: fc.integer({ min: 0, max: 150 }),
});

const leaseMs = 2000;

describe('whatever happens', () => {
  test(
    'a limit that is known is used, and never exceeded in any window at the server',
    { timeout: 60_000 },
    () =>
      fc.assert(
        fc.asyncProperty(circumstances, async ({ seed, max, windowMs, workers, leastMs, spreadMs }) => {
          const requests = await runVirtually({
            redis,
            prefix: redisPrefix(),
            server: createServer('sliding window', max, windowMs * 1000),
            gate: { limit: { max, windowMs }, leaseMs, learn: 'down' },
            seed,
            workers,
            durationMs: 6 * windowMs,
            delayMs: [leastMs, leastMs + spreadMs],
          });
          expect(refusalsOf(requests)).toBe(0);
          const cycleMs = windowMs + 2 * (leastMs + spreadMs) + 10;
          const fillMs = (max * 3 * (leastMs + spreadMs) + 40) * 1.5;
          const rounds = Math.floor((6 * windowMs - fillMs) / cycleMs);
          expect(requests.length).toBeGreaterThanOrEqual(Math.max(1, rounds) * max * 0.5);
        }),
        { numRuns: 30 },
      ),
  );

  test('killed workers cost no refusal, and their slots come back with the lease', { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(
        circumstances,
        fc.integer({ min: 1, max: 100 }),
        async ({ seed, max, windowMs, workers, leastMs, spreadMs }, crashPercent) => {
          const durationMs = 4 * (windowMs + leaseMs);
          const requests = await runVirtually({
            redis,
            prefix: redisPrefix(),
            server: createServer('sliding window', max, windowMs * 1000),
            gate: { limit: { max, windowMs }, leaseMs, learn: 'down' },
            seed,
            workers,
            durationMs,
            delayMs: [leastMs, leastMs + spreadMs],
            crashPercent,
          });
          expect(refusalsOf(requests)).toBe(0);
          const longestCycleMs = leaseMs + windowMs + 2 * (leastMs + spreadMs) + 1100;
          const lastMs = durationMs - longestCycleMs;
          expect(acceptedBetween(requests, lastMs, durationMs)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 30 },
    ),
  );

  test('with many asking, no window passes without admissions', { timeout: 60_000 }, async () => {
    const requests = await runVirtually({
      redis,
      prefix: redisPrefix(),
      server: createServer('sliding window', 3, 1_000_000),
      gate: { limit: { max: 3, windowMs: 1000 }, leaseMs, learn: 'down' },
      seed: 1,
      workers: 12,
      durationMs: 20_000,
      delayMs: [20, 40],
    });
    const gapsMs = requests
      .slice(1)
      .map((request, index) => request.arrivedAtMs - (requests[index]?.arrivedAtMs ?? 0));
    expect(Math.max(...gapsMs)).toBeLessThan(1200);
  });
});
