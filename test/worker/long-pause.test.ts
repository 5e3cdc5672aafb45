/** A vendor that asks for a pause of a day: it is shown, probed, and ended early. */
import { expect, it } from 'vitest';
import { readOverview } from '../../src/producer/overview.ts';
import { resetGate } from '../../src/shared/gate-state/gate-state.ts';
import { type System, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const dayMs = 24 * 3_600_000;

async function startThrottledSystem(): Promise<System> {
  const system = await startSystem({
    simulator: { limit: { max: 1, windowMs: dayMs }, retryAfter: 'seconds' },
  });
  await system.give(3);
  await system.startWorker();
  return system;
}

function look({ session, environment }: System) {
  return readOverview(['test'], { ...session, prefix: environment['QUEUE_PREFIX'] ?? '' });
}

async function paused(system: System) {
  return until(async () => {
    const overview = await look(system);
    return overview.vendorPause === null ? null : overview;
  }, 'the vendor has asked for a pause');
}

/** Does it until the pause is over and all links have ended. */
async function over(system: System, act: () => Promise<unknown>): Promise<void> {
  await until(async () => {
    const { vendorPause, batches } = await look(system);
    if (vendorPause !== null) await act();
    return vendorPause === null && batches[0]?.counts.saved === 3;
  }, 'the pause is over');
}

it('a pause of a day is shown with its end instead of a forecast, and a probe ends it early', async () => {
  await using system = await startThrottledSystem();
  const { vendorPause, batches } = await paused(system);
  expect(vendorPause?.message).toMatch(/frequency/);
  expect((vendorPause?.until ?? 0) - (vendorPause?.since ?? 0)).toBeGreaterThan(dayMs - 60_000);
  expect(batches[0]).toMatchObject({ situation: { kind: 'vendor-pause' }, etaMs: null });
  system.simulator.settings({ limit: { max: 1000, windowMs: 1000 } });
  // As if two minutes had passed; again where a refusal that was on its way has begun the pause anew.
  await over(system, () =>
    system.session.redis.hset(`${system.environment['QUEUE_PREFIX']}:gate:submit`, 'pauseProbeAt', 1),
  );
  expect((await system.ended()).counts.saved).toBe(3);
  expect((await look(system)).vendorPause).toBeNull();
});

it('a reset of the gate ends a pause of a day at once', async () => {
  await using system = await startThrottledSystem();
  await paused(system);
  system.simulator.settings({ limit: { max: 1000, windowMs: 1000 } });
  await over(system, () => resetGate(system.session, 'submit'));
  expect((await system.ended()).counts.saved).toBe(3);
});
