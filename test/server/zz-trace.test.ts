import { it } from 'vitest';
import { startServedSystem } from './served-system.ts';
import { shareLink } from '../setup/system.ts';
it('x', async () => {
  const lost = new Set(Array.from({ length: 40 }, (_, n) => shareLink(n * 10)));
  await using system = await startServedSystem({ hooks: {faultOf: ({ place, link, count }) => place === 'create' && count === 1 && lost.has(link) ? 'create-answer-lost' : undefined}, simulator: { taskTime: '20ms-120ms' } });
  const ids = await system.give(400);
  const t = performance.now();
  await system.startWorker();
  for (let i = 0; i < 40; i++) {
    await new Promise((r) => setTimeout(r, 500));
    const b = await system.session.ledger.batch('test');
    const c = system.simulator.counts();
    console.log(Math.round(performance.now() - t), JSON.stringify(b?.counts), 'created', c.tasks, 'queries', c.queries, JSON.stringify(c.callbacks));
    if (b?.counts.saved === 400) break;
  }
  const items = await Promise.all(ids.map((id) => system.session.ledger.item(id)));
  for (const item of items.filter((i) => i?.state !== 'saved').slice(0, 3)) {
    console.log('{', JSON.stringify(item), await (await system.session.queues.queue('submit').getJob(item!.id))?.getState(), await (await system.session.queues.queue('status-check').getJob(item!.id))?.getState());
  }
  console.log('{', await system.session.redis.hgetall(system.environment['QUEUE_PREFIX'] + ':gate:submit'));
}, 60000);
