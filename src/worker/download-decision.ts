/**
 * What follows from an attempt to fetch a result. Pure. A task that has succeeded is paid: nothing here ever
 * submits again, and a link that fails here can be fetched with `retry` as long as the vendor keeps the file.
 */
import { type Backoff, downloadPolicy } from '../shared/policy.ts';
import type { Halt, LinkReply, RecordReply, Retry, Throttled } from '../shared/vendor/replies.ts';
import { backoffMs } from './backoff.ts';
import type { Step, StoredResult } from './step.ts';
import type { FetchReply } from './transfer/fetch-reply.ts';

export interface DownloadRules {
  /** Most attempts in a row without progress before `download-failed`. */
  readonly mostTries: number;
  /** Wrong files in a row, at most, before `result-invalid`. */
  readonly mostInvalid: number;
  /** Attempts in a row in which every way to the file was refused, at most, before `download-failed`. */
  readonly mostRounds: number;
  readonly backoff: Backoff;
  readonly roundBackoff: Backoff;
  /** The vendor keeps the file no longer. */
  readonly isGone: boolean;
  /** Until when the vendor keeps the file and what a person can do: ends the message of a failure. */
  readonly kept: string;
  /** Free space to keep in the storage, in addition to the result. */
  readonly reserveBytes: number;
}

type Unstored = Exclude<FetchReply, { kind: 'stored' }>;

/** The ledger keeps 300 characters of a message; the end must not be cut off. */
const longestCause = 150;

/** @param triesBefore earlier attempts in a row without progress */
export function afterFetch(reply: Unstored, triesBefore: number, rules: DownloadRules, random: number): Step {
  // A transfer with progress continues; only attempts in a row without progress count.
  const tries = reply.kind === 'retry' && reply.gainedBytes > 0 ? 0 : triesBefore;
  const again = (
    message: string,
    most: number,
    reason: 'download-failed' | 'result-invalid',
    floorMs = 0,
  ): Step =>
    tries + 1 >= most
      ? failed(reason, `given up after ${tries + 1} tries: ${message}`, rules)
      : {
          kind: 'download-again',
          delayMs: backoffMs(rules.backoff, tries + 1, random, floorMs),
          tries: tries + 1,
          refresh: reply.kind === 'invalid',
          message,
        };
  switch (reply.kind) {
    case 'expired':
      return afterAllWays(
        `every address of the result answers HTTP ${reply.httpStatus}`,
        tries,
        rules,
        random,
      );
    case 'retry':
    case 'host-unavailable':
      return again(reply.message, rules.mostTries, 'download-failed', reply.retryAfterMs);
    case 'not-stored':
      return again(reply.message, rules.mostTries, 'download-failed');
    case 'invalid':
      return again(reply.message, rules.mostInvalid, 'result-invalid');
    case 'refused':
      return failed('download-failed', reply.message, rules);
    case 'storage-unavailable':
      return {
        kind: 'halt',
        reason: 'storage-unavailable',
        message: reply.message,
        delayMs: downloadPolicy.haltedMs,
        target: reply.key,
      };
    case 'storage-full':
      return {
        kind: 'halt',
        reason: 'storage-full',
        message: describeSpace(reply),
        delayMs: downloadPolicy.storageFullMs,
        roomBytes: Math.max(0, reply.neededBytes - rules.reserveBytes),
      };
    default:
      return reply satisfies never;
  }
}

/** The file is kept although no way led to it: the same ways are tried again, with growing pauses. */
function afterAllWays(message: string, tries: number, rules: DownloadRules, random: number): Step {
  if (tries + 1 >= rules.mostRounds) return failed('download-failed', message, rules);
  const delayMs = backoffMs(rules.roundBackoff, tries + 1, random);
  return { kind: 'download-again', delayMs, tries: tries + 1, refresh: true, message };
}

function failed(
  reason: 'download-failed' | 'result-invalid',
  message: string,
  { kept }: DownloadRules,
): Step {
  return { kind: 'fail', reason, message: `${message.slice(0, longestCause)}${kept}` };
}

/** No answer to the request for a link that could be used, as for the record. */
export function afterMint(
  reply: Exclude<LinkReply, { kind: 'link' | 'no-link' }>,
  tries: number,
  rules: DownloadRules,
  random: number,
): Step {
  if (reply.kind !== 'retry') return afterRefusal(reply, tries, rules, random, false);
  const message = `the vendor gave no link to the result (${reply.message})`;
  return afterVendorTrouble(reply, message, tries, rules, random, false);
}

/** The record was read for result URLs, and gave none. */
export function afterRefresh(
  reply: Exclude<RecordReply, { kind: 'succeeded' }>,
  tries: number,
  rules: DownloadRules,
  random: number,
): Step {
  if (reply.kind === 'halt' || reply.kind === 'throttled')
    return afterRefusal(reply, tries, rules, random, true);
  const message = `the task's record gives no result (${describeRecord(reply)})`;
  return reply.kind === 'retry'
    ? afterVendorTrouble(reply, message, tries, rules, random, true)
    : askAgain(message, tries, rules, random, true);
}

/** A vendor that is unreachable or fails costs no attempt while it keeps the file; an unknown answer does. */
function afterVendorTrouble(
  reply: Retry,
  message: string,
  tries: number,
  rules: DownloadRules,
  random: number,
  refresh: boolean,
): Step {
  if (reply.warn || rules.isGone) return askAgain(message, tries, rules, random, refresh);
  return {
    kind: 'download-again',
    delayMs: backoffMs(downloadPolicy.vendorBackoff, 1, random),
    tries,
    refresh,
    message,
  };
}

function afterRefusal(
  reply: Halt | Throttled,
  tries: number,
  rules: DownloadRules,
  random: number,
  refresh: boolean,
): Step {
  const { message } = reply;
  if (reply.kind === 'halt')
    return { kind: 'halt', reason: reply.reason, message, delayMs: downloadPolicy.haltedMs };
  const delayMs = backoffMs(rules.backoff, 1, random, reply.retryAfterMs);
  return { kind: 'download-again', delayMs, tries, refresh, message };
}

function askAgain(
  message: string,
  tries: number,
  rules: DownloadRules,
  random: number,
  refresh: boolean,
): Step {
  if (tries + 1 >= rules.mostTries) return failed('download-failed', message, rules);
  const delayMs = backoffMs(rules.backoff, tries + 1, random);
  return { kind: 'download-again', delayMs, tries: tries + 1, refresh, message };
}

export function afterAllStored(results: readonly StoredResult[]): Step {
  const [first, ...others] = results;
  if (first === undefined)
    return { kind: 'fail', reason: 'result-invalid', message: 'the task has no result' };
  return { kind: 'save', results: [first, ...others] };
}

function describeSpace({ freeBytes, neededBytes }: Extract<FetchReply, { kind: 'storage-full' }>): string {
  const inMib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return `${inMib(freeBytes)} free where videos are stored, ${inMib(neededBytes)} needed`;
}

function describeRecord(reply: Exclude<RecordReply, { kind: 'succeeded' | 'halt' | 'throttled' }>): string {
  switch (reply.kind) {
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
