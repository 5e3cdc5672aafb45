/** Halts: one for all processes, and one probe however many wait. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { beginHalt, claimProbe, endHalt, listHalts } from '../../../src/shared/gate-state/halts.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

const redis = connectTestRedis();
afterAll(() => redis.quit());

let prefix: string;
beforeEach(() => {
  prefix = redisPrefix();
});

const paused = { reason: 'model-paused', model: 'm' } as const;
const leaseMs = 60_000;

describe('halts', () => {
  test('a halt that is reported again keeps its beginning and the later probe', async () => {
    const nextProbeAt = Date.now() + 60_000;
    expect(await beginHalt({ redis, prefix }, { ...paused, message: 'first', nextProbeAt })).toBe(true);
    const [first] = await listHalts({ redis, prefix });
    expect(await beginHalt({ redis, prefix }, { ...paused, message: 'second', nextProbeAt: 1 })).toBe(false);
    expect(await listHalts({ redis, prefix })).toEqual([
      { ...first, message: 'second', nextProbeAt, probes: 0 },
    ]);
  });

  test('halts of the account and of models coexist, the oldest first', async () => {
    await beginHalt({ redis, prefix }, { ...paused, message: 'off', nextProbeAt: 1 });
    await beginHalt({ redis, prefix }, { reason: 'no-credits', message: 'broke', nextProbeAt: 1 });
    const reasons = (await listHalts({ redis, prefix })).map(({ reason, model }) => [reason, model]);
    expect(reasons).toEqual(
      expect.arrayContaining([
        ['model-paused', 'm'],
        ['no-credits', null],
      ]),
    );
    expect(await endHalt({ redis, prefix }, paused)).toBe(true);
    expect(await endHalt({ redis, prefix }, paused)).toBe(false);
    expect(await listHalts({ redis, prefix })).toHaveLength(1);
  });
});

describe('probes', () => {
  test('of a thousand that ask at once, one probes', async () => {
    await beginHalt({ redis, prefix }, { ...paused, message: 'off', nextProbeAt: 1 });
    const claims = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        claimProbe({ redis, prefix }, { ...paused, claimant: `worker ${index}`, leaseMs }),
      ),
    );
    expect(claims.filter(({ claimed }) => claimed)).toEqual([{ claimed: true, probes: 1 }]);
    expect(claims.find(({ claimed }) => !claimed)).toMatchObject({ gone: false });
  });

  test('there is no probe before its time', async () => {
    await beginHalt({ redis, prefix }, { ...paused, message: 'off', nextProbeAt: Date.now() + 60_000 });
    const claim = await claimProbe({ redis, prefix }, { ...paused, claimant: 'a', leaseMs });
    expect(claim).toMatchObject({ claimed: false, gone: false });
  });

  test('a claim ends with its lease, or with the next report', async () => {
    await beginHalt({ redis, prefix }, { ...paused, message: 'off', nextProbeAt: 1 });
    expect(await claimProbe({ redis, prefix }, { ...paused, claimant: 'killed', leaseMs: 0 })).toMatchObject({
      claimed: true,
    });
    expect(await claimProbe({ redis, prefix }, { ...paused, claimant: 'b', leaseMs })).toEqual({
      claimed: true,
      probes: 2,
    });
    await beginHalt({ redis, prefix }, { ...paused, message: 'still off', nextProbeAt: 1 });
    expect(await claimProbe({ redis, prefix }, { ...paused, claimant: 'c', leaseMs })).toEqual({
      claimed: true,
      probes: 3,
    });
  });

  test('a halt that has ended is over for all callers', async () => {
    expect(await claimProbe({ redis, prefix }, { ...paused, claimant: 'a', leaseMs })).toEqual({
      claimed: false,
      waitMs: 0,
      gone: true,
    });
  });
});
