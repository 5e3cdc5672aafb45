/** A link with two tasks, one of which came to light late: the result of either is enough, and a third is never paid. */
import { describe, expect, it } from 'vitest';
import { recordFoundTask } from '../../src/shared/ledger/found-task.ts';
import type { Item } from '../../src/shared/ledger/item.ts';
import { followSpareTask } from '../../src/worker/spare-task.ts';
import type { Step } from '../../src/worker/step.ts';
import { anItem } from '../setup/an-item.ts';
import { type System, shareLink, startSystem } from '../setup/system.ts';
import { makeVendorTask } from '../setup/vendor-task.ts';

const spare = (changes: Partial<Item> = {}) =>
  anItem({ state: 'processing', taskIds: ['late', 'followed'], spareTasks: ['late'], ...changes });
const follow = { kind: 'follow-other', taskId: 'late', message: 'why' } as const;

describe('when the followed task gives no result, the other one', () => {
  const resubmit: Step = { kind: 'resubmit', delayMs: 1, message: 'why', credits: 3 };
  const fail: Step = { kind: 'fail', reason: 'generation-failed', message: 'why', unpaid: true };

  it('is followed instead of paying for a third', () => {
    expect(followSpareTask(resubmit, spare())).toEqual({ ...follow, unpaid: true, credits: 3 });
    const unsure: Step = { kind: 'resubmit-unsure', delayMs: 1, cost: 'attempt', message: 'why' };
    expect(followSpareTask(unsure, spare())).toEqual(follow);
  });

  it('is followed before the link fails', () => {
    expect(followSpareTask(fail, spare())).toEqual({ ...follow, unpaid: true });
  });

  it('is not followed while the first may still have a result, which would then be paid for again', () => {
    const slow: Step = { kind: 'fail', reason: 'task-timeout', message: 'why' };
    const held: Step = { kind: 'hold', message: 'why' };
    const unfetched: Step = { kind: 'fail', reason: 'download-failed', message: 'why' };
    expect(followSpareTask(slow, spare())).toBe(slow);
    expect(followSpareTask(held, spare())).toBe(held);
    expect(followSpareTask(unfetched, spare({ state: 'downloading' }))).toBe(unfetched);
  });

  it('is left where there is none, where nothing is followed yet, and where the link was saved', () => {
    for (const item of [
      spare({ spareTasks: [] }),
      spare({ state: 'submitting' }),
      spare({ state: 'queued' }),
      spare({ savedAt: 1 }),
    ])
      expect(followSpareTask(fail, item)).toBe(fail);
    const download: Step = { kind: 'download', urls: ['https://example.com'], credits: 1 };
    expect(followSpareTask(download, spare())).toBe(download);
  });
});

/** A link whose followed task has `fault` at the vendor, and another task that has not. */
async function twoTasks(system: System): Promise<string> {
  const [id = ''] = await system.give(1);
  const { ledger } = system.session;
  await ledger.take(10);
  await ledger.move('beginSubmit', id, {
    stamp: ['submittedAt'],
    reserveCredits: { credits: 10, base: 10 },
  });
  for (const attempt of [1, 2]) {
    const taskId = await makeVendorTask(system, shareLink(0));
    await recordFoundTask(ledger, id, { taskId, attempt, by: 'answer' });
  }
  return id;
}

describe('a link with two tasks', () => {
  it('is saved from the second where the first has failed, and nothing else is paid', async () => {
    const failing = { contains: shareLink(0), fault: 'task-fails-500', times: 1 } as const;
    await using system = await startSystem({ simulator: { linkFaults: [failing], taskTime: '50ms' } });
    const id = await twoTasks(system);
    const { ledger, queues } = system.session;
    await queues.add('status-check', id);
    await system.startWorker();
    await system.ended();
    const [failed = '', good = ''] = system.simulator.counts().links[shareLink(0)]?.taskIds ?? [];
    expect(system.simulator.counts().createCalls).toBe(2);
    expect(await ledger.item(id)).toMatchObject({
      state: 'saved',
      taskIds: [failed, good],
      spareTasks: [],
      creditsSpent: 10,
    });
    expect(await ledger.batch('test')).toMatchObject({ creditsSpent: 10 });
    expect(
      await system.session.redis.hmget(`${system.environment['QUEUE_PREFIX']}:item:${id}`, 'q', 'l'),
    ).toEqual([null, null]);
  });

  it('is paid for again only when both have failed', async () => {
    const failing = { contains: shareLink(0), fault: 'task-fails-500' } as const;
    await using system = await startSystem({ simulator: { linkFaults: [failing], taskTime: '50ms' } });
    const id = await twoTasks(system);
    const { ledger, queues } = system.session;
    await queues.add('status-check', id);
    await system.startWorker();
    await system.ended();
    expect(await ledger.item(id)).toMatchObject({
      state: 'failed',
      reason: 'generation-failed',
      creditsSpent: 0,
    });
    const tasks = system.simulator.counts().links[shareLink(0)]?.taskIds ?? [];
    expect((await ledger.item(id))?.taskIds).toEqual([tasks[0], tasks[1], tasks[2]]);
  });
});
