import { describe, expect, it } from 'vitest';
import { afterAllStored, afterFetch, afterMint, afterRefresh } from '../../src/worker/download-decision.ts';

const rules = {
  mostTries: 8,
  mostInvalid: 4,
  mostRounds: 5,
  backoff: { firstMs: 1000, mostMs: 60_000 },
  roundBackoff: { firstMs: 5000, mostMs: 60_000 },
  kept: '; the vendor keeps the file until then',
  isGone: false,
  reserveBytes: 2 ** 20,
};

describe('what follows from a download', () => {
  it('tries all ways again, with growing pauses, when every one is refused, and then says until when', () => {
    const dead = { kind: 'expired', httpStatus: 403 } as const;
    const steps = [0, 1, 2, 3, 4].map((tries) => afterFetch(dead, tries, rules, 0));
    expect(steps.slice(0, 4)).toMatchObject([5000, 10_000, 20_000, 40_000].map((delayMs) => ({ delayMs })));
    expect(steps.slice(0, 4)).toMatchObject(Array(4).fill({ kind: 'download-again', refresh: true }));
    expect(steps[4]).toEqual({
      kind: 'fail',
      reason: 'download-failed',
      message: 'every address of the result answers HTTP 403; the vendor keeps the file until then',
    });
  });

  it('asks for a link again where none came, and waits for the account like a query', () => {
    const trouble = { kind: 'retry', message: 'error', sent: true } as const;
    const unknown = { ...trouble, warn: true } as const;
    expect(afterMint(unknown, 0, rules, 0)).toMatchObject({
      kind: 'download-again',
      refresh: false,
      tries: 1,
    });
    expect(afterMint(unknown, 7, rules, 0)).toMatchObject({ kind: 'fail', reason: 'download-failed' });
    const throttled = { kind: 'throttled', message: '', hints: {}, retryAfterMs: 5000 } as const;
    expect(afterMint(throttled, 6, rules, 0)).toMatchObject({ tries: 6, delayMs: 5000, refresh: false });
    const halt = { kind: 'halt', reason: 'unauthorized', message: 'no' } as const;
    expect(afterMint(halt, 0, rules, 0)).toEqual({ ...halt, delayMs: 5000 });
    expect(afterMint(unknown, 1, rules, 0)).toEqual({
      kind: 'download-again',
      delayMs: 2000,
      tries: 2,
      refresh: false,
      message: 'the vendor gave no link to the result (error)',
    });
  });

  it('charges nothing for a vendor that is away or out of order, as long as it keeps the file', () => {
    const away = { kind: 'retry', message: 'HTTP 502', sent: true } as const;
    const gone = { ...rules, isGone: true };
    for (const decide of [afterMint, afterRefresh]) {
      const refresh = decide === afterRefresh;
      const again = { kind: 'download-again', tries: 7, refresh, delayMs: 30_000 };
      expect(decide(away, 7, rules, 0)).toMatchObject(again);
      expect(decide(away, 7, gone, 0)).toMatchObject({ kind: 'fail', reason: 'download-failed' });
    }
  });

  it('halts when the storage takes nothing, and judges a result alone that only itself is not taken', () => {
    const away = { kind: 'storage-unavailable', message: 'EROFS', key: 'batch/a.mp4' } as const;
    expect(afterFetch(away, 7, rules, 0)).toMatchObject({
      kind: 'halt',
      reason: 'storage-unavailable',
      target: 'batch/a.mp4',
    });
    const refused = { kind: 'not-stored', message: 'EISDIR' } as const;
    expect(afterFetch(refused, 0, rules, 0)).toMatchObject({ kind: 'download-again', tries: 1 });
    expect(afterFetch(refused, 7, rules, 0)).toMatchObject({ kind: 'fail', reason: 'download-failed' });
  });

  it('tries the same address again after a cut, and counts only tries that brought nothing', () => {
    const cut = { kind: 'retry', message: 'cut' } as const;
    expect(afterFetch({ ...cut, gainedBytes: 0 }, 3, rules, 0)).toMatchObject({
      refresh: false,
      tries: 4,
      delayMs: 8000,
    });
    expect(afterFetch({ ...cut, gainedBytes: 99 }, 7, rules, 0)).toMatchObject({
      kind: 'download-again',
      tries: 1,
    });
    expect(afterFetch({ ...cut, gainedBytes: 0 }, 7, rules, 0)).toEqual({
      kind: 'fail',
      reason: 'download-failed',
      message: 'given up after 8 tries: cut; the vendor keeps the file until then',
    });
    const away = { kind: 'host-unavailable', message: 'refused', answered: true } as const;
    expect(afterFetch({ ...away, retryAfterMs: 9000 }, 6, rules, 0)).toMatchObject({
      kind: 'download-again',
      delayMs: 60_000,
      tries: 7,
    });
    expect(afterFetch(away, 7, rules, 0)).toMatchObject({ kind: 'fail', reason: 'download-failed' });
  });

  it('never retries sooner than the host asks for', () => {
    const busy = { kind: 'retry', message: 'busy', retryAfterMs: 30_000, gainedBytes: 0 } as const;
    expect(afterFetch(busy, 0, rules, 0)).toMatchObject({ delayMs: 30_000 });
  });

  it('fails as result-invalid with what was seen, after a bounded number of wrong files', () => {
    const wrong = { kind: 'invalid', message: 'an HTML page' } as const;
    expect(afterFetch(wrong, 0, rules, 0)).toMatchObject({ kind: 'download-again', refresh: true });
    const last = afterFetch(wrong, 3, rules, 0);
    expect(last).toMatchObject({
      kind: 'fail',
      reason: 'result-invalid',
      message: expect.stringContaining('HTML page'),
    });
  });

  it('fails at once when the address is not allowed', () => {
    expect(afterFetch({ kind: 'refused', message: 'private' }, 0, rules, 0)).toMatchObject({
      kind: 'fail',
      reason: 'download-failed',
    });
  });

  it('keeps the end of its message, which says what a person can do, however long the cause', () => {
    const step = afterFetch({ kind: 'refused', message: 'x'.repeat(400) }, 0, rules, 0);
    expect(step).toMatchObject({ message: `${'x'.repeat(150)}${rules.kept}` });
  });

  it('halts when the disk is full, and charges the link nothing', () => {
    const full = { kind: 'storage-full', freeBytes: 1, neededBytes: 2 ** 30 } as const;
    expect(afterFetch(full, 2, rules, 0)).toEqual({
      kind: 'halt',
      reason: 'storage-full',
      message: '1 MiB free where videos are stored, 1024 MiB needed',
      delayMs: 5000,
      roomBytes: 2 ** 30 - 2 ** 20,
    });
    expect(afterFetch({ ...full, neededBytes: 5 }, 2, rules, 0)).toMatchObject({ roomBytes: 0 });
  });

  it('waits for the account when the record cannot be read for fresh addresses', () => {
    const halt = { kind: 'halt', reason: 'unauthorized', message: 'no' } as const;
    expect(afterRefresh(halt, 0, rules, 0)).toMatchObject({ kind: 'halt' });
    const throttled = { kind: 'throttled', message: '', hints: {}, retryAfterMs: 5000 } as const;
    expect(afterRefresh(throttled, 6, rules, 0)).toMatchObject({
      kind: 'download-again',
      tries: 6,
      delayMs: 5000,
      refresh: true,
    });
  });

  it.each<[Parameters<typeof afterRefresh>[0], string]>([
    [{ kind: 'pending', state: 'generating' }, 'its state is generating'],
    [
      { kind: 'failed', resubmit: true, failCode: '500', failMsg: 'oops', credits: null },
      'it says the task failed: 500 oops',
    ],
    [{ kind: 'unknown-task', message: 'recordInfo is null' }, 'recordInfo is null'],
    [{ kind: 'retry', message: 'HTTP 502', sent: true }, 'HTTP 502'],
  ])('reads the record again where it gives no result: %o', (reply, words) => {
    const step = afterRefresh(reply, 1, rules, 0);
    expect(step).toMatchObject({ kind: 'download-again', refresh: true });
    expect(step).toHaveProperty('message', `the task's record gives no result (${words})`);
  });

  it('gives up when the record has permanently lost its result', () => {
    const gone = { kind: 'unknown-task', message: 'recordInfo is null' } as const;
    expect(afterRefresh(gone, 7, rules, 0)).toMatchObject({ kind: 'fail', reason: 'download-failed' });
  });

  it('saves all results of a task, and none is no success', () => {
    const result = { file: '/a.mp4', bytes: 1, sha256: '00', via: 'minted-url' } as const;
    expect(afterAllStored([result, result])).toEqual({ kind: 'save', results: [result, result] });
    expect(afterAllStored([])).toEqual({
      kind: 'fail',
      reason: 'result-invalid',
      message: 'the task has no result',
    });
  });
});
