/**
 * What follows from an attempt to bring a result home. Pure. A task that has succeeded is paid: nothing
 * here ever submits again, and a link that fails here can be collected anew with `retry`.
 */
import type { RecordReply } from '../shared/vendor/replies.ts';
import { type Backoff, backoffMs } from './backoff.ts';
import type { Step, StoredResult } from './step.ts';
import type { FetchReply } from './transfer/fetch-reply.ts';

export interface DownloadRules {
  /** Attempts in a row that bring nothing, at most, before `download-failed`. */
  readonly mostTries: number;
  /** Wrong files in a row, at most, before `result-invalid`. */
  readonly mostInvalid: number;
  readonly backoff: Backoff;
  /** Kept free in the storage beside every result. */
  readonly reserveBytes: number;
}

type Unstored = Exclude<FetchReply, { outcome: 'stored' }>;

const storageFullMs = 5000;
const haltedMs = 5000;

/** @param triesBefore attempts in a row that brought nothing, before this one */
export function afterFetch(reply: Unstored, triesBefore: number, rules: DownloadRules, random: number): Step {
  // A transfer that brought something goes on; only those in a row that bring nothing are counted.
  const tries = reply.outcome === 'retry' && reply.gainedBytes > 0 ? 0 : triesBefore;
  const again = (
    message: string,
    most: number,
    reason: 'download-failed' | 'result-invalid',
    floorMs = 0,
  ): Step =>
    tries + 1 >= most
      ? { do: 'fail', reason, message: `given up after ${tries + 1} tries: ${message}` }
      : {
          do: 'download-again',
          delayMs: backoffMs(rules.backoff, tries + 1, random, floorMs),
          tries: tries + 1,
          refresh: reply.outcome !== 'retry',
          message,
        };
  switch (reply.outcome) {
    case 'expired':
      return again(
        `the result's address has expired (HTTP ${reply.httpStatus})`,
        rules.mostTries,
        'download-failed',
      );
    case 'retry':
      return again(reply.message, rules.mostTries, 'download-failed', reply.retryAfterMs);
    case 'invalid':
      return again(reply.message, rules.mostInvalid, 'result-invalid');
    case 'refused':
      return { do: 'fail', reason: 'download-failed', message: reply.message };
    case 'storage-full':
      return {
        do: 'halt',
        reason: 'storage-full',
        message: describeSpace(reply),
        delayMs: storageFullMs,
        roomBytes: Math.max(0, reply.neededBytes - rules.reserveBytes),
      };
    default:
      return reply satisfies never;
  }
}

/** The record was read for fresh result URLs, and gave none. */
export function afterRefresh(
  reply: Exclude<RecordReply, { outcome: 'succeeded' }>,
  tries: number,
  rules: DownloadRules,
  random: number,
): Step {
  if (reply.outcome === 'halt')
    return { do: 'halt', reason: reply.reason, message: reply.message, delayMs: haltedMs };
  if (reply.outcome === 'throttled') {
    const delayMs = backoffMs(rules.backoff, 1, random, reply.retryAfterMs);
    return { do: 'download-again', delayMs, tries, refresh: true, message: reply.message };
  }
  const message = `the task's record gave no result any more (${describeRecord(reply)})`;
  if (tries + 1 >= rules.mostTries) return { do: 'fail', reason: 'download-failed', message };
  const delayMs = backoffMs(rules.backoff, tries + 1, random);
  return { do: 'download-again', delayMs, tries: tries + 1, refresh: true, message };
}

export function afterAllStored(results: readonly StoredResult[]): Step {
  const [first, ...others] = results;
  if (first === undefined) return { do: 'fail', reason: 'result-invalid', message: 'the task has no result' };
  return { do: 'save', results: [first, ...others] };
}

function describeSpace({ freeBytes, neededBytes }: Extract<FetchReply, { outcome: 'storage-full' }>): string {
  const inMib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return `${inMib(freeBytes)} free where videos are stored, ${inMib(neededBytes)} needed`;
}

function describeRecord(
  reply: Exclude<RecordReply, { outcome: 'succeeded' | 'halt' | 'throttled' }>,
): string {
  switch (reply.outcome) {
    case 'pending':
      return `its state is ${reply.state}`;
    case 'failed':
      return `it says the task failed: ${reply.failCode} ${reply.failMsg}`;
    case 'unknown-task':
    case 'retry':
      return reply.message;
    default:
      return reply satisfies never;
  }
}
