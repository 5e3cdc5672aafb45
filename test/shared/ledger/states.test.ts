/** The state machine: its diagram in the documents, and random walks against a real Redis. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../../../src/shared/ledger/ledger.ts';
import {
  itemStates,
  stateDiagram,
  type TransitionName,
  transitions,
} from '../../../src/shared/ledger/states.ts';
import { connectTestRedis, redisPrefix } from '../../setup/redis.ts';

describe('the states of an item', () => {
  let redis: Redis;
  beforeAll(() => {
    redis = connectTestRedis();
  });
  afterAll(async () => {
    await redis.quit();
  });

  it('are drawn in docs/states.md as they are in the code', () => {
    expect(readFileSync('docs/states.md', 'utf8')).toContain(stateDiagram());
  });

  it('can each be left or are an end, and can all be reached', () => {
    const reached = new Set<string>(['queued', ...Object.values(transitions).map(({ to }) => to)]);
    expect([...reached].sort()).toEqual([...itemStates].sort());
  });

  it('are counted right in every batch after any walk', async () => {
    const names = Object.keys(transitions) as TransitionName[];
    const walk = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom('s_a', 's_b', 's_c')), {
      minLength: 5,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(walk, async (moves) => {
        const ledger = createLedger({ redis, prefix: redisPrefix(), shareUrl: () => null });
        const links = ['s_a', 's_b', 's_c'].map((id) => ({ id, url: `https://sora.chatgpt.com/p/${id}` }));
        for (const batch of ['one', 'two']) {
          await ledger.openBatch(batch, { model: 'm', root: '/' });
          await ledger.enqueue(batch, batch === 'one' ? links : links.slice(1));
        }
        const states = new Map<string, string>(links.map(({ id }) => [id, 'queued']));
        for (const [name, id] of moves) {
          const { from, to } = transitions[name];
          const before = states.get(id) ?? '';
          const { moved } = await ledger.move(name, id, name === 'fail' ? { reason: 'rejected' } : {});
          expect(moved).toBe((from as readonly string[]).includes(before));
          if (moved) states.set(id, to);
        }
        const expected = (ids: string[]) =>
          Object.fromEntries(
            itemStates.map((state) => [state, ids.filter((id) => states.get(id) === state).length]),
          );
        expect(await ledger.counts()).toEqual(expected(['s_a', 's_b', 's_c']));
        expect((await ledger.batch('one'))?.counts).toEqual(expected(['s_a', 's_b', 's_c']));
        expect((await ledger.batch('two'))?.counts).toEqual(expected(['s_b', 's_c']));
      }),
      { numRuns: 60 },
    );
  });
});
