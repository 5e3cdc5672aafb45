/** What follows from the record of a secondary task. */
import { describe, expect, it } from 'vitest';
import type { RecordReply } from '../../src/shared/vendor/replies.ts';
import { afterSecondaryPoll } from '../../src/worker/secondary-task-decision.ts';

const succeeded = (credits: number | null): RecordReply => ({
  kind: 'succeeded',
  urls: ['https://host/a.mp4'],
  credits,
  createTimeMs: null,
  completeTimeMs: null,
});
const failed = (credits: number | null): RecordReply => ({
  kind: 'failed',
  resubmit: true,
  failCode: '500',
  failMsg: '',
  credits,
});
const decide = (reply: RecordReply, tries = 0) => afterSecondaryPoll({ taskId: 't1', tries }, reply, 10, 0);

describe('the record of a secondary task', () => {
  it.each<[string, RecordReply, object]>([
    ['what a success cost', succeeded(7.5), { credits: 7.5 }],
    ['the price of the model where it does not say', succeeded(null), { credits: 10 }],
    ['nothing for a failure', failed(null), { credits: 0, failed: true }],
    ['what a failure cost all the same', failed(3), { credits: 3, failed: true }],
  ])('counts %s', (_, reply, counted) => {
    expect(decide(reply)).toEqual({ kind: 'count-credits', taskId: 't1', ...counted });
  });

  it.each<RecordReply>([
    { kind: 'pending', state: 'generating' },
    { kind: 'unknown-task', message: 'recordInfo is null' },
    { kind: 'retry', message: '', sent: true },
  ])('that does not tell yet is read again, further and further apart, for a day: $outcome', (reply) => {
    expect(decide(reply)).toEqual({ kind: 'poll-secondary-again', delayMs: 5000, tries: 1 });
    expect(decide(reply, 1)).toEqual({ kind: 'poll-secondary-again', delayMs: 10_000, tries: 2 });
    expect(decide(reply, 10)).toEqual({ kind: 'poll-secondary-again', delayMs: 120_000, tries: 11 });
    expect(decide(reply, 718)).toMatchObject({ kind: 'poll-secondary-again' });
    expect(decide(reply, 719)).toEqual({ kind: 'nothing' });
  });

  it.each<RecordReply>([
    { kind: 'throttled', message: '', hints: {} },
    { kind: 'halt', reason: 'maintenance', message: '' },
  ])('is read for as long as the account has to wait: $outcome', (reply) => {
    expect(decide(reply, 719)).toEqual({ kind: 'poll-secondary-again', delayMs: 120_000, tries: 719 });
  });

  it('counts what a task cost while it ran, where its end is never seen', () => {
    const running: RecordReply = { kind: 'pending', state: 'generating', credits: 6 };
    expect(decide(running, 719)).toEqual({ kind: 'count-credits', taskId: 't1', credits: 6 });
  });
});
