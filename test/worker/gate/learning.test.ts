/** What the gate learns from a server whose limit is not what was configured. Virtual time, the real scripts. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createServer, type LimitingServer } from '../../../bench/gate/servers.ts';
import { type Request, runVirtually } from '../../../bench/gate/virtual-gate.ts';
import { readGate, resetGate } from '../../../src/shared/gate-state/gate-state.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { acceptedBetween, refusalsOf } from './count-requests.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

const windowMs = 10_000;
let prefix: string;
beforeEach(() => {
  prefix = redisPrefix();
});

interface Course {
  readonly server: LimitingServer;
  readonly windows: number;
  readonly learn?: 'both' | 'down';
  readonly configured?: number;
  readonly changes?: readonly { readonly atWindow: number; readonly max: number }[];
}

function run({ server, windows, learn = 'both', configured = 20, changes = [] }: Course): Promise<Request[]> {
  return runVirtually({
    redis,
    prefix,
    server,
    gate: { limit: { max: configured, windowMs }, leaseMs: 30_000, learn },
    seed: 7,
    workers: 2,
    durationMs: windows * windowMs,
    delayMs: [40, 50],
    events: changes.map(({ atWindow, max }) => ({
      atMs: atWindow * windowMs,
      run: () => server.setLimit(max),
    })),
  });
}

const sliding = (max: number) => createServer('sliding window', max, windowMs * 1000);

async function learnedLimit(): Promise<number | undefined> {
  return (await readGate({ redis, prefix }, 'submit'))?.limit.max;
}

describe('learning the limit', () => {
  test('half of what was configured is found with few refusals', async () => {
    const requests = await run({ server: sliding(10), windows: 6 });
    expect(await learnedLimit()).toBe(10);
    expect(refusalsOf(requests)).toBeLessThanOrEqual(3);
  });

  test('twice what was configured is found within the first windows', async () => {
    const requests = await run({ server: sliding(40), windows: 6 });
    expect(await learnedLimit()).toBe(40);
    expect(acceptedBetween(requests, 3 * windowMs, 6 * windowMs)).toBeGreaterThanOrEqual(117);
    expect(refusalsOf(requests)).toBeLessThanOrEqual(2);
  });

  test('a limit that falls is followed down', async () => {
    const requests = await run({ server: sliding(20), windows: 10, changes: [{ atWindow: 5, max: 8 }] });
    expect(await learnedLimit()).toBe(8);
    expect(refusalsOf(requests)).toBeLessThanOrEqual(8);
  });

  test('a limit that rises is found when the next attempt is due', async () => {
    await run({ server: sliding(20), windows: 12, changes: [{ atWindow: 3, max: 30 }] });
    expect(await learnedLimit()).toBe(30);
  });

  test('a limit configured as the most there is costs no refusal and is never exceeded', async () => {
    const requests = await run({ server: sliding(40), windows: 20, learn: 'down' });
    expect(refusalsOf(requests)).toBe(0);
    expect(await learnedLimit()).toBe(20);
  });

  test('a limit configured as the most there is: a fall is followed, and so is the way back up to it', async () => {
    const server = sliding(20);
    const changes = [
      { atWindow: 4, max: 9 },
      { atWindow: 10, max: 14 },
      { atWindow: 40, max: 60 },
    ];
    const requests = await run({ server, windows: 60, learn: 'down', changes });
    expect(acceptedBetween(requests, 6 * windowMs, 9 * windowMs)).toBeGreaterThanOrEqual(26);
    expect(acceptedBetween(requests, 36 * windowMs, 39 * windowMs)).toBeGreaterThanOrEqual(41);
    expect(acceptedBetween(requests, 57 * windowMs, 60 * windowMs)).toBeGreaterThanOrEqual(59);
    expect(await learnedLimit()).toBe(20);
  });

  test('one refusal without a reason is soon made up for', async () => {
    const honest = sliding(20);
    let calls = 0;
    const server: LimitingServer = {
      arrive: (nowUs) => {
        calls += 1;
        return calls !== 50 && honest.arrive(nowUs);
      },
      setLimit: honest.setLimit,
    };
    const requests = await run({ server, windows: 20, learn: 'down' });
    expect(refusalsOf(requests)).toBe(1);
    expect(await learnedLimit()).toBe(20);
    expect(acceptedBetween(requests, 4 * windowMs, 7 * windowMs)).toBeGreaterThanOrEqual(50);
  });

  test('what was learned survives a restart', async () => {
    await run({ server: sliding(10), windows: 4 });
    const requests = await run({ server: sliding(10), windows: 1 });
    expect(refusalsOf(requests)).toBe(0);
  });

  test('a reset and another configured limit start afresh', async () => {
    await run({ server: sliding(10), windows: 4 });
    await resetGate({ redis, prefix }, 'submit');
    expect(await readGate({ redis, prefix }, 'submit')).toBeNull();
    await run({ server: sliding(12), windows: 3, configured: 15 });
    expect(await learnedLimit()).toBe(12);
  });

  test.each(['fixed window', 'token bucket'] as const)('a %s server is understood too', async (kind) => {
    const requests = await run({ server: createServer(kind, 10, windowMs * 1000), windows: 30 });
    expect(acceptedBetween(requests, 3 * windowMs, 30 * windowMs)).toBeGreaterThanOrEqual(262);
    expect(refusalsOf(requests)).toBeLessThanOrEqual(12);
  });
});
