/** The reading of the work with a real Redis: which batches move, and with it the time left of each. */
import type { Redis } from 'ioredis';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { beginHalt } from '../../../src/shared/gate-state/halts.ts';
import { readWork } from '../../../src/shared/gate-state/outlook.ts';
import { stages } from '../../../src/shared/jobs/catalogue.ts';
import { createBatchOperations } from '../../../src/shared/ledger/batch-operations.ts';
import { createLedger, type Ledger } from '../../../src/shared/ledger/ledger.ts';
import { loadModels } from '../../../src/shared/models/load-models.ts';
import { announceWorker } from '../../../src/shared/presence/worker-presence.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';
import { until } from '../../setup/until.ts';

describe('the reading of the work', () => {
  let redis: Redis;
  let ledger: Ledger;
  let prefix: string;

  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });
  beforeEach(() => {
    prefix = redisPrefix();
    ledger = createLedger({ redis, prefix, shareUrl: () => null });
  });

  async function give(batch: string, model: string): Promise<void> {
    await ledger.openBatch(batch, { model, root: '/videos/' });
    await ledger.enqueue(batch, [{ id: batch, url: `https://example.com/${batch}` }]);
  }

  it('tells the batches that move from those that are paused or whose model is halted', async () => {
    const logger = pino({ level: 'silent' });
    const deps = { redis, prefix, ledger, models: loadModels({ extraFiles: [] }) };
    const facts = { id: 'worker', host: 'here', pid: process.pid, stages, startedAt: 1, onlyBatch: null };
    const presence = announceWorker(
      { ...facts, version: '1' },
      () => ({ submit: [], 'status-check': [], download: [] }),
      { redis, prefix, logger },
    );
    await until(async () => (await readWork([], deps)).workers.length > 0, 'the worker is announced');
    for (const [batch, model] of Object.entries({ moves: 'one', paused: 'one', halted: 'two' }))
      await give(batch, model);
    await createBatchOperations({ redis, prefix }).pause('paused');
    await beginHalt(deps, { reason: 'model-paused', model: 'two', message: 'off', nextProbeAt: 1 });
    const paused = await ledger.batch('paused');
    const work = await readWork(paused === null ? [] : [paused], deps);
    expect(work.waiting.map(({ name }) => name).sort()).toEqual(['halted', 'moves']);
    expect(work.moving.map(({ name }) => name)).toEqual(['moves']);
    await presence.stop();
  });
});
