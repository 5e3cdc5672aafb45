/**
 * Halts with the simulated vendor, whose account is changed while links wait: nothing is charged, there are no
 * excessive calls, paid tasks are collected if possible, and the halt ends by itself.
 */
import { describe, expect, it } from 'vitest';
import type { HaltReason } from '../../src/shared/gate-state/halt-reasons.ts';
import { type Halt, hastenProbe, listHalts } from '../../src/shared/gate-state/halts.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { type System, shareLink, startSystem, testModel } from '../setup/system.ts';
import { until } from '../setup/until.ts';

type Settings = Partial<SimulatorOptions>;

const halts = ({ session }: System) => listHalts(session);

function untilHalted(system: System, reason: HaltReason): Promise<Halt> {
  return until(
    async () => (await halts(system)).find((halt) => halt.reason === reason) ?? null,
    `the halt ${reason} stands`,
  );
}

/** Brings the next probe forward, as its time is none of the test's business. */
async function probeNow({ session }: System, halt: Halt): Promise<void> {
  await hastenProbe(session, halt, Date.now());
}

/** How many there have been by then. */
function untilCallsRest({ session, simulator }: System): Promise<number> {
  return until(async () => {
    const { createCalls } = simulator.counts();
    return (await (await session.queues.queue('submit')).getActiveCount()) === 0 && createCalls;
  }, 'no call is under way');
}

async function attemptsOf(system: System, ids: readonly string[]) {
  const items = await Promise.all(ids.map((id) => system.session.ledger.item(id)));
  return items.map((item) => item?.attempts);
}

describe('halts', () => {
  it.each<[HaltReason, Settings, Settings]>([
    ['unauthorized', { condition: 'unauthorized' }, { condition: 'open' }],
    ['unauthorized', { condition: 'unauthorized', unauthorizedAs: 'http' }, { condition: 'open' }],
    ['no-credits', { credits: 5 }, { credits: 1000 }],
    ['no-credits', { credits: 0, creditsRefusalCode: 500 }, { credits: 1000 }],
    ['key-limit', { condition: 'key-limit' }, { condition: 'open' }],
    ['maintenance', { condition: 'maintenance' }, { condition: 'open' }],
    ['misconfigured', { condition: 'no-endpoint' }, { condition: 'open' }],
    ['misconfigured', { models: ['another'] }, { models: [testModel] }],
    ['model-paused', { pausedModels: [testModel] }, { pausedModels: [] }],
    ['model-paused', { disabledModels: [testModel] }, { disabledModels: [] }],
  ])('%s stops new tasks, costs no link anything and ends by itself (%o)', async (reason, closed, open) => {
    await using system = await startSystem({ simulator: closed, environment: { SUBMIT_LIMIT: '20/100ms' } });
    const ids = await system.give(60);
    await system.startWorker();
    const halt = await untilHalted(system, reason);
    expect(halt.message).not.toBe('');
    await until(async () => {
      const [now] = await halts(system);
      if (now?.probes === 0) await probeNow(system, now);
      return (now?.probes ?? 0) > 0 && (now?.trial === true || (now?.probedAt ?? 0) > halt.since);
    }, 'it was probed and not found to be over');
    expect(await attemptsOf(system, ids)).toEqual(ids.map(() => 0));
    expect(system.simulator.counts().tasks).toBe(0);
    // Calls that were under way when it began, a probe, and at most one trial; not the sixty that wait.
    expect(system.simulator.counts().createCalls).toBeLessThan(20);
    system.simulator.settings(open);
    await probeUntilEnded(system);
    await until(async () => {
      const counts = (await system.session.ledger.batch('test'))?.counts;
      return counts?.queued === 0 && counts.submitting === 0;
    }, 'every link has its task');
    expect(await attemptsOf(system, ids)).toEqual(ids.map(() => 1));
    expect(system.simulator.counts().tasks).toBe(60);
    expect(await halts(system)).toEqual([]);
  });

  it('no-credits waits until there is enough for the task that was refused', async () => {
    await using system = await startSystem({ simulator: { credits: 7 } });
    await system.give(1);
    await system.startWorker();
    const halt = await untilHalted(system, 'no-credits');
    await probeNow(system, halt);
    await until(async () => (await halts(system))[0]?.probedAt !== undefined, 'it was probed');
    expect(await halts(system)).toMatchObject([{ reason: 'no-credits', credits: 10, since: halt.since }]);
    expect(system.simulator.counts().createCalls).toBe(1);
  });

  it('no-credits of a price that its model does not know is found out by one link alone', async () => {
    await using system = await startSystem({ simulator: { credits: 15, creditsPerTask: 20 } });
    await system.give(50);
    await system.startWorker();
    const halt = await untilHalted(system, 'no-credits');
    const before = await untilCallsRest(system);
    await probeNow(system, halt);
    await until(async () => (await halts(system))[0]?.probedAt !== undefined, 'a link tried in vain');
    expect(system.simulator.counts().createCalls).toBe(before + 1);
    expect(await halts(system)).toMatchObject([{ since: halt.since, credits: 15.001 }]);
    await probeNow(system, halt);
    await until(async () => ((await halts(system))[0]?.probes ?? 0) > 0, 'the balance was asked for again');
    expect(system.simulator.counts().createCalls).toBe(before + 1);
    system.simulator.settings({ credits: 10_000 });
    await probeUntilEnded(system);
    await until(() => system.simulator.counts().tasks === 50, 'every link has its task');
  });

  it('no-credits ends after a trial whose answer says nothing', async () => {
    await using system = await startSystem({ simulator: { credits: 15, creditsPerTask: 20 } });
    await system.give(5);
    await system.startWorker();
    const halt = await untilHalted(system, 'no-credits');
    const before = await untilCallsRest(system);
    system.simulator.settings({ credits: 10_000, faults: { 'create-bad-gateway': 1 } });
    await probeNow(system, halt);
    await until(() => system.simulator.counts().createCalls > before, 'a link has tried');
    await until(async () => (await system.session.ledger.counts()).submitting === 0, 'it was answered');
    system.simulator.settings({ faults: {} });
    await probeUntilEnded(system);
    await until(() => system.simulator.counts().tasks === 5, 'every link has its task');
  });

  it('that a probe finds instead of another begin without a link having to try', async () => {
    await using system = await startSystem({ simulator: { condition: 'maintenance' } });
    await system.give(50);
    await system.startWorker();
    const halt = await untilHalted(system, 'maintenance');
    const before = await untilCallsRest(system);
    system.simulator.settings({ condition: 'open', pausedModels: [testModel] });
    await probeNow(system, halt);
    await untilHalted(system, 'model-paused');
    await until(async () => (await halts(system)).length === 1, 'maintenance is over');
    expect(system.simulator.counts().createCalls).toBe(before + 1);
  });

  it('storage-full stops new tasks until there is room, and loses no paid one', async () => {
    await using full = await startSystem({ environment: { MIN_FREE_BYTES: '4096TiB' } });
    const ids = await full.give(3);
    const worker = await full.startWorker();
    await untilHalted(full, 'storage-full');
    await worker.stop(1000);
    const tasks = full.simulator.counts().tasks;
    const roomy = await full.openSecondSession({ MIN_FREE_BYTES: '1MiB' });
    const second = await roomy.startWorker(['submit', 'status-check', 'download']);
    expect((await full.ended()).counts.saved).toBe(3);
    await second.stop(1000);
    expect(await halts(full)).toEqual([]);
    expect(tasks).toBeLessThanOrEqual(3);
    expect(await attemptsOf(full, ids)).toEqual([1, 1, 1]);
    expect(full.simulator.counts().tasks).toBe(3);
  });

  it('a key’s own cap is tried by one link alone, however many wait', async () => {
    await using system = await startSystem({ simulator: { condition: 'key-limit' } });
    await system.give(200);
    await system.startWorker();
    const halt = await untilHalted(system, 'key-limit');
    const before = await untilCallsRest(system);
    await probeNow(system, halt);
    await until(() => system.simulator.counts().createCalls > before, 'a link has tried');
    await until(async () => (await halts(system))[0]?.trial === undefined, 'nobody else may');
    expect(system.simulator.counts().createCalls).toBe(before + 1);
  });

  it('of one model let the others continue', async () => {
    await using system = await startSystem({ simulator: { pausedModels: [testModel] } });
    await system.give(100, 'paused');
    await system.startWorker();
    await untilHalted(system, 'model-paused');
    const { ledger } = system.session;
    await ledger.openBatch('other', { model: 'topaz/video-upscale', root: `${system.folder}/videos/` });
    const links = Array.from({ length: 30 }, (_, n) => ({ id: `h${n}`, url: `https://host.example/${n}` }));
    await ledger.enqueue('other', links);
    await until(() => system.simulator.counts().tasks === 30, 'all tasks of the other model are made');
    await until(
      async () => (await ledger.batch('paused'))?.counts.queued === 100,
      'the links of the paused model wait',
    );
  });

  it('let tasks that are paid be collected', async () => {
    await using system = await startSystem({ simulator: { credits: 100, taskTime: '800ms' } });
    await system.give(20);
    await system.startWorker();
    await untilHalted(system, 'no-credits');
    await until(
      async () => (await system.session.ledger.batch('test'))?.counts.saved === 10,
      'what was paid is saved',
    );
    expect((await system.session.ledger.batch('test'))?.counts).toMatchObject({ queued: 10, failed: 0 });
  });

  it('that stop queries too cost no task anything: it is collected when they are over', async () => {
    await using system = await startSystem({ simulator: { taskTime: '500ms' } });
    const ids = await system.give(5);
    await system.startWorker();
    await until(() => system.simulator.counts().tasks === 5, 'all tasks are made');
    system.simulator.settings({ condition: 'maintenance' });
    await untilHalted(system, 'maintenance');
    const { queries } = await until(async () => {
      const counts = system.simulator.counts();
      return (await (await system.session.queues.queue('status-check')).getActiveCount()) === 0 && counts;
    }, 'no query is under way');
    expect(queries).toBeLessThan(20);
    system.simulator.settings({ condition: 'open' });
    const ended = probeUntilEnded(system);
    expect((await system.ended()).counts.saved).toBe(5);
    await ended;
    expect(await attemptsOf(system, ids)).toEqual(ids.map(() => 1));
    expect(Object.keys(system.simulator.counts().links)).toHaveLength(5);
    expect(system.simulator.counts().links[shareLink(0)]?.taskIds).toHaveLength(1);
  });
});

async function probeUntilEnded(system: System): Promise<void> {
  await until(async () => {
    const [halt] = await halts(system);
    if (halt !== undefined && halt.nextProbeAt > Date.now() && halt.trial !== true)
      await probeNow(system, halt);
    return halt === undefined;
  }, 'the halt is over');
}
