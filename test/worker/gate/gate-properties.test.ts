/** What the gate promises whatever the schedule: over random limits, latencies, workers and crashes. */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { createServer } from '../../../bench/gate/servers.ts';
import { runVirtually } from '../../../bench/gate/virtual-gate.ts';
import { createGate, type Gate } from '../../../src/worker/gate/gate.ts';
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
  test('a limit that is known is used, and never exceeded in any window at the server', () =>
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
    ));

  test('killed workers cost no refusal, and their slots are freed with the lease', () =>
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
    ));

  test('with many asking, no window passes without admissions', () =>
    fc.assert(
      fc.asyncProperty(
        circumstances,
        fc.integer({ min: 6, max: 12 }),
        async ({ seed, max, windowMs, leastMs, spreadMs }, workers) => {
          const mostMs = leastMs + spreadMs;
          const requests = await runVirtually({
            redis,
            prefix: redisPrefix(),
            server: createServer('sliding window', max, windowMs * 1000),
            gate: { limit: { max, windowMs }, leaseMs, learn: 'down' },
            seed,
            workers,
            durationMs: 4 * windowMs,
            delayMs: [leastMs, mostMs],
          });
          const gapsMs = requests
            .slice(1)
            .map((request, index) => request.arrivedAtMs - (requests[index]?.arrivedAtMs ?? 0));
          expect(Math.max(0, ...gapsMs)).toBeLessThan(windowMs + 2 * mostMs + 260);
        },
      ),
      { numRuns: 15 },
    ));

  test('no slot is lost for longer than its lease and a window, whatever becomes of it', async () => {
    const verdicts = ['counted', 'ambiguous', 'unusable', 'unused', 'refused', 'never settled'] as const;
    const call = fc.record({ waitMs: fc.nat(300), verdict: fc.constantFrom(...verdicts) });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 25 }), async (calls) => {
        let nowMs = 1_800_000_000_000;
        const max = 8;
        const gate = createGate({
          redis,
          prefix: redisPrefix(),
          operation: 'submit',
          limit: { max, windowMs: 1000 },
          leaseMs,
          learn: 'down',
          nowUs: () => nowMs * 1000,
        });
        const isRefused = calls.some(({ verdict }) => verdict === 'refused');
        for (const [index, { waitMs, verdict }] of calls.entries()) {
          nowMs += waitMs;
          const admission = await gate.admit(`link-${index}.try`);
          if (admission.go && verdict !== 'never settled')
            await gate.settle(admission.slot, { kind: verdict });
        }
        // The longest pause after answers of no use is over as well.
        nowMs += Math.max(leaseMs + 1000, 30_000) + 2;
        const { freeSlots } = await gate.free();
        expect(freeSlots).toBeGreaterThanOrEqual(1);
        if (!isRefused) expect(await takeAll(gate, max)).toBe(max);
      }),
      { numRuns: 40 },
    );
  });
});

/** How many are let in at one instant, each answered at once; the first of them ends what trouble there was. */
async function takeAll(gate: Gate, most: number): Promise<number> {
  for (let taken = 0; taken <= most; taken += 1) {
    const admission = await gate.admit(`after-${taken}.try`);
    if (!admission.go) return taken;
    await gate.settle(admission.slot, { kind: 'counted' });
  }
  return most + 1;
}
