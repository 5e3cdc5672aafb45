/** What follows from the answer to a create call: the pure decision. Lost answers: lost-answer-decision.test.ts. */
import { describe, expect, it } from 'vitest';
import type { CreateReply } from '../../src/shared/vendor/replies.ts';
import { afterBudget, afterSubmit, type SubmitRules } from '../../src/worker/submit-decision.ts';
import { anItem } from '../setup/an-item.ts';

const rules: SubmitRules = {
  mostAttempts: 6,
  onAmbiguous: 'resubmit',
  backoff: { firstMs: 1000, mostMs: 60_000 },
};
const rejected = { kind: 'reject', reason: 'rejected', message: 'no video' } as const;
const trouble = { kind: 'retry', message: 'HTTP 500', sent: true } as const;
const lost = { kind: 'ambiguous', message: 'reset' } as const;
const later = { kind: 'submit-later', cost: 'nothing' } as const;
const refusedByAll = { kind: 'halt', reason: 'model-failing', delayMs: 60_000 } as const;

function decide(reply: CreateReply, changes: Partial<SubmitRules> = {}, attempts = 0, possiblyPaidTwice = 0) {
  const item = anItem({ state: 'submitting', attempts, possiblyPaidTwice });
  return afterSubmit(item, reply, { ...rules, ...changes }, 0);
}

describe('the answer to a create call', () => {
  it.each<[string, CreateReply, Partial<SubmitRules>, object]>([
    ['an id', { kind: 'accepted', taskId: 't1', hints: {} }, {}, { kind: 'record-task', taskId: 't1' }],
    ['the limit: free', { kind: 'throttled', message: '429', hints: {} }, {}, { ...later, delayMs: 0 }],
    [
      'a halt of the account',
      { kind: 'halt', reason: 'no-credits', message: 'top up' },
      {},
      { kind: 'halt', reason: 'no-credits', message: 'top up', delayMs: 1000 },
    ],
    [
      'a refusal: nothing was paid',
      rejected,
      {},
      { kind: 'fail', reason: 'rejected', message: 'no video', unpaid: true },
    ],
    [
      'a refusal of an upload that may be deleted: uploaded again, free',
      rejected,
      { isUploadOld: true, refusesAll: true },
      { ...later, delayMs: 1, message: 'uploaded again: no video' },
    ],
    [
      'a refusal that every link gets',
      rejected,
      { refusesAll: true },
      { ...refusedByAll, message: 'no video' },
    ],
    [
      'an error that every link gets',
      trouble,
      { refusesAll: true },
      { ...refusedByAll, message: 'HTTP 500' },
    ],
    [
      'an error: an attempt',
      trouble,
      {},
      { kind: 'submit-later', cost: 'attempt', delayMs: 1000, message: 'HTTP 500' },
    ],
    [
      'no connection: free',
      { ...trouble, sent: false },
      {},
      { ...later, delayMs: 5000, message: 'HTTP 500' },
    ],
    [
      'an error of a vendor that is down: free',
      trouble,
      { vendorDown: true },
      { ...later, delayMs: 5000, message: 'HTTP 500' },
    ],
    [
      'a lost answer: an attempt',
      lost,
      {},
      {
        kind: 'resubmit-unsure',
        cost: 'attempt',
        delayMs: 1000,
        message: 'reset; submitted again, possibly paid twice',
      },
    ],
    [
      'a lost answer of a vendor that is down: free, and counted as possibly paid',
      lost,
      { vendorDown: true },
      { kind: 'resubmit-unsure', cost: 'nothing', delayMs: 1000 },
    ],
    [
      'a lost answer under the policy hold',
      lost,
      { onAmbiguous: 'hold' },
      { kind: 'hold', message: expect.stringContaining('reset; held, because the task may have been paid') },
    ],
  ])('%s', (_, reply, changes, expected) => {
    const step = decide(reply, changes);
    expect(step).toMatchObject(expected);
    if (!('message' in expected) && step.kind !== 'resubmit-unsure') expect(step).toEqual(expected);
  });

  it.each([
    ['an error', trouble, true],
    ['a lost answer', lost, undefined],
  ] as const)('fails the link at its sixth attempt, and not before: %s', (_, reply, unpaid) => {
    expect(decide(reply, {}, 4)).toMatchObject({ cost: 'attempt', delayMs: 16_000 });
    const last = decide(reply, {}, 5);
    expect(last).toMatchObject({ kind: 'fail', reason: 'attempts-exhausted' });
    expect(last).toHaveProperty('message', `given up after 6 attempts: ${reply.message}`);
    expect('unpaid' in last && last.unpaid).toBe(unpaid ?? false);
    expect(decide(reply, { vendorDown: true }, 5)).toMatchObject({ cost: 'nothing' });
  });

  it('is not lost a third time, however down the vendor is: each call may have been paid', () => {
    expect(decide(lost, { vendorDown: true }, 0, 1)).toMatchObject({ kind: 'resubmit-unsure' });
    expect(decide(lost, { vendorDown: true }, 0, 2)).toEqual({
      kind: 'fail',
      reason: 'attempts-exhausted',
      message: 'the answers to 3 create calls were lost, and each may have created a paid task: reset',
    });
  });
});

it('a batch without credits fails its link, and says what to do', () => {
  const step = afterBudget('clips', 50);
  expect(step).toMatchObject({ kind: 'fail', reason: 'budget-exhausted' });
  expect(step).toHaveProperty('message', expect.stringMatching(/^the 50 credits .* kie-batch retry clips /));
});
