/** What `/readyz` says of the whole, in the order in which things go wrong. */
import { expect, it } from 'vitest';
import { workStateOf } from '../../src/server/health-routes.ts';
import { createBatchOperations } from '../../src/shared/ledger/batch-operations.ts';
import { until } from '../setup/until.ts';
import { openWindow, type TestWindow } from './window.ts';

function readiness(window: TestWindow): Promise<unknown> {
  return window.get('/readyz').then(async (answer) => [answer.status, await answer.json()]);
}

function untilReadiness(window: TestWindow, wanted: unknown): Promise<unknown> {
  return until(
    async () => JSON.stringify(await readiness(window)) === JSON.stringify(wanted),
    `/readyz says ${JSON.stringify(wanted)}`,
  );
}

it.each([
  [{ alive: 0, halts: 1, isPaused: true }, 'no worker'],
  [{ alive: 1, halts: 1, isPaused: true }, 'halted'],
  [{ alive: 1, halts: 0, isPaused: true }, 'paused'],
  [{ alive: 1, halts: 0, isPaused: false }, 'running'],
] as const)('with %o the work is said to be: %s', (facts, work) => {
  expect(workStateOf(facts)).toBe(work);
});

it('readiness follows workers, a pause, a halt, and a Redis that is lost and back', async () => {
  await using window = await openWindow({ simulator: { credits: 0 } });
  const { redis, configuration } = window.system.session;
  const operations = createBatchOperations({ redis, prefix: configuration.QUEUE_PREFIX });
  expect(await readiness(window)).toEqual([200, { status: 'ready', work: 'no worker' }]);
  await window.system.startWorker();
  await untilReadiness(window, [200, { status: 'ready', work: 'running' }]);
  await operations.pauseAll();
  expect(await readiness(window)).toEqual([200, { status: 'ready', work: 'paused' }]);
  await operations.resumeAll();
  await window.system.give(1);
  await untilReadiness(window, [200, { status: 'ready', work: 'halted' }]);
  redis.disconnect();
  expect(await readiness(window)).toEqual([503, { status: 'not ready', reason: 'Redis does not answer' }]);
  expect((await window.get('/healthz')).status).toBe(200);
  await redis.connect();
  await untilReadiness(window, [200, { status: 'ready', work: 'halted' }]);
});
