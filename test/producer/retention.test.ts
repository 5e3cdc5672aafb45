/** Retention: when a batch is gone through, as tables; and that a round forgets what it should, against a real Redis. */
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { endedBefore, mayBeDue, rememberDue, retainOnce } from '../../src/producer/retention.ts';
import type { Batch } from '../../src/shared/ledger/batch.ts';
import { createLedger } from '../../src/shared/ledger/ledger.ts';
import { connectTestRedis, redisPrefix } from '../setup/redis.ts';
import { noCounts, sampleBatch } from '../setup/sample-batch.ts';

const day = 86_400_000;
const now = 1_800_000_000_000;

const batchOf = (counts: Partial<Batch['counts']>, ageDays: number) =>
  sampleBatch(counts, { createdAt: now - ageDays * day });

describe('retention', () => {
  it('knows what has to have ended by when', () => {
    expect(endedBefore({ savedDays: 30, failedDays: undefined }, now)).toEqual({
      saved: now - 30 * day,
      failed: null,
    });
  });

  const rules = { savedDays: 30, failedDays: 7 };
  it.each([
    ['an old batch with saved links', batchOf({ saved: 1 }, 31), null, true],
    ['a batch that is younger than any rule', batchOf({ saved: 1 }, 6), null, false],
    ['an old batch with nothing ended', batchOf({ queued: 1 }, 90), null, false],
    ['an old batch that is empty', batchOf({}, 90), null, true],
    ['one that was gone through and is not due yet', batchOf({ saved: 1 }, 90), `30/7 ${now + 1}`, false],
    ['one that is due again', batchOf({ saved: 1 }, 90), `30/7 ${now}`, true],
    ['one that was gone through under other rules', batchOf({ saved: 1 }, 90), `90/7 ${now + day}`, true],
  ])('%s', (_what, batch, remembered, expected) => {
    expect(mayBeDue(batch, remembered, rules, now)).toBe(expected);
  });

  it('does not look again before the first of the kept links can be due', () => {
    expect(rememberDue(now - 2 * day, rules, now)).toBe(`30/7 ${now + 5 * day}`);
    expect(rememberDue(null, rules, now)).toBe(`30/7 ${now + 7 * day}`);
    expect(rememberDue(now - 90 * day, rules, now)).toBe(`30/7 ${now + 3_600_000}`);
  });

  it('forgets failed links after their days and saved ones later, once for all workers', async () => {
    const redis = connectTestRedis();
    try {
      const prefix = redisPrefix();
      const ledger = createLedger({
        redis,
        prefix,
        shareUrl: (_model, id) => `https://sora.chatgpt.com/p/${id}`,
      });
      await ledger.openBatch('b', { model: 'm', root: '/' });
      await ledger.enqueue(
        'b',
        ['s_a', 's_b', 's_c'].map((id) => ({ id, url: `https://sora.chatgpt.com/p/${id}` })),
      );
      await ledger.take(2);
      await ledger.move('fail', 's_a', { reason: 'rejected' });
      await ledger.move('beginSubmit', 's_b');
      await ledger.move('recordTask', 's_b', { taskId: 't' });
      await ledger.move('beginDownload', 's_b');
      await ledger.move('save', 's_b', { stamp: ['savedAt'] });
      const inDays = (days: number) => {
        const clock = { now: () => Date.now() + days * day };
        return { redis, prefix, ledger, clock, logger: pino({ level: 'silent' }) };
      };
      expect(await retainOnce(rules, inDays(6))).toBe(0);
      const rounds = await Promise.all([retainOnce(rules, inDays(8)), retainOnce(rules, inDays(8))]);
      expect(rounds.sort()).toEqual([0, 1]);
      expect((await ledger.batch('b'))?.counts).toEqual({ ...noCounts, queued: 1, saved: 1 });
      expect(await retainOnce(rules, inDays(9))).toBe(0);
      expect(await retainOnce(rules, inDays(31))).toBe(1);
      expect((await ledger.batch('b'))?.counts).toEqual({ ...noCounts, queued: 1 });
    } finally {
      await redis.quit();
    }
  });
});
