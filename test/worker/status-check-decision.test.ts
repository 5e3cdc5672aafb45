import { describe, expect, it } from 'vitest';
import type { RecordReply } from '../../src/shared/vendor/replies.ts';
import { afterStatusCheck } from '../../src/worker/status-check-decision.ts';
import { anItem } from '../setup/an-item.ts';

const now = 1_000_000;
const rules = {
  deadlineMs: 3_600_000,
  creditsPerTask: 10,
  mostTasks: 3,
  onAmbiguous: 'resubmit',
  backoff: { firstMs: 1000, mostMs: 30_000 },
  nextPollMs: 4321,
} as const;

function decide(reply: RecordReply, task: object = {}, changed: object = {}) {
  const item = anItem({ state: 'processing', taskIds: ['t1'], submittedAt: now - 10_000, ...task });
  return afterStatusCheck({ item, seen: {}, tries: 0, now, ...task }, reply, { ...rules, ...changed }, 0);
}

const failed = {
  kind: 'failed',
  failCode: '500',
  failMsg: 'internal error',
  credits: null,
  resubmit: true,
} as const;
const timedOut = {
  ...failed,
  failCode: '524',
  failMsg: 'generate task timeout',
  graceMs: 120_000,
  resubmit: true,
} as const;

describe('what follows from a record', () => {
  it('polls a running task again by the schedule', () => {
    expect(decide({ kind: 'pending', state: 'generating' })).toEqual({
      kind: 'poll-again',
      delayMs: 4321,
      isRunning: true,
      seen: { look: { at: now, nextMs: 4321 }, runningMs: 0 },
    });
  });

  it('gives a task up that the vendor has reported as running past its deadline', () => {
    const late = {
      seen: { look: { at: now - 30_000, nextMs: 30_000 }, runningMs: rules.deadlineMs - 30_000 },
    };
    expect(decide({ kind: 'pending', state: 'waiting' }, late)).toMatchObject({
      kind: 'fail',
      reason: 'task-timeout',
      message: expect.stringContaining('running for 60 minutes; a retry polls it again'),
    });
  });

  it('gives no task up for time without polls, or for a clock that is changed', () => {
    const pending = { kind: 'pending', state: 'waiting' } as const;
    for (const at of [now - 10 * rules.deadlineMs, now + 10 * rules.deadlineMs]) {
      const away = { submittedAt: at, seen: { look: { at, nextMs: 5000 }, runningMs: 20_000 } };
      const step = decide(pending, away);
      expect(step).toMatchObject({ kind: 'poll-again', seen: { look: { at: now } } });
      if (step.kind === 'poll-again') expect(step.seen.runningMs).toBeLessThanOrEqual(35_000);
    }
  });

  it('gives no task up that could not be polled', () => {
    const late = { seen: { look: { at: now - 30_000, nextMs: 30_000 }, runningMs: rules.deadlineMs } };
    const trouble = { kind: 'retry', message: '', sent: true } as const;
    expect(decide(trouble, late)).toEqual({ kind: 'poll-again', delayMs: 1000, tries: 1, ...late });
  });

  it('gives up an unreadable record after an hour, or once the file is gone', () => {
    const away = { kind: 'retry', message: 'HTTP 502', sent: true } as const;
    const odd = { ...away, warn: true } as const;
    const fortnightMs = 14 * 24 * 3_600_000;
    const failure = {
      kind: 'fail',
      reason: 'task-timeout',
      message: 'its record could not be read: HTTP 502',
    };
    expect(decide(odd, { tries: 119 })).toMatchObject({ kind: 'poll-again', tries: 120 });
    expect(decide(odd, { tries: 120 })).toEqual(failure);
    expect(decide(away, { tries: 120 })).toMatchObject({ kind: 'poll-again' });
    expect(decide(away, { submittedAt: now - fortnightMs + 1 })).toMatchObject({ kind: 'poll-again' });
    expect(decide(away, { submittedAt: now - fortnightMs })).toEqual(failure);
    expect(decide(away, { submittedAt: null, now: 2 * fortnightMs })).toMatchObject({ kind: 'poll-again' });
  });

  it('downloads a result, also one that came past the deadline', () => {
    const urls = ['https://host/a.mp4'];
    const reply = {
      kind: 'succeeded',
      urls,
      credits: null,
      createTimeMs: null,
      completeTimeMs: null,
    } as const;
    expect(decide({ ...reply, urls })).toEqual({ kind: 'download', urls, credits: 10 });
    expect(decide({ ...reply, urls, credits: 7 }, { submittedAt: 0 })).toEqual({
      kind: 'download',
      urls,
      credits: 7,
    });
  });

  it('submits a task again that failed in a passing way, a bounded number of times', () => {
    expect(decide(failed)).toMatchObject({ kind: 'resubmit' });
    expect(decide(failed, { taskIds: ['t1', 't2', 't3'] })).toMatchObject({
      kind: 'fail',
      reason: 'generation-failed',
    });
  });

  it('does not repeat a link whose failed tasks are billed, and says why', () => {
    const billed = { ...failed, credits: 10 };
    expect(decide(billed, { billedFailures: 1 })).toEqual({
      kind: 'fail',
      reason: 'generation-failed',
      message: '500: internal error; not repeated, as failed tasks of this link were billed twice',
      unpaid: true,
      credits: 10,
    });
    expect(decide(failed, { billedFailures: 1 })).toMatchObject({ kind: 'resubmit' });
    expect(decide(failed, { chargedCredits: 6 })).toMatchObject({ kind: 'resubmit', credits: 6 });
  });

  it('excuses a link while the model fails all tasks, a final failure once', () => {
    const final = { ...failed, resubmit: false };
    const excused = {
      kind: 'resubmit',
      delayMs: 60_000,
      message: '500: internal error',
      excused: true,
    };
    expect(decide(final, {}, { modelFailing: true })).toEqual(excused);
    expect(decide(final, { excusedTasks: 1 }, { modelFailing: true })).toMatchObject({ kind: 'fail' });
    expect(decide(final, {}, { modelFailing: false })).toMatchObject({ kind: 'fail' });
    const tired = { taskIds: ['t1', 't2', 't3'], excusedTasks: 1 };
    expect(decide(failed, tired, { modelFailing: true })).toEqual(excused);
    expect(decide(failed, tired)).toMatchObject({ kind: 'resubmit' });
    expect(decide(failed, tired)).not.toHaveProperty('excused');
    expect(decide(failed, { ...tired, taskIds: ['t1', 't2', 't3', 't4'] })).toMatchObject({ kind: 'fail' });
  });

  it('says what is known of a failure', () => {
    const text = (failCode: string, failMsg: string) =>
      decide({ ...failed, resubmit: false, failCode, failMsg });
    expect(text('', 'nudity')).toMatchObject({ message: 'nudity' });
    expect(text('501', '')).toMatchObject({ message: '501' });
    expect(text('', '')).toMatchObject({ message: 'the vendor gave no reason' });
  });

  it('counts what a failed task was charged all the same', () => {
    expect(decide({ ...failed, credits: 10 })).toMatchObject({ kind: 'resubmit', credits: 10 });
    const step = decide({ ...failed, resubmit: false, credits: 10 });
    expect(step).toMatchObject({ kind: 'fail', unpaid: true, credits: 10 });
    expect(decide({ ...failed, credits: 0 })).not.toHaveProperty('credits');
  });

  it('forgets nothing over a look that told nothing', () => {
    const seen = { look: { at: now - 9000, nextMs: 15_000 }, failedMs: 60_000, unknownMs: 9000 };
    const known = { seen, calledBack: true, tries: 2 };
    const throttled = { kind: 'throttled', message: '', hints: {} } as const;
    expect(decide(throttled, known)).toMatchObject({ ...known, kind: 'poll-again' });
    expect(decide(throttled)).toEqual({ kind: 'poll-again', seen: {}, delayMs: 1000 });
    const trouble = { kind: 'retry', message: '', sent: true } as const;
    expect(decide(trouble, known)).toMatchObject({ ...known, kind: 'poll-again', tries: 3 });
  });

  it("keeps the vendor's message of a final failure", () => {
    const step = decide({ ...failed, resubmit: false, failCode: '422', failMsg: 'no access' });
    expect(step).toMatchObject({ kind: 'fail', reason: 'generation-failed', message: '422: no access' });
  });

  it('looks again for two minutes at a failure that may yet turn, and only then submits again', () => {
    const seenFor = (failedMs: number) => ({
      seen: { look: { at: now - 10_000, nextMs: 15_000 }, failedMs: failedMs - 10_000 },
    });
    expect(decide(timedOut)).toMatchObject({ kind: 'poll-again', seen: { failedMs: 0 } });
    expect(decide(timedOut, seenFor(119_000))).toMatchObject({
      kind: 'poll-again',
      delayMs: 1000,
    });
    expect(decide(timedOut, seenFor(120_000))).toMatchObject({ kind: 'resubmit' });
    expect(decide({ ...timedOut, resubmit: false }, seenFor(120_000))).toMatchObject({ kind: 'resubmit' });
  });

  it('tolerates a record that is not there yet', () => {
    expect(decide({ kind: 'unknown-task', message: 'null' })).toMatchObject({ kind: 'poll-again' });
  });

  it('polls soon, a few times, for a task that still runs after its callback', () => {
    const running = { kind: 'pending', state: 'generating' } as const;
    const told = (tries: number, nextPollMs = 600_000) =>
      decide(running, { calledBack: true, tries }, { nextPollMs });
    const seen = (nextMs: number) => ({ look: { at: now, nextMs }, runningMs: 0 });
    const again = { kind: 'poll-again', isRunning: true };
    expect(told(0)).toEqual({ ...again, delayMs: 1000, tries: 1, calledBack: true, seen: seen(1000) });
    expect(told(3)).toEqual({ ...again, delayMs: 8000, tries: 4, calledBack: true, seen: seen(8000) });
    expect(told(0, 300)).toMatchObject({ delayMs: 300 });
    // A callback that is not true counts for nothing.
    expect(told(4)).toEqual({ ...again, delayMs: 600_000, seen: seen(600_000) });
  });

  it('reports the cost of a running task as soon as its record does', () => {
    const running = { kind: 'pending', state: 'generating' } as const;
    expect(decide({ ...running, credits: 6 })).toMatchObject({ kind: 'poll-again', credits: 6 });
    for (const credits of [0, null]) expect(decide({ ...running, credits })).not.toHaveProperty('credits');
  });

  it('polls soon for a record that is behind its callback', () => {
    const unknown = { kind: 'unknown-task', message: 'null' } as const;
    const step = decide(unknown, { calledBack: true, tries: 1 }, { nextPollMs: 600_000 });
    expect(step).toEqual({
      kind: 'poll-again',
      delayMs: 2000,
      tries: 2,
      calledBack: true,
      seen: { look: { at: now, nextMs: 2000 }, unknownMs: 0 },
    });
  });

  it('takes a record that stays away for a lost task, which the policy decides', () => {
    const old = { submittedAt: now - 300_000 };
    const lost = { kind: 'unknown-task', message: 'recordInfo is null' } as const;
    expect(decide(lost, old)).toEqual({
      kind: 'poll-again',
      delayMs: 4321,
      seen: { look: { at: now, nextMs: 4321 }, unknownMs: 0 },
    });
    expect(decide(lost, old, { nextPollMs: 600_000 })).toMatchObject({ delayMs: 15_000 });
    const gone = { ...old, seen: { look: { at: now - 15_000, nextMs: 15_000 }, unknownMs: 105_000 } };
    const message = 'the vendor no longer knows the task: recordInfo is null';
    const unsure = { kind: 'resubmit-unsure', cost: 'attempt', delayMs: 1000, message };
    expect(decide(lost, gone)).toEqual(unsure);
    expect(decide(lost, gone, { onAmbiguous: 'hold' })).toEqual({ kind: 'hold', message });
    const failure = { kind: 'fail', reason: 'generation-failed', message };
    expect(decide(lost, { ...gone, taskIds: ['t1', 't2'] })).toMatchObject({ kind: 'resubmit-unsure' });
    expect(decide(lost, { ...gone, taskIds: ['t1', 't2', 't3'] })).toEqual(failure);
  });

  it('never retries sooner than a refusal asks for', () => {
    const step = decide({ kind: 'throttled', message: '', hints: {}, retryAfterMs: 7000 });
    expect(step).toMatchObject({ kind: 'poll-again', delayMs: 7000 });
  });

  it('waits with the account when it is stopped', () => {
    const step = decide({ kind: 'halt', reason: 'unauthorized', message: 'no' });
    expect(step).toEqual({ kind: 'halt', reason: 'unauthorized', message: 'no', delayMs: 2000 });
  });

  it('backs off from trouble without end, and without failing the link', () => {
    const reply = { kind: 'retry', message: '', sent: true } as const;
    expect(decide(reply, { tries: 500 })).toMatchObject({ kind: 'poll-again', delayMs: 30_000, tries: 501 });
  });
});
