/** The brake for a model that refuses or fails everything, with real workers against the simulated vendor. */
import { describe, expect, it } from 'vitest';
import { hastenProbe, listHalts } from '../../src/shared/gate-state/halts.ts';
import { type System, shareLink, startSystem, testModel } from '../setup/system.ts';
import { until } from '../setup/until.ts';

const failing = async (system: System) =>
  (await listHalts(system.session)).find(({ reason }) => reason === 'model-failing') ?? null;

/** Brings every trial forward until the halt is over. */
function tryUntilOver(system: System): Promise<boolean> {
  return until(async () => {
    const halt = await failing(system);
    if (halt !== null && !halt.trial) await hastenProbe(system.session, halt, Date.now());
    return halt === null;
  }, 'the model works again');
}

describe('a model that fails every task', () => {
  it('is halted after ten, one link at a time tries, and every link is saved once it works', async () => {
    let works = false;
    await using system = await startSystem({
      environment: { MAX_IN_FLIGHT: '20' },
      hooks: { faultOf: ({ place }) => (place === 'task' && !works ? 'task-fails-500' : undefined) },
    });
    await system.give(100);
    await system.startWorker();
    const halt = await until(() => failing(system), 'the model is halted');
    expect(halt).toMatchObject({ model: testModel, message: expect.stringContaining('internal error') });
    const { ledger } = system.session;
    await until(async () => (await ledger.counts()).processing === 0, 'what was under way has ended');
    const before = system.simulator.counts().tasks;
    expect(before).toBeLessThan(10 + 2 * 20);
    await hastenProbe(system.session, halt, Date.now());
    await until(() => system.simulator.counts().tasks > before, 'trying one link');
    await until(async () => (await ledger.counts()).processing === 0, 'it has failed too');
    expect(system.simulator.counts().tasks).toBe(before + 1);
    expect(await failing(system)).not.toBeNull();
    works = true;
    await tryUntilOver(system);
    const items = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        ledger.item(shareLink(n).slice(shareLink(n).lastIndexOf('/') + 1)),
      ),
    );
    expect(items.filter((item) => item?.state === 'failed')).toEqual([]);
  });

  it('is halted while it refuses every link, which fails only the first nine', async () => {
    let works = false;
    await using system = await startSystem({
      environment: { MAX_IN_FLIGHT: '5' },
      hooks: { faultOf: ({ place }) => (place === 'create' && !works ? 'create-rejected' : undefined) },
    });
    await system.give(60);
    await system.startWorker();
    await until(() => failing(system), 'the model is halted');
    works = true;
    await tryUntilOver(system);
    await until(
      async () => ((await system.session.ledger.batch('test'))?.counts.saved ?? 0) > 40,
      'most are saved',
    );
    expect((await system.session.ledger.batch('test'))?.failures.rejected ?? 0).toBeLessThan(10);
  });
});
