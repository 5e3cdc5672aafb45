/** Items that Redis has lost the place of: after a restart that kept half of a script's changes. */
import pino from 'pino';
import { expect, it } from 'vitest';
import { createLostItemSearch } from '../../src/worker/lost-items.ts';
import { startSystem } from '../setup/system.ts';

const logger = pino({ level: 'silent' });

it('are found when nothing of their batch has moved, and are saved', async () => {
  await using system = await startSystem({ simulator: { taskTime: '50ms' } });
  const [lost = '', ...others] = await system.give(3);
  const { ledger, redis, queues } = system.session;
  const prefix = system.environment['QUEUE_PREFIX'] ?? '';
  // Taken from the backlog, and come nowhere.
  await redis.lrem(`${prefix}:batch:test:backlog`, 0, lost);
  await ledger.take(10);
  const search = createLostItemSearch(ledger, logger);
  expect([await search(), await search(), await search()]).toEqual([0, 1, 0]);
  expect(await redis.zrange(`${prefix}:active`, '0', '-1')).toEqual(
    expect.arrayContaining([lost, ...others]),
  );
  for (const id of others) await queues.add('submit', id);
  await system.startWorker();
  expect((await system.ended()).counts.saved).toBe(3);
});

it('are not looked for where links wait or move', async () => {
  await using system = await startSystem();
  const [lost = ''] = await system.give(3);
  const { ledger, redis } = system.session;
  const prefix = system.environment['QUEUE_PREFIX'] ?? '';
  await redis.lrem(`${prefix}:batch:test:backlog`, 0, lost);
  const search = createLostItemSearch(ledger, logger);
  expect([await search(), await search()]).toEqual([0, 0]);
  const { ids } = await ledger.take(10);
  expect(await search()).toBe(0);
  await ledger.move('beginSubmit', ids[0] ?? '', { stamp: ['submittedAt'] });
  expect(await search()).toBe(0);
  expect(await search()).toBe(1);
});

it('are looked for ever more rarely while nothing of a batch moves', async () => {
  const pages: number[] = [];
  let call = 0;
  const ledger = {
    idleBatches: async () => ({ checked: 1, found: [['batch', 'the same counts']] as const }),
    findLost: async () => {
      pages.push(call);
      return { checked: 0, ids: [] };
    },
  };
  const search = createLostItemSearch(ledger, logger);
  for (; call <= 91; call += 1) await search();
  expect(pages).toEqual([1, 2, 4, 8, 16, 30, 60, 90]);
});
