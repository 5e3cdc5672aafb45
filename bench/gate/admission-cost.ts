/** What one admission costs Redis, by its own account, with so many slots in use. */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { createGate } from '../../src/worker/gate/gate.ts';

const slotCounts = [20, 200, 2000, 20_000] as const;
const samples = 2000;

export interface Cost {
  slots: number;
  'µs of Redis an admission': number;
  'µs an answer': number;
  'µs a look': number;
}

export async function admissionCosts(redis: Redis): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const slots of slotCounts) costs.push(await costWith(redis, slots));
  return costs;
}

async function costWith(redis: Redis, slots: number): Promise<Cost> {
  const limit = { max: slots, windowMs: 3_600_000 };
  const prefix = `{bench-${randomUUID()}}`;
  const options = { redis, prefix, operation: 'submit', limit, leaseMs: 60_000, learn: 'down' } as const;
  const gate = createGate({ ...options, maxInFlight: 1_000_000 });
  const take = async (holder: string) => {
    const admission = await gate.admit(holder);
    if (!admission.go) throw new Error(`not admitted: ${admission.why}`);
    return admission.slot;
  };
  for (let index = 1; index < slots; index += 1) {
    await gate.settle(await take(`filler-${index}`), { kind: 'counted' });
  }
  const [admit, settle, look] = [meter(redis), meter(redis), meter(redis)];
  for (let index = 0; index < samples; index += 1) {
    const slot = await admit.during(() => take(`sample-${index}`));
    await settle.during(() => gate.settle(slot, { kind: 'unused' }));
    await look.during(() => gate.free());
  }
  return {
    slots,
    'µs of Redis an admission': admit.meanUs(),
    'µs an answer': settle.meanUs(),
    'µs a look': look.meanUs(),
  };
}

/** Reads Redis's own total before and after a sample of the calls: reading it at each would cost more than they do. */
function meter(redis: Redis): { during: <T>(call: () => Promise<T>) => Promise<T>; meanUs: () => number } {
  let [calls, measured, totalUs] = [0, 0, 0];
  return {
    during: async (call) => {
      calls += 1;
      if (calls % 10 !== 0) return call();
      const beforeUs = await scriptUs(redis);
      const result = await call();
      totalUs += (await scriptUs(redis)) - beforeUs;
      measured += 1;
      return result;
    },
    meanUs: () => Math.round((10 * totalUs) / measured) / 10,
  };
}

async function scriptUs(redis: Redis): Promise<number> {
  const stats = await redis.info('commandstats');
  return Number(/cmdstat_evalsha:.*?usec=(\d+)/.exec(stats)?.[1] ?? 0);
}
