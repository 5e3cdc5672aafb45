/** What follows from a lost answer, and where a task id belongs that comes late: the pure decisions. */
import { describe, expect, it } from 'vitest';
import { placeFoundTask } from '../../src/shared/ledger/found-task.ts';
import { type FailureReason, itemStates } from '../../src/shared/ledger/states.ts';
import { callbackPatienceMs } from '../../src/worker/callback-patience.ts';
import { learnHistory } from '../../src/worker/polling/history.ts';
import { afterLostAnswer } from '../../src/worker/submit-decision.ts';
import { anItem } from '../setup/an-item.ts';

const rules = {
  mostAttempts: 6,
  onAmbiguous: 'resubmit',
  backoff: { firstMs: 1000, mostMs: 60_000 },
} as const;
const submitting = anItem({ state: 'submitting' });

describe('a lost answer', () => {
  it('waits for its callback, and reckons again within a minute', () => {
    const wait = (callbackLeftMs: number) =>
      afterLostAnswer(submitting, 'reset', { ...rules, callbackLeftMs }, 0);
    expect(wait(3_600_000)).toEqual({ kind: 'await-callback', delayMs: 60_000, message: 'reset' });
    expect(wait(1234)).toMatchObject({ kind: 'await-callback', delayMs: 1234 });
    expect(wait(0)).toMatchObject({ kind: 'resubmit-unsure' });
    expect(wait(-5)).toMatchObject({ kind: 'resubmit-unsure' });
  });

  it('is held under the policy hold once no callback can come any more', () => {
    const held = { ...rules, onAmbiguous: 'hold' } as const;
    expect(afterLostAnswer(submitting, 'reset', { ...held, callbackLeftMs: 1 }, 0).kind).toBe(
      'await-callback',
    );
    expect(afterLostAnswer(submitting, 'reset', held, 0).kind).toBe('hold');
  });
});

describe('the wait for a callback', () => {
  const beliefs = { typicalMs: 20_000, deadlineMs: 3_600_000 };
  const patienceAfter = (durationsMs: readonly number[]) =>
    callbackPatienceMs(
      learnHistory(
        durationsMs.map((durationMs) => ({ durationMs, seenBy: 'callback' as const })),
        beliefs,
      ),
      beliefs,
    );

  it('is long while nothing is known, and never longer than a task is waited for', () => {
    expect(patienceAfter([])).toBeGreaterThan(10 * 60_000);
    expect(patienceAfter([])).toBeLessThanOrEqual(beliefs.deadlineMs);
    expect(patienceAfter(Array(200).fill(3_000_000))).toBe(beliefs.deadlineMs);
  });

  it('is twice what nearly all tasks take, and a minute for the delivery', () => {
    const patienceMs = patienceAfter(Array.from({ length: 200 }, (_, n) => 15_000 + n * 50));
    expect(patienceMs).toBeGreaterThan(60_000 + 2 * 20_000);
    expect(patienceMs).toBeLessThan(60_000 + 2 * 30_000);
  });
});

describe('a task id that comes', () => {
  const found = { taskId: 't9', attempt: 1, by: 'callback' } as const;

  it("is never lost, whatever the item's state", () => {
    for (const state of itemStates) {
      const { changes } = placeFoundTask(anItem({ state, taskIds: ['t1'] }), found);
      expect(changes.taskId ?? changes.otherTaskId).toBe('t9');
    }
  });

  it('counts the call it belongs to once', () => {
    const addAttempts = (attempts: number, attempt: number) =>
      placeFoundTask(anItem({ state: 'submitting', attempts }), { ...found, attempt }).changes.addAttempts;
    expect(addAttempts(0, 1)).toBe(1);
    expect(addAttempts(1, 2)).toBe(1);
    expect(addAttempts(1, 1)).toBe(0);
  });

  it('takes the count of a possible double back when the repetition has not left', () => {
    const changes = (state: 'queued' | 'held') =>
      placeFoundTask(anItem({ state, possiblyPaidTwice: 1 }), found).changes.addPossiblyPaidTwice;
    expect(changes('queued')).toBe(-1);
    expect(changes('held')).toBeUndefined();
  });

  it('is collected by a retry if the link had failed without one, else recorded as a secondary task', () => {
    const changes = (reason: FailureReason) =>
      placeFoundTask(anItem({ state: 'failed', reason, taskIds: ['t1'] }), found).changes;
    for (const reason of ['attempts-exhausted', 'generation-failed', 'budget-exhausted'] as const)
      expect(changes(reason)).toMatchObject({ taskId: 't9', reason: 'task-timeout' });
    for (const reason of ['download-failed', 'result-invalid', 'task-timeout'] as const)
      expect(changes(reason)).toEqual({ otherTaskId: 't9', spareTaskId: 't9' });
  });

  it('does not displace the task that is being followed', () => {
    for (const state of ['processing', 'downloading', 'saved'] as const) {
      const changes = { otherTaskId: 't9', ...(state === 'saved' ? {} : { spareTaskId: 't9' }) };
      expect(placeFoundTask(anItem({ state, taskIds: ['t1'] }), found)).toEqual({
        transition: null,
        changes: { ...changes, addPossiblyPaidTwice: 1 },
      });
      expect(placeFoundTask(anItem({ state, possiblyPaidTwice: 1 }), found).changes).toEqual(changes);
    }
  });
});
