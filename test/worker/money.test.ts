/** What a batch may spend, with real workers against the simulated vendor. */
import { describe, expect, it } from 'vitest';
import { shareLink, startSystem } from '../setup/system.ts';
import { until } from '../setup/until.ts';

describe('--max-credits', () => {
  it('holds to the credit with several workers, and what is left over ends with the reason', async () => {
    await using system = await startSystem();
    await system.session.ledger.openBatch('test', { model: 'sora-watermark-remover', root: '/' });
    await system.session.ledger.setBudget('test', 255, 10);
    const ids = await system.give(600);
    await system.startWorker();
    const second = await (await system.openSecondSession()).startWorker([
      'submit',
      'status-check',
      'download',
    ]);
    const batch = await system.ended();
    await second.stop(1000);
    expect(batch).toMatchObject({ creditsSpent: 250, counts: { saved: 25, failed: 575 } });
    expect(batch.failures).toEqual({ 'budget-exhausted': 575 });
    expect(system.simulator.counts().tasks).toBe(25);
    const items = await Promise.all(ids.map((id) => system.session.ledger.item(id)));
    const message = items.find((item) => item?.state === 'failed')?.message;
    expect(message).toContain('255 credits');
    expect(message).toContain('kie-batch retry test --reason budget-exhausted');
  });

  it('gives the credits of failed tasks to links that wait', async () => {
    const failing = new Set(Array.from({ length: 10 }, (_, n) => shareLink(n)));
    await using system = await startSystem({
      hooks: {
        faultOf: ({ place, link }) => (place === 'task' && failing.has(link) ? 'task-fails-422' : undefined),
      },
    });
    await system.session.ledger.openBatch('test', { model: 'sora-watermark-remover', root: '/' });
    await system.session.ledger.setBudget('test', 100, 10);
    await system.give(30);
    await system.startWorker();
    const batch = await system.ended();
    expect(batch).toMatchObject({ creditsSpent: 100, counts: { saved: 10, failed: 20 } });
    expect(batch.failures).toEqual({ 'generation-failed': 10, 'budget-exhausted': 10 });
  });

  it('costs other batches nothing', async () => {
    await using system = await startSystem();
    const { ledger } = system.session;
    await ledger.openBatch('poor', { model: 'sora-watermark-remover', root: '/' });
    await ledger.setBudget('poor', 0, 10);
    await ledger.enqueue(
      'poor',
      Array.from({ length: 20 }, (_, n) => ({ id: `s_p${n}`, url: `https://sora.chatgpt.com/p/s_p${n}` })),
    );
    await system.give(20);
    await system.startWorker();
    expect((await system.ended()).counts.saved).toBe(20);
    expect((await system.ended('poor')).failures).toEqual({ 'budget-exhausted': 20 });
  });

  it('can be raised: the remaining links are retried', async () => {
    await using system = await startSystem();
    const { ledger, queues } = system.session;
    await ledger.openBatch('test', { model: 'sora-watermark-remover', root: '/' });
    await ledger.setBudget('test', 10, 10);
    const ids = await system.give(3);
    await system.startWorker();
    expect((await system.ended()).failures).toEqual({ 'budget-exhausted': 2 });
    await ledger.setBudget('test', 20, 10);
    for (const id of ids) {
      const { moved } = await ledger.move('requeue', id, { reason: null }, { expect: { state: 'failed' } });
      if (moved) await queues.add('submit', id);
    }
    const batch = await until(async () => {
      const now = await ledger.batch('test');
      return now?.counts.saved === 2 && now.counts.failed === 1 ? now : null;
    }, 'one more is saved');
    expect(batch.creditsSpent).toBe(20);
  });
});
